import {hiddenText} from '../sql/hidden-text.ts';
import {statementHeadOf} from '../sql/statement-head.ts';
import {type Instant, secondsBetween} from '../values/instant.ts';
import {type LockCommand, type ModeName, modeOfName, type Relative} from './lock-commands.ts';
import {isGroupMember} from './lock-group.ts';
import {conflictsOf, strengthOf} from './modes.ts';

/** A lock on the table or on one of its relatives, held or awaited; a null pid is a prepared transaction. */
export type TableLock = {
	readonly part: string;
	/** Name of the relation in SQL. */
	readonly name: string;
	readonly virtualtransaction: string | null;
	readonly mode: string | null;
	readonly pid: number | null;
	readonly granted: boolean | null;
	readonly waitstart: Instant | null;
	readonly gid: string | null;
	readonly gid_database: number | null;
	readonly gid_owner: string | null;
	readonly prepared: Instant | null;
};

/** A session, as far as a preflight reads it. */
export type PreflightSession = {
	readonly pid: number;
	readonly leader_pid: number | null;
	readonly backend_type: string | null;
	readonly datid: number | null;
	readonly xact_start: Instant | null;
	readonly backend_xmin: string | null;
	readonly query: string | null;
};

/** Who is in the way, and how: `snapshot` is a transaction that a concurrent command waits for, whatever it locks. */
export type Obstacle = {
	/** Pid of the session, of the leader for a parallel worker; 0 for a prepared transaction. */
	readonly pid: number;
	readonly how: 'holds' | 'awaits' | 'snapshot';
	/** The conflicting lock; null for a snapshot. */
	readonly lock: TableLock | null;
	/** True for an autovacuum worker that the server cancels for us after deadlock_timeout; null if that is hidden. */
	readonly yields: boolean | null;
};

/** The surroundings of a verdict. */
export type PreflightContext = {
	readonly sessions: readonly PreflightSession[];
	/** Our own backends, which are never in the way. */
	readonly own: ReadonlySet<number>;
	/** Oid of our database; null if unknown. */
	readonly database: number | null;
	readonly now: Instant;
};

/** Mode that a command needs on a relation, by its part. */
const modeOn = ({mode, relatives}: LockCommand, part: string): ModeName | undefined =>
	part === 'table' ? mode : relatives?.[part as Relative];

/**
 * Everything in the way of a command of a session without locks. As LockAcquireExtended of PostgreSQL's lock.c has it, a lock is
 * granted if its mode conflicts neither with one that others hold nor with one that anybody awaits: it never overtakes a waiter
 * that it conflicts with. A command that takes several locks needs all of them. Holders first, then waiters as they came.
 */
export const obstaclesTo = (
	command: LockCommand,
	locks: readonly TableLock[],
	context: PreflightContext,
): readonly Obstacle[] => {
	const bySession = new Map(context.sessions.map(session => [session.pid, session]));
	const found = new Map<string, Obstacle>();
	const add = (obstacle: Obstacle): void => {
		const key = obstacle.lock?.pid === null ? `prepared ${obstacle.lock.virtualtransaction}` : String(obstacle.pid);
		const before = found.get(key);
		if (!before || isWorse(obstacle, before)) found.set(key, obstacle);
	};
	for (const lock of locks) {
		const pid = lock.pid === null ? 0 : leaderOf(lock.pid, bySession);
		if (lock.mode === null || lock.granted === null || context.own.has(pid)) continue;
		const needed = modeOn(command, lock.part);
		const isLocker = lock.part === 'table' && lock.granted && conflict(command.waits?.lockers, lock.mode);
		if (!conflict(needed, lock.mode) && !isLocker) continue;
		add({
			pid,
			how: lock.granted ? 'holds' : 'awaits',
			lock,
			yields: lock.granted ? yieldsOf(bySession.get(pid)) : false,
		});
	}
	if (command.waits?.snapshots) for (const obstacle of snapshotsIn(context)) if (!found.has(String(obstacle.pid))) add(obstacle);
	return [...found.values()].sort(
		(a, b) =>
			order.indexOf(a.how) - order.indexOf(b.how) || compareStarts(startOf(a, bySession), startOf(b, bySession)) || a.pid - b.pid,
	);
};

const order = ['holds', 'awaits', 'snapshot'] as const;

const leaderOf = (pid: number, sessions: ReadonlyMap<number, PreflightSession>): number => {
	const session = sessions.get(pid);
	return session && isGroupMember(session) ? (session.leader_pid ?? pid) : pid;
};

const conflict = (needed: ModeName | undefined, mode: string): boolean =>
	needed !== undefined && (conflictsOf(strengthOf(modeOfName[needed])) & (1 << strengthOf(mode))) !== 0;

/** True if an obstacle says more than another one of the same session: a held lock, then the table itself, then the stronger mode. */
const isWorse = (one: Obstacle, other: Obstacle): boolean => {
	const rank = ({how, lock}: Obstacle): number =>
		(how === 'holds' ? 100 : 0) + (lock?.part === 'table' ? 50 : 0) + (lock?.mode == null ? 0 : strengthOf(lock.mode));
	return rank(one) > rank(other);
};

/** Start of the wait of a waiter, else that of the transaction. */
const startOf = ({pid, how, lock}: Obstacle, sessions: ReadonlyMap<number, PreflightSession>): Instant | null =>
	(how === 'awaits' ? lock?.waitstart : lock?.prepared) ?? sessions.get(pid)?.xact_start ?? null;

const compareStarts = (a: Instant | null, b: Instant | null): number => {
	if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
	return a < b ? -1 : a > b ? 1 : 0;
};

// A waiter that an autovacuum worker blocks has the server cancel it, unless it prevents a wraparound: DeadLockCheck and ProcSleep.
const yieldsOf = (session: PreflightSession | undefined): boolean | null => {
	if (session?.backend_type == null) return null;
	if (session.backend_type !== 'autovacuum worker') return false;
	if (session.query === null || session.query === hiddenText) return null;
	return !session.query.includes('(to prevent wraparound)');
};

// Younger transactions are over before they matter; one whose start is hidden counts.
const oldSeconds = 1;

/**
 * Transactions of the database with an old snapshot. As GetCurrentVirtualXIDs of PostgreSQL's procarray.c has it, VACUUM,
 * autovacuum and transactions of other databases do not count.
 */
const snapshotsIn = ({sessions, own, database, now}: PreflightContext): readonly Obstacle[] =>
	sessions
		.filter(
			session =>
				session.backend_xmin !== null &&
				session.datid === database &&
				!own.has(session.pid) &&
				!isGroupMember(session) &&
				session.backend_type !== 'autovacuum worker' &&
				!isPlainVacuum(session) &&
				(secondsBetween(session.xact_start, now) ?? oldSeconds) >= oldSeconds,
		)
		.map(({pid}) => ({pid, how: 'snapshot', lock: null, yields: false}));

const isPlainVacuum = ({query}: PreflightSession): boolean => /^vacuum\b(?!.*\bfull\b)/i.test(statementHeadOf(query ?? '', 80));
