import {defineReading, float, int, nullable, type RawRow, type RowOf, textField} from '../../core/sample/query.ts';

/**
 * Server connections of PgBouncer, each with the client that uses it now, from its admin console: `pid` is the backend's,
 * `local_port` PgBouncer's end, null on a Unix socket. Client columns are null while no client uses the connection; `client_addr`
 * is `unix` for a client on a Unix socket. `waiting` counts the clients that wait for a connection of its pool.
 */
export const poolerConnections = defineReading({
	name: 'pgbouncer',
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
	},
});

/** A server connection of PgBouncer. */
export type PoolerConnection = RowOf<typeof poolerConnections>;

/** Answer of the console to one SHOW: column names, which differ between versions, and rows of text. */
export type ConsoleAnswer = {readonly columns: readonly string[]; readonly rows: readonly RawRow[]};

type Cell = (name: string) => string | null;

const cellsOf = ({columns, rows}: ConsoleAnswer): readonly Cell[] => {
	const places = new Map(columns.map((name, place) => [name, place]));
	return rows.map(row => name => row[places.get(name) ?? -1] ?? null);
};

const needed = ['ptr', 'link', 'remote_pid', 'addr', 'port', 'local_addr', 'local_port'] as const;

/** Columns needed to join connections and clients that an answer lacks. */
export const missingColumns = ({columns}: ConsoleAnswer): readonly string[] => needed.filter(name => !columns.includes(name));

const isUnix = (address: string | null): boolean => address?.startsWith('unix') ?? false;

const poolOf = (cell: Cell): string => JSON.stringify([cell('database'), cell('user')]);

const secondsOf = (cell: Cell): string => String(Number(cell('maxwait') ?? 0) + Number(cell('maxwait_us') ?? 0) / 1e6);

/**
 * Joins the answers to SHOW SERVERS, SHOW CLIENTS and SHOW POOLS from about the same time into raw rows of `poolerConnections`. A
 * connection and a client belong together if each is the `link` of the other: between two answers a client may have moved on.
 */
export const poolerRows = (servers: ConsoleAnswer, clients: ConsoleAnswer, pools: ConsoleAnswer): readonly RawRow[] => {
	const clientAt = new Map(cellsOf(clients).map(cell => [cell('ptr'), cell]));
	const poolNamed = new Map(cellsOf(pools).map(cell => [poolOf(cell), cell]));
	return cellsOf(servers)
		.filter(server => Number(server('remote_pid')) > 0)
		.map((server): RawRow => {
			const linked = clientAt.get(server('link'));
			const client: Cell = linked?.('link') === server('ptr') ? linked : () => null;
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
			];
		});
};
