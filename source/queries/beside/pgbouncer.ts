import {bool, defineReading, float, int, nullable, type RawRow, type RowOf, textField} from '../../core/sample/query.ts';

/**
 * Server connections of PgBouncer, each with the client that uses it now, from its admin console: `pid` is the backend's,
 * `local_port` PgBouncer's end, null on a Unix socket. Client columns are null while no client uses the connection; `client_addr`
 * is `unix` for a client on a Unix socket. `waiting` counts the clients that wait for a connection of its pool.
 */
export const poolerConnections = defineReading({
	name: 'pgbouncer',
	title: 'connections of PgBouncer',
	everyMs: 2000,
	fields: {
		pid: int,
		local_port: nullable(int),
		state: textField,
		database: textField,
		user: textField,
		client_addr: nullable(textField),
		client_port: nullable(int),
		client_application_name: nullable(textField),
		client_database: nullable(textField),
		client_user: nullable(textField),
		waiting: nullable(int),
		longest_wait_seconds: nullable(float),
		bouncer: nullable(textField),
	},
});

/** A server connection of PgBouncer. */
export type PoolerConnection = RowOf<typeof poolerConnections>;

/** The consoles of --pgbouncer, one row each, by address; without a version none has answered yet, and with a failure it cannot. */
export const poolers = defineReading({
	name: 'poolers',
	title: 'consoles of PgBouncer',
	everyMs: 2000,
	fields: {
		bouncer: textField,
		version: nullable(textField),
		/** `active`, `paused` or `suspended` as a whole (1.19 and later). */
		state: nullable(textField),
		/** Commands that SHOW HELP offers, with a space in between. */
		commands: nullable(textField),
		/** Number of clients, and how many of them are listed; null if they were not read. */
		clients: nullable(int),
		clients_listed: nullable(int),
		failure_code: nullable(textField),
		failure_message: nullable(textField),
		failure_hint: nullable(textField),
	},
});

/** A console of --pgbouncer. */
export type PoolerConsole = RowOf<typeof poolers>;

/**
 * Pools of PgBouncer (SHOW POOLS) with their database (SHOW DATABASES) and its counters (SHOW STATS, times in microseconds). A database
 * that is paused or disabled and has no pool is a row without a user. What a version does not report is null.
 */
export const poolerPools = defineReading({
	name: 'pooler_pools',
	title: 'pools of PgBouncer',
	everyMs: 2000,
	fields: {
		bouncer: textField,
		database: textField,
		user: nullable(textField),
		pool_mode: nullable(textField),
		cl_active: nullable(int),
		cl_waiting: nullable(int),
		maxwait_seconds: nullable(float),
		sv_active: nullable(int),
		sv_idle: nullable(int),
		sv_used: nullable(int),
		sv_tested: nullable(int),
		sv_login: nullable(int),
		host: nullable(textField),
		port: nullable(int),
		dbname: nullable(textField),
		pool_size: nullable(int),
		reserve_pool: nullable(int),
		max_connections: nullable(int),
		current_connections: nullable(int),
		paused: nullable(bool),
		disabled: nullable(bool),
		total_xact_count: nullable(int),
		total_query_count: nullable(int),
		total_query_time: nullable(int),
		total_wait_time: nullable(int),
		avg_xact_count: nullable(float),
		avg_query_time: nullable(float),
	},
});

/** A pool of PgBouncer. */
export type PoolerPool = RowOf<typeof poolerPools>;

/**
 * Clients of PgBouncer: those that wait for a server, longest first, those that hold one, then idle ones; at most `mostClients` of each
 * console. `id` exists since 1.24; `server_pid` is the backend that a client holds.
 */
