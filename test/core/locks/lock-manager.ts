import type {LockRow} from '../../../source/core/locks/graph.ts';
import {conflictsOf, strengthOf} from '../../../source/core/locks/modes.ts';

type Request = {readonly pid: number; readonly strength: number; readonly at: number};
type Tag = {
	/** Modes held, by pid, in the order in which the sessions first asked for the lock. */
	readonly procLocks: Map<number, number>;
	readonly queue: Request[];
};

const conflicts = (one: number, other: number): boolean => (conflictsOf(one) & (1 << other)) !== 0;

/** PostgreSQL's lock manager (lock.c, proc.c), with advisory locks by number, whose waits begin at a time of the caller. */
export const createLockManager = () => {
	const tags = new Map<number, Tag>();
	const waiting = new Map<number, number>();

	const tagOf = (key: number): Tag => {
		const tag = tags.get(key) ?? {procLocks: new Map(), queue: []};
		tags.set(key, tag);
		return tag;
	};
	const isHeldAgainst = ({procLocks}: Tag, pid: number, strength: number): boolean =>
		[...procLocks].some(([other, held]) => other !== pid && (held & conflictsOf(strength)) !== 0);
	const grant = ({procLocks}: Tag, pid: number, strength: number): void => {
		procLocks.set(pid, (procLocks.get(pid) ?? 0) | (1 << strength));
		waiting.delete(pid);
	};

	/** Requests a lock: the session gets it, or waits for it; ends its transaction if that would be a deadlock of two. */
	const request = (pid: number, key: number, strength: number, at: number): void => {
		const tag = tagOf(key);
		const held = tag.procLocks.get(pid) ?? 0;
		if ((held & (1 << strength)) !== 0) return;
		if (!tag.procLocks.has(pid)) tag.procLocks.set(pid, 0);
		const isQueued = tag.queue.some(other => conflicts(strength, other.strength));
		if (!isQueued && !isHeldAgainst(tag, pid, strength)) {
			grant(tag, pid, strength);
			return;
		}
		const place = tag.queue.findIndex(other => (conflictsOf(other.strength) & held) !== 0);
		const other = tag.queue[place];
		if (other === undefined) tag.queue.push({pid, strength, at});
		else {
			if (((tag.procLocks.get(other.pid) ?? 0) & conflictsOf(strength)) !== 0) {
				end(pid);
				return;
			}
			const ahead = tag.queue.slice(0, place);
			if (!ahead.some(each => conflicts(strength, each.strength)) && !isHeldAgainst(tag, pid, strength)) {
				grant(tag, pid, strength);
				return;
			}
			tag.queue.splice(place, 0, {pid, strength, at});
		}
		waiting.set(pid, key);
	};

	const wakeUp = (tag: Tag): void => {
		const ahead: number[] = [];
		for (const wait of [...tag.queue]) {
			if (ahead.some(strength => conflicts(wait.strength, strength)) || isHeldAgainst(tag, wait.pid, wait.strength)) {
				ahead.push(wait.strength);
				continue;
			}
			tag.queue.splice(tag.queue.indexOf(wait), 1);
			grant(tag, wait.pid, wait.strength);
		}
	};

	/** Ends the wait of a session, which keeps its locks. */
	const cancel = (pid: number): void => {
		const key = waiting.get(pid);
		if (key === undefined) return;
		const tag = tagOf(key);
		waiting.delete(pid);
		tag.queue.splice(
			tag.queue.findIndex(wait => wait.pid === pid),
			1,
		);
		if (tag.procLocks.get(pid) === 0) tag.procLocks.delete(pid);
		wakeUp(tag);
	};

	/** Ends the transaction of a session. */
	const end = (pid: number): void => {
		cancel(pid);
		for (const tag of tags.values()) if (tag.procLocks.delete(pid)) wakeUp(tag);
	};

	/** Swaps two neighbors of a queue, as the deadlock detector may, and grants what can be granted then. */
	const rearrange = (key: number, place: number): void => {
		const tag = tagOf(key);
		const [one, other] = tag.queue.slice(place, place + 2);
		if (one && other) tag.queue.splice(place, 2, other, one);
		wakeUp(tag);
	};

	/** Answer of `pg_blocking_pids`. */
	const blockingPids = (pid: number): readonly number[] => {
		const key = waiting.get(pid);
		if (key === undefined) return [];
		const {procLocks, queue} = tagOf(key);
		const place = queue.findIndex(wait => wait.pid === pid);
		const strength = queue[place]?.strength ?? 0;
		const ahead = queue.slice(0, place);
		return [...procLocks]
			.filter(
				([other, held]) =>
					other !== pid &&
					((held & conflictsOf(strength)) !== 0 || ahead.some(wait => wait.pid === other && conflicts(strength, wait.strength))),
			)
			.map(([other]) => other);
	};

	/** Rows of `pg_locks`, with the answers for the sessions that are asked. */
	const rows = (isAsked: (pid: number) => boolean): readonly LockRow[] =>
		[...tags].flatMap(([key, {procLocks, queue}]) => [
			...[...procLocks].flatMap(([pid, held]) =>
				modes.filter(mode => (held & (1 << strengthOf(mode))) !== 0).map(mode => row(pid, key, mode, null, null)),
			),
			...queue.map(({pid, strength, at}) => row(pid, key, modes[strength] ?? '', at, isAsked(pid) ? blockingPids(pid) : null)),
		]);

	return {request, cancel, end, rearrange, blockingPids, rows, waiting};
};

// By strength.
const modes = [
	'AccessShareLock',
	'RowShareLock',
	'RowExclusiveLock',
	'ShareUpdateExclusiveLock',
	'ShareLock',
	'ShareRowExclusiveLock',
	'ExclusiveLock',
	'AccessExclusiveLock',
];

const row = (
	pid: number,
	objid: number,
	mode: string,
	since: number | null,
	blocking_pids: readonly number[] | null,
): LockRow => ({
	virtualtransaction: `${pid}/1`,
	mode,
	granted: since === null,
	pid,
	locktype: 'advisory',
	database: 5,
	relation: null,
	relation_name: null,
	page: null,
	tuple: null,
	virtualxid: null,
	transactionid: null,
	classid: 0,
	objid,
	objsubid: 1,
	waitstart: since === null || Number.isNaN(since) ? null : new Date(since).toISOString().replace('Z', '000+00:00'),
	gid: null,
	gid_database: null,
	prepared: null,
	blocking_pids,
});
