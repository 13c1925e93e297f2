import {identifier} from '../values/quote.ts';

/** What a console of PgBouncer is and offers, as of a sample. */
type Bouncer = {
	/** Address of the console. */
	readonly bouncer: string;
	readonly version: string | null;
	/** Commands that its SHOW HELP offers. */
	readonly commands: readonly string[];
};

/** A database of a PgBouncer as of a sample, with the clients and servers of all its pools; null is unknown. */
export type PoolRef = Bouncer & {
	readonly database: string;
	readonly host: string | null;
	readonly port: number | null;
	/** Name of the database at the server. */
	readonly dbname: string | null;
	readonly pool_mode: string | null;
	readonly paused: boolean | null;
	readonly clients_active: number | null;
	readonly clients_waiting: number | null;
	readonly servers_active: number | null;
};

/** A client of a PgBouncer as of a sample; `id` is null before PgBouncer 1.24. */
export type PoolClientRef = Bouncer & {
	readonly id: string | null;
	readonly database: string;
	readonly user: string;
	readonly addr: string | null;
	readonly port: number | null;
	readonly connect_time: string | null;
	readonly application_name: string | null;
	readonly state: string | null;
	/** Backend that it holds. */
	readonly server_pid: number | null;
};

/** What a row of the pane Pooler is for actions: a database, and a client if it is one. */
export type PoolerRef = {readonly pool: PoolRef; readonly client: PoolClientRef | undefined};

/** A command for the console of a PgBouncer. */
export type PoolerCommand =
	| {readonly kind: 'pooler-pause' | 'pooler-resume' | 'pooler-reconnect'; readonly pool: PoolRef}
	| {readonly kind: 'pooler-kill-client'; readonly client: PoolClientRef};

/** The word of SHOW HELP for each kind of command. */
export const poolerWords: Readonly<Record<PoolerCommand['kind'], string>> = {
	'pooler-pause': 'PAUSE',
	'pooler-resume': 'RESUME',
	'pooler-reconnect': 'RECONNECT',
	'pooler-kill-client': 'KILL_CLIENT',
};

/** True if a command is one for the console of a PgBouncer. */
export const isPoolerCommand = <C extends {readonly kind: string}>(command: C | PoolerCommand): command is PoolerCommand =>
	Object.hasOwn(poolerWords, command.kind);

/** True for the same database of the same PgBouncer. */
export const isSamePool = (a: PoolRef, b: PoolRef): boolean => a.bouncer === b.bouncer && a.database === b.database;

/** The address of the console that a command is for. */
export const bouncerOf = (command: PoolerCommand): string =>
	command.kind === 'pooler-kill-client' ? command.client.bouncer : command.pool.bouncer;

/** The exact text of a command in the console. */
export const poolerStatement = (command: PoolerCommand): string =>
	`${poolerWords[command.kind]} ${command.kind === 'pooler-kill-client' ? (command.client.id ?? '') : identifier(command.pool.database)}`;

/** Name of a client: `checkout@shop from 10.0.0.7:51234`. */
export const poolClientName = ({user, database, addr, port}: Omit<PoolClientRef, keyof Bouncer>): string =>
	`${user}@${database} from ${addr === null ? 'an unknown address' : port === null ? 'a unix socket' : `${addr.includes(':') ? `[${addr}]` : addr}:${port}`}`;

/** Name of a command with its target and the PgBouncer. */
export const poolerCommandName = (command: PoolerCommand): string => {
	const place = `in PgBouncer ${bouncerOf(command)}`;
	return command.kind === 'pooler-kill-client'
		? `KILL_CLIENT ${command.client.id ?? '?'} (${poolClientName(command.client)}) ${place}`
		: `${poolerWords[command.kind]} ${command.pool.database} ${place}`;
};

/** Reason never to send a command, as a sentence; undefined if it can be confirmed. */
export const poolerRefusal = (kind: PoolerCommand['kind'], {pool, client}: PoolerRef): string | undefined => {
	const word = poolerWords[kind];
	const {bouncer, version, commands, paused, database} = pool;
	if (!commands.includes(word)) {
		const since = kind === 'pooler-kill-client' ? '; it exists since PgBouncer 1.24' : '';
		return `${word} is not offered by PgBouncer ${version ?? ''} at ${bouncer}${since}.`;
	}
	switch (kind) {
		case 'pooler-pause':
			return paused === true ? `${database} is paused already: RESUME lets its clients go on.` : undefined;
		case 'pooler-resume':
			return paused === false ? `${database} is not paused.` : undefined;
		case 'pooler-reconnect':
			return undefined;
		case 'pooler-kill-client':
			if (!client) return 'This row is a pool: choose a client below.';
			return client.id === null ? 'PgBouncer reports no id for this client.' : undefined;
		default:
			return kind satisfies never;
	}
};