export const poolerClients = defineReading({
	name: 'pooler_clients',
	title: 'clients of PgBouncer',
	everyMs: 2000,
	fields: {
		bouncer: textField,
		ptr: textField,
		id: nullable(textField),
		database: textField,
		user: textField,
		state: nullable(textField),
		addr: nullable(textField),
		port: nullable(int),
		application_name: nullable(textField),
		connect_time: nullable(textField),
		wait_seconds: nullable(float),
		server_pid: nullable(int),
	},
});

/** A client of PgBouncer. */
export type PoolerClient = RowOf<typeof poolerClients>;

/** Number of clients of one console that are listed. */
export const mostClients = 200;

/** Answer of the console to one SHOW: column names, which differ between versions, and rows of text. */
export type ConsoleAnswer = {readonly columns: readonly string[]; readonly rows: readonly RawRow[]};

/** Value of a column in one row of an answer; null if the version does not have it. */
export type ConsoleCell = (name: string) => string | null;

/** Rows of an answer by column name. */
export const consoleRows = ({columns, rows}: ConsoleAnswer): readonly ConsoleCell[] => {
	const places = new Map(columns.map((name, place) => [name, place]));
	return rows.map(row => name => row[places.get(name) ?? -1] ?? null);
};

const needed = ['ptr', 'link', 'remote_pid', 'addr', 'port', 'local_addr', 'local_port'] as const;

/** Columns needed to join connections and clients that an answer lacks. */
export const missingColumns = ({columns}: ConsoleAnswer): readonly string[] => needed.filter(name => !columns.includes(name));

/** True if an address of the console is that of a Unix socket. */
export const isUnix = (address: string | null): boolean => address?.startsWith('unix') ?? false;

const poolOf = (cell: ConsoleCell): string => JSON.stringify([cell('database'), cell('user')]);

const secondsOf = (cell: ConsoleCell): string | null =>
	cell('maxwait') === null ? null : String(Number(cell('maxwait')) + Number(cell('maxwait_us') ?? 0) / 1e6);

/**
 * Joins the answers to SHOW SERVERS, SHOW CLIENTS and SHOW POOLS from about the same time into raw rows of `poolerConnections`. A
 * connection and a client belong together if each is the `link` of the other: between two answers a client may have moved on.
 */
export const poolerRows = (
	servers: ConsoleAnswer,
	clients: ConsoleAnswer,
	pools: ConsoleAnswer,
	bouncer: string | null = null,
): readonly RawRow[] => {
	const clientAt = new Map(consoleRows(clients).map(cell => [cell('ptr'), cell]));
	const poolNamed = new Map(consoleRows(pools).map(cell => [poolOf(cell), cell]));
	return consoleRows(servers)
		.filter(server => Number(server('remote_pid')) > 0)
		.map((server): RawRow => {
			const linked = clientAt.get(server('link'));
			const client: ConsoleCell = linked?.('link') === server('ptr') ? linked : () => null;
			const pool = poolNamed.get(poolOf(server));
			return [
				server('remote_pid'),
				isUnix(server('local_addr')) ? null : server('local_port'),
				server('state') ?? '',
				server('database') ?? '',
				server('user') ?? '',
				isUnix(client('addr')) ? 'unix' : client('addr'),
				isUnix(client('addr')) ? null : client('port'),
				client('application_name'),
				client('database'),
				client('user'),
				pool?.('cl_waiting') ?? null,
				pool ? secondsOf(pool) : null,
				bouncer,
			];
		});
};

// The console is a database of its own, without servers.
const isConsole = (cell: ConsoleCell, name: 'database' | 'name'): boolean => cell(name) === 'pgbouncer';

const flagOf = (text: string | null): string | null => (text === null ? null : text === '0' ? 'f' : 't');

const statNames = [
	'total_xact_count',
	'total_query_count',
	'total_query_time',
	'total_wait_time',
	'avg_xact_count',
	'avg_query_time',
] as const;

const nothing: ConsoleCell = () => null;

