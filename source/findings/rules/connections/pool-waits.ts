import type {Severity} from '../../../core/pane/finding.ts';
import type {RowRef} from '../../../core/pane/pane.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {openServers} from '../../../panes/pooler/rows.ts';
import {graphOf, rowsOf, sessionsByPid} from '../../../panes/reading/answers.ts';
import {poolerConnectionOf} from '../../../panes/sessions/pooler.ts';
import {locks} from '../../../queries/activity/locks.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {
	type PoolerConnection,
	type PoolerPool,
	poolerConnections,
	poolerPools,
	poolers,
} from '../../../queries/beside/pgbouncer.ts';
import {defineRule, type Found} from '../../rule.ts';
import {sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {type Limits, severityOf} from '../../thresholds.ts';

/** Clients of PgBouncer that wait for a server, and who holds the servers; databases that are paused. */
export const poolWaits = defineRule({
	id: 'pool-waits',
	help: 'Clients of PgBouncer wait for a server of a full pool: who holds the servers. A database that is paused or disabled.',
	queries: [poolerPools, poolers, poolerConnections, sessions, locks],
	find: (sample, _, limits) => [...haltFindings(sample), ...waitFindings(sample, limits)],
});

const poolName = ({user, database}: PoolerPool): string => (user === null ? database : `${user}@${database}`);

const poolRef = ({bouncer, database, user}: PoolerPool): RowRef => ({
	pane: 'pooler',
	identity: `pool ${JSON.stringify([bouncer, database, user])}`,
});

/** Words on clients that wait: `5 clients wait, the longest for 12s`. */
const queueWords = (waiting: number, seconds: number | null): string =>
	`${plural(waiting, 'client waits', 'clients wait')}${seconds === null ? '' : `, the longest for ${duration(seconds)}`}`;

const wholeState = (sample: Sample): ReadonlyMap<string, string | null> =>
	new Map(rowsOf(sample, poolers).map(({bouncer, state}) => [bouncer, state]));

/** True if a pool is paused by itself or with the whole PgBouncer. */
const isPaused = ({paused, bouncer}: PoolerPool, whole: ReadonlyMap<string, string | null>): boolean =>
	paused === true || ['paused', 'suspended'].includes(whole.get(bouncer) ?? '');

/** Databases that are paused or disabled: their clients wait or are refused. */
const haltFindings = (sample: Sample): readonly Found[] => {
	const whole = wholeState(sample);
	const halted = rowsOf(sample, poolerPools).filter(pool => isPaused(pool, whole) || pool.disabled === true);
	const groups = Map.groupBy(halted, ({bouncer, database}) => JSON.stringify([bouncer, database]));
	return [...groups.values()].flatMap((pools): readonly Found[] => {
		const [first] = pools;
		if (!first) return [];
		const waiting = pools.reduce((sum, {cl_waiting}) => sum + (cl_waiting ?? 0), 0);
		const longest = Math.max(...pools.map(({maxwait_seconds}) => maxwait_seconds ?? 0));
		const word = isPaused(first, whole) ? 'PAUSED' : 'DISABLED';
		const queue = waiting === 0 ? 'no client waits yet' : queueWords(waiting, longest);
		const state = whole.get(first.bouncer);
		const isWhole = state === 'paused' || state === 'suspended';
		return [
			{
				subject: `${word} ${first.bouncer} ${first.database}`,
				severity: 'warning',
				sessions: waiting,
				weight: waiting,
				summary: clean(
					word === 'PAUSED'
						? `PgBouncer at ${first.bouncer} has ${isWhole ? 'all databases' : `database ${first.database}`} PAUSED: ${queue}.`
						: `PgBouncer at ${first.bouncer} has database ${first.database} DISABLED: new clients are refused.`,
				),
				evidence: word === 'PAUSED' ? 'Its clients wait until RESUME.' : 'They are refused until ENABLE.',
				pid: null,
				leads: poolRef(first),
				action:
					word === 'DISABLED'
						? 'ENABLE in its console lets clients in.'
						: isWhole
							? 'RESUME without a database, in its console, lets them go on.'
							: 'F9 RESUME lets them go on; b shows the pool.',
			},
		];
	});
};

const waitFindings = (sample: Sample, limits: Limits): readonly Found[] => {
	const whole = wholeState(sample);
	return rowsOf(sample, poolerPools).flatMap((pool): readonly Found[] => {
		const severity = severityOf(pool.maxwait_seconds, limits.pool_wait_seconds);
		if (!severity || !pool.cl_waiting || isPaused(pool, whole) || hasFreeServer(pool)) return [];
		return [waitFinding(pool, severity, sample)];
	});
};

// A pool with a free server gives it to a waiting client in its next loop.
const hasFreeServer = ({sv_idle, sv_used, sv_tested}: PoolerPool): boolean =>
	(sv_idle ?? 0) + (sv_used ?? 0) + (sv_tested ?? 0) > 0;

const waitFinding = (pool: PoolerPool, severity: Severity, sample: Sample): Found => {
	const {bouncer, cl_waiting, maxwait_seconds, pool_size, pool_mode} = pool;
	const cause = causeOf(pool, sample);
	const waiting = cl_waiting ?? 0;
	const size = pool_size === null ? '' : ` of ${pool_size}`;
	return {
		subject: `${bouncer} ${poolName(pool)}`,
		severity,
		sessions: waiting,
		weight: maxwait_seconds ?? 0,
		summary: clean(`${cause.text}: ${queueWords(waiting, maxwait_seconds)}.`),
		evidence: clean(
			`PgBouncer at ${bouncer}, ${pool_mode ?? 'unknown'} pooling: ${openServers(pool) ?? '?'}${size} servers open, ${pool.sv_active ?? '?'} in use.${cause.evidence}`,
		),
		pid: cause.session?.pid ?? null,
		leads: cause.session ? sessionRef(cause.session) : poolRef(pool),
		action: clean(`${cause.action} ${cause.session ? ':pooler' : 'b'} shows the pool.`),
	};
};

/** Cause of a queue: the start of its sentence, more figures, the remedy, and the session to blame. */
type Cause = {
	readonly text: string;
	readonly evidence: string;
	readonly action: string;
	readonly session: Session | undefined;
};

/** A session that a pool uses. */
type Holder = {readonly session: Session; readonly seconds: number};

const leastSeconds = 1;

const causeOf = (pool: PoolerPool, sample: Sample): Cause => {
	const name = poolName(pool);
	const busy = pool.sv_active ?? 0;
	if (busy === 0) return loginCause(pool);
	const held = holdersOf(pool, sample);
	if (held.length === 0) return unseenCause(pool);
	const groups = {
		idle: held.filter(({session, seconds}) => session.state?.startsWith('idle in transaction') && seconds >= leastSeconds),
		blocked: held.filter(({session}) => session.wait_event_type === 'Lock'),
		slow: held.filter(
			({session, seconds}) => session.state === 'active' && seconds >= leastSeconds && session.wait_event_type !== 'Lock',
		),
		kept: pool.pool_mode === 'session' ? held.filter(({session}) => session.state === 'idle') : [],
	};
	const most = Math.max(...Object.values(groups).map(({length}) => length));
	const of = (count: number): string => `${count} of ${plural(busy, 'server')} of pool ${name}`;
	// What holds less than half of the servers does not explain why none is free.
	if (most === 0 || most * 2 < busy) return smallCause(pool);
	if (groups.idle.length === most) return idleCause(groups.idle, of(most), sample);
	if (groups.blocked.length === most) return blockedCause(groups.blocked, of(most), sample);
	if (groups.slow.length === most) {
		const [oldest] = byAge(groups.slow);
		return {
			text: `${named(groups.slow, sample)} ${most === 1 ? 'runs a statement' : 'run statements'} on ${of(most)}`,
			evidence: ` The oldest statement runs for ${duration(oldest?.seconds ?? 0)}.`,
			action: 'C cancels its statement.',
			session: oldest?.session,
		};
	}
	return {
		text: `Idle clients keep ${of(most)}, which pools sessions`,
		evidence: ' With session pooling a client keeps its server until it disconnects.',
		action: 'Use transaction pooling if the application allows it, or a larger pool.',
		session: undefined,
	};
};

const loginCause = (pool: PoolerPool): Cause => ({
	text: `The server of pool ${poolName(pool)} gives PgBouncer no connection`,
	evidence: (pool.sv_login ?? 0) > 0 ? ` ${plural(pool.sv_login ?? 0, 'server')} log in.` : '',
	action: 'The log of PgBouncer has the reason: server down, connection limit, or password.',
	session: undefined,
});

const smallCause = (pool: PoolerPool): Cause => ({
	text: `Pool ${poolName(pool)} is too small for its load, all of its ${plural(pool.sv_active ?? 0, 'server')} are in use`,
	evidence: ' No server is held for long.',
	action: 'Raise pool_size if the server has room, or shorten transactions.',
	session: undefined,
});

/** Cause if no session of the pool is on this server, or PgBouncer did not say which ones they are. */
const unseenCause = (pool: PoolerPool): Cause => ({
	text: `Sessions that are not seen here hold all ${plural(pool.sv_active ?? 0, 'server')} of pool ${poolName(pool)}`,
	evidence: ` Its servers are at ${pool.host ?? 'a Unix socket'}:${pool.port ?? '?'}: what they do is not known.`,
	action: 'Look at that server.',
	session: undefined,
});

const idleCause = (idle: readonly Holder[], what: string, sample: Sample): Cause => {
	const [oldest] = byAge(idle);
	return {
		text: `${named(idle, sample)} ${idle.length === 1 ? 'is' : 'are'} idle in transaction and ${idle.length === 1 ? 'holds' : 'hold'} ${what}`,
		evidence: ` The oldest has been idle for ${duration(oldest?.seconds ?? 0)}.`,
		action: oldest ? sessionRemedy(oldest.session) : '',
		session: oldest?.session,
	};
};

const blockedCause = (blocked: readonly Holder[], what: string, sample: Sample): Cause => {
	const roots = blocked.map(({session}) => graphOf(sample).byPid.get(session.pid)?.root?.pid ?? null);
	const [root] = [...Map.groupBy(roots, pid => pid)].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
	const culprit = root == null ? undefined : sessionsByPid(sample).get(root);
	return {
		text: culprit
			? `${sessionName(culprit, sample)} blocks ${what}`
			: `${named(blocked, sample)} ${blocked.length === 1 ? 'waits' : 'wait'} for locks on ${what}`,
		evidence: ` ${plural(blocked.length, 'of these sessions waits', 'of these sessions wait')} for a lock.`,
		action: culprit ? sessionRemedy(culprit) : '2 shows the locks.',
		session: culprit,
	};
};

const byAge = (holders: readonly Holder[]): readonly Holder[] => holders.toSorted((a, b) => b.seconds - a.seconds);

/** The oldest of some sessions, and how many more: `4711 (app@shop, worker) and 2 more`. */
const named = (holders: readonly Holder[], sample: Sample): string => {
	const [oldest, ...others] = byAge(holders);
	const more = others.length === 0 ? '' : ` and ${others.length} more`;
	return oldest ? `${sessionName(oldest.session, sample)}${more}` : '';
};

/** Sessions that serve a client of a pool now. */
const holdersOf = ({bouncer, database, user}: PoolerPool, sample: Sample): readonly Holder[] =>
	rowsOf(sample, poolerConnections)
		.filter(row => row.bouncer === bouncer && row.database === database && row.user === user && row.client_addr !== null)
		.flatMap(connection => {
			const session = sessionOf(connection, sample);
			if (!session) return [];
			const since = session.state === 'active' ? session.query_start : session.state_change;
			return [{session, seconds: secondsBetween(since, sample.at) ?? 0}];
		});

/**
 * Session of a connection of PgBouncer. A Unix socket has no port to tell it from a session of another server: there its role and the
 * missing address must agree.
 */
const sessionOf = (connection: PoolerConnection, sample: Sample): Session | undefined => {
	const session = sessionsByPid(sample).get(connection.pid);
	if (!session) return undefined;
	if (connection.local_port !== null) return poolerConnectionOf(sample, session) === connection ? session : undefined;
	return session.client_addr === null && session.usename === connection.user ? session : undefined;
};
