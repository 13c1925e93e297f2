import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from 'pg';
import type {Connect} from '../connect.ts';
import {createShop} from '../shop.ts';
import type {RunningIncident} from './incident.ts';

/** A session with a part in an incident. */
export type Player = {readonly part: string; readonly pid: number; readonly client: Client};

/** Sessions of an incident, and waits for what the server shows of them. */
export type Cast = {
	/** Opens a session for a part, by default as the role `shop`. */
	join(part: string, applicationName: string, user?: string): Promise<Player>;
	/** Resolves when the server shows that `waiter` is blocked by `blocker`. */
	blocked(waiter: Player, blocker: Player): Promise<void>;
	/** Resolves when the server shows the session in this state with this text. */
	shows(player: Player, state: string, text: string): Promise<void>;
	/** Resolves when a query of the superuser returns true in its column `holds`; `what` names the condition for the error. */
	holds(what: string, query: string): Promise<void>;
};

const limitMs = 30_000;

const blockedSql = 'select $2::int = any (pg_catalog.pg_blocking_pids($1)) as holds';

const showsSql = `select a.state = $2 and pg_catalog.strpos(a.query, $3) > 0 as holds
from pg_catalog.pg_stat_get_activity($1) a`;

const goneSql = `select not exists (
	select from pg_catalog.pg_stat_get_activity(null) a where a.pid = any ($1)
) as holds`;

const until = async (observer: Client, what: string, sql: string, values: unknown[]): Promise<void> => {
	const deadline = performance.now() + limitMs;
	for (;;) {
		const {rows} = await observer.query<{holds: boolean}>(sql, values);
		if (rows[0]?.holds) return;
		if (performance.now() > deadline) throw new Error(`The server does not show that ${what}.`);
		await delay(5);
	}
};

const dismiss = async (observer: Client, players: readonly Player[], live: ReadonlySet<Player>): Promise<void> => {
	// A session whose client has not ended still owns its pid, so no other session can be terminated.
	const pids = [...live].map(({pid}) => pid);
	await observer.query('select pg_catalog.pg_terminate_backend(pid) from pg_catalog.unnest($1::int[]) pid', [pids]);
	await until(observer, 'the sessions are gone', goneSql, [pids]);
	await Promise.all(players.map(async ({client}) => client.end()));
};

const withObserver = async (connect: Connect, act: (observer: Client) => Promise<void>): Promise<void> => {
	const observer = await connect({applicationName: 'observer'});
	try {
		await act(observer);
	} finally {
		await observer.end();
	}
};

/**
 * Plays an incident in the shop, which is created if missing: `play` opens the sessions and waits until the server shows the
 * incident. Its sessions stay until the incident ends, or until `play` fails.
 */
export const stageIncident = async (connect: Connect, play: (cast: Cast) => Promise<void>): Promise<RunningIncident> => {
	const players: Player[] = [];
	const live = new Set<Player>();
	await withObserver(connect, async observer => {
		await createShop(observer);
		try {
			await play({
				join: async (part, applicationName, user = 'shop') => {
					const client = await connect({applicationName, user});
					const {rows} = await client.query<{pid: number}>('select pg_catalog.pg_backend_pid() as pid');
					const player: Player = {part, pid: rows[0]?.pid ?? 0, client};
					players.push(player);
					live.add(player);
					client.once('end', () => live.delete(player));
					return player;
				},
				blocked: async (waiter, blocker) =>
					until(observer, `${waiter.part} waits for ${blocker.part}`, blockedSql, [waiter.pid, blocker.pid]),
				shows: async (player, state, text) => until(observer, `${player.part} is ${state}`, showsSql, [player.pid, state, text]),
				holds: async (what, query) => until(observer, what, query, []),
			});
		} catch (error) {
			await dismiss(observer, players, live);
			throw error;
		}
	});
	return {
		pids: Object.fromEntries(players.map(({part, pid}) => [part, pid])),
		end: async () => withObserver(connect, async observer => dismiss(observer, players, live)),
	};
};

/** Runs a statement that is meant to wait, then commits; a cancel or termination ends it. */
export const runThenCommit = (player: Player, statement: string): void => {
	void player.client
		.query(statement)
		.then(async () => player.client.query('commit'))
		.catch(async () => player.client.query('rollback'))
		.catch(() => {});
};

/**
 * Runs statements one after another with a pause between them, until the last one or the end of the session. A cancel skips only
 * the current statement.
 */
export const runInTurn = ({client}: Player, statements: Iterable<string>, pauseMs: number): void => {
	const ended = new AbortController();
	client.once('end', () => ended.abort());
	const {signal} = ended;
	void (async () => {
		for (const statement of statements) {
			if (signal.aborted) return;
			await client.query(statement).catch(() => {});
			await delay(pauseMs, undefined, {signal}).catch(() => {});
		}
	})();
};