/** The cells of a database in a raw row of `poolerPools`, from `host` on. */
const databaseCells = (database: ConsoleCell = nothing, stats: ConsoleCell = nothing): RawRow => [
	database('host'),
	database('port'),
	database('database'),
	database('pool_size'),
	database('reserve_pool_size') ?? database('reserve_pool'),
	database('max_connections'),
	database('current_connections'),
	flagOf(database('paused')),
	flagOf(database('disabled')),
	...statNames.map(name => stats(name)),
];

const figureNames = ['sv_active', 'sv_idle', 'sv_used', 'sv_tested', 'sv_login'] as const;

/** Joins the answers to SHOW POOLS, SHOW DATABASES and SHOW STATS into raw rows of `poolerPools`, without the console's own pool. */
export const poolRows = (
	bouncer: string,
	pools: ConsoleAnswer,
	databases: ConsoleAnswer,
	stats: ConsoleAnswer,
): readonly RawRow[] => {
	const databaseNamed = new Map(consoleRows(databases).map(cell => [cell('name'), cell]));
	const statsOf = new Map(consoleRows(stats).map(cell => [cell('database'), cell]));
	const all = consoleRows(pools).filter(cell => !isConsole(cell, 'database'));
	const withPool = new Set(all.map(cell => cell('database')));
	const halted = consoleRows(databases).filter(
		cell =>
			!isConsole(cell, 'name') &&
			!withPool.has(cell('name')) &&
			[cell('paused'), cell('disabled')].some(each => flagOf(each) === 't'),
	);
	return [
		...all.map((cell): RawRow => {
			const name = cell('database');
			return [
				bouncer,
				name ?? '',
				cell('user'),
				cell('pool_mode'),
				cell('cl_active'),
				cell('cl_waiting'),
				secondsOf(cell),
				...figureNames.map(cell),
				...databaseCells(databaseNamed.get(name), statsOf.get(name)),
			];
		}),
		...halted.map((cell): RawRow => {
			const figures = Array.from({length: 3 + figureNames.length}, () => null);
			return [bouncer, cell('name') ?? '', null, cell('pool_mode'), ...figures, ...databaseCells(cell)];
		}),
	];
};

const waits = (cell: ConsoleCell): boolean => cell('state')?.startsWith('waiting') ?? false;

/** Raw rows of `poolerClients` from the answers to SHOW CLIENTS and SHOW SERVERS, and the number of those that are left out too. */
export const clientRows = (
	bouncer: string,
	clients: ConsoleAnswer,
	servers: ConsoleAnswer,
): {readonly rows: readonly RawRow[]; readonly total: number} => {
	const serverAt = new Map(consoleRows(servers).map(cell => [cell('ptr'), cell]));
	const holder = (cell: ConsoleCell): ConsoleCell | undefined => {
		const linked = serverAt.get(cell('link'));
		return linked?.('link') === cell('ptr') ? linked : undefined;
	};
	const waitOf = (cell: ConsoleCell): number => Number(cell('wait') ?? 0) + Number(cell('wait_us') ?? 0) / 1e6;
	const all = consoleRows(clients)
		.filter(cell => !isConsole(cell, 'database'))
		.map(cell => ({cell, rank: waits(cell) ? 2 : holder(cell) ? 1 : 0, wait: waitOf(cell)}))
		.toSorted((a, b) => b.rank - a.rank || b.wait - a.wait);
	const rows = all
		.slice(0, mostClients)
		.map(
			({cell}): RawRow => [
				bouncer,
				cell('ptr') ?? '',
				cell('id'),
				cell('database') ?? '',
				cell('user') ?? '',
				cell('state'),
				isUnix(cell('addr')) ? 'unix' : cell('addr'),
				isUnix(cell('addr')) ? null : cell('port'),
				cell('application_name'),
				cell('connect_time'),
				waits(cell) && (cell('wait') !== null || cell('wait_us') !== null) ? String(waitOf(cell)) : null,
				holder(cell)?.('remote_pid') ?? null,
			],
		);
	return {rows, total: all.length};
};
