import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from 'pg';
import type {Connect} from '../connect.ts';
import {createShop} from '../shop.ts';
import type {RunningIncident} from './incident.ts';

/** A session that plays a part in an incident. */
export type Player = {readonly part: string; readonly pid: number; readonly client: Client};

/** The sessions of one incident and what the server says about them. */
export type Cast = {
	/** Opens a session for a part, as the role `shop` unless told otherwise. */
	join(part: string, applicationName: string, user?: string): Promise<Player>;
	/** Resolves when the server says that `waiter` is blocked by `blocker`. */
	blocked(waiter: Player, blocker: Player): Promise<void>;
	/** Resolves when the server shows the session in this state with this text. */
	shows(player: Player, state: string, text: string): Promise<void>;
	/** Resolves when the server answers a question of its superuser with true, in a column `holds`; `what` says what it should. */
	says(what: string, question: string): Promise<void>;
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
	// A session whose client has not ended still owns its pid, so no stranger can be hit.
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
 * Plays an incident in the shop, which is created where it is missing: `play` opens the sessions and waits until the
 * server shows what it should. Only the sessions of the play stay; they end with the incident, or with a play that fails.
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
				says: async (what, question) => until(observer, what, question, []),
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

/** Lets a session run a statement that is meant to wait, and commit once it may go on; being cancelled or terminated ends it. */
export const runThenCommit = (player: Player, statement: string): void => {
	void player.client
		.query(statement)
		.then(async () => player.client.query('commit'))
		.catch(async () => player.client.query('rollback'))
		.catch(() => {});
};

/**
 * Lets a session run one statement after the other, with a pause in between, until there are no more or the session ends. Being
 * cancelled costs it one statement.
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
