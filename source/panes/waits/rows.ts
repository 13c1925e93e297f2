import type {Past} from '../../core/history/past.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {rounded} from '../../core/values/units.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {statementTexts} from '../../queries/activity/statements.ts';
import {host} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';
import {statementOf} from '../reading/statement.ts';
import {type LockTotals, lockTotals} from './lock-totals.ts';
import {recentSpans, type Seen, spans, type WaitSum, waitSums} from './sums.ts';

/** Wait event or statement, with the average number of active sessions in it. */
export type WaitRow = {
	readonly section: 'event' | 'statement' | 'lock';
	readonly name: string;
	readonly wait_event_type: string | null;
	readonly wait_event: string | null;
	readonly query_id: string | null;
	/** Average over the last minute. */
	readonly average: number;
	/** Share of all active sessions of that minute; null if there were none. */
	readonly share: number | null;
	/** Average over the last five minutes. */
	readonly longAverage: number;
	/** Averages of each quarter of a minute, oldest first. */
	readonly trend: readonly number[];
	/** Text of the statement, or of the one seen most in this wait. */
	readonly query: string | null;
	/** Waits of a statement or statements of a wait, largest first. */
	readonly parts: readonly WaitShare[];
	/** CPUs of the server's host if pgtriage runs there and the row is CPU. */
	readonly cpus: number | null;
	/** Totals of a type of locks, in its section. */
	readonly lock: LockTotals | null;
};

/** Wait or statement within a row, with its average of active sessions over five minutes. */
export type WaitShare = {
	readonly name: string;
	readonly query_id: string | null;
	readonly query: string | null;
	readonly average: number;
};

type Group = {readonly counts: Float64Array; readonly parts: Map<string, Seen & {total: number}>; readonly of: Seen};

/** Name of a wait: `CPU`, `Lock/transactionid`. */
export const eventName = ({wait_event_type, wait_event}: Pick<Seen, 'wait_event_type' | 'wait_event'>): string =>
	wait_event === null ? String(wait_event_type) : `${wait_event_type}/${wait_event}`;

const grouped = (
	sums: readonly WaitSum[],
	keyOf: (seen: Seen) => string | null,
	partOf: (seen: Seen) => string,
): ReadonlyMap<string, Group> => {
	const groups = new Map<string, Group>();
	for (const [place, {seen}] of sums.entries()) {
		for (const one of seen) {
			const key = keyOf(one);
			if (key === null) continue;
			const group: Group = groups.get(key) ?? {counts: new Float64Array(sums.length), parts: new Map(), of: one};
			groups.set(key, group);
			group.counts[place] = (group.counts[place] ?? 0) + one.seen;
			const name = partOf(one);
			const part = group.parts.get(name);
			if (part) part.total += one.seen;
			else group.parts.set(name, {...one, total: one.seen});
		}
	}
	return groups;
};

const sumUp = (values: Iterable<number>): number => {
	let sum = 0;
	for (const value of values) sum += value;
	return sum;
};

/** Wait events and statements of active sessions over the last minutes. */
export const waitRows: (sample: Sample, past: Past) => readonly WaitRow[] = oncePerSample((sample: Sample, past: Past) => {
	const sums = waitSums(sample, past);
	const looks = sums.map(sum => sum.looks);
	const allLooks = sumUp(looks);
	const recentLooks = sumUp(looks.slice(-recentSpans));
	const recentSeen = sumUp(sums.slice(-recentSpans).flatMap(({seen}) => seen.map(one => one.seen)));
	const textOf = textsOver(sample, sums);
	const cpus = rowsOf(sample, host).find(row => row.cpus !== null)?.cpus ?? null;

	const rowOf =
		(section: WaitRow['section'], nameOf: (seen: Seen) => string) =>
		([key, {counts, parts, of}]: [string, Group]): WaitRow => {
			const recent = sumUp(counts.subarray(-recentSpans));
			const sorted = [...parts].sort(([, a], [, b]) => b.total - a.total);
			const main = sorted[0]?.[1] ?? of;
			const isEvent = section === 'event';
			const query_id = isEvent ? main.query_id : of.query_id;
			return {
				section,
				name: `${section} ${key}`,
				wait_event_type: isEvent ? of.wait_event_type : main.wait_event_type,
				wait_event: isEvent ? of.wait_event : main.wait_event,
				query_id,
				average: rounded(recentLooks > 0 ? recent / recentLooks : 0),
				share: recentSeen > 0 ? recent / recentSeen : null,
				longAverage: rounded(allLooks > 0 ? sumUp(counts) / allLooks : 0),
				trend: Array.from(counts, (seen, place) => (looks[place] ? rounded(seen / (looks[place] ?? 1)) : 0)),
				query: textOf(query_id) ?? (isEvent ? statementIn(sample, of) : null),
				parts: sorted.map(([, part]) => ({
					name: nameOf(part),
					query_id: part.query_id,
					query: textOf(part.query_id),
					average: part.total / allLooks,
				})),
				lock: null,
				cpus: isEvent && of.wait_event_type === 'CPU' ? cpus : null,
			};
		};
	const events = grouped(sums, eventName, ({query_id}) => String(query_id));
	const statements = grouped(sums, ({query_id}) => query_id, eventName);
	return [
		...[...events].map(rowOf('event', ({query_id}) => query_id ?? 'statements without an identifier (yet)')),
		...[...statements].map(rowOf('statement', eventName)),
		...lockTotals(sample, past).map(lockRow),
	];
});

const lockRow = (lock: LockTotals): WaitRow => ({
	section: 'lock',
	name: `lock ${lock.locktype}`,
	wait_event_type: 'Lock',
	wait_event: lock.locktype,
	query_id: null,
	average: 0,
	share: null,
	longAverage: 0,
	trend: [],
	query: null,
	parts: [],
	cpus: null,
	lock,
});

/** Statement of a session in this wait, for waits before planning, when a statement has no identifier yet. */
const statementIn = (sample: Sample, {wait_event_type, wait_event}: Seen): string | null => {
	const own = new Set(sample.own);
	const waiter = rowsOf(sample, sessions).find(
		session =>
			session.state === 'active' &&
			session.backend_type === 'client backend' &&
			(session.wait_event_type ?? 'CPU') === wait_event_type &&
			session.wait_event === wait_event &&
			!own.has(session.pid),
	);
	return waiter ? statementOf(waiter) : null;
};

/** Text of a statement: from pg_stat_statements if that is read, else from a session that ran it. */
const textsOver = (sample: Sample, sums: readonly WaitSum[]): ((queryId: string | null) => string | null) => {
	const read = new Map(rowsOf(sample, statementTexts).map(({queryid, query}) => [queryid, query]));
	return queryId => {
		if (queryId === null) return null;
		const text = read.get(queryId);
		if (text !== undefined) return text;
		for (let place = spans - 1; place >= 0; place--) {
			const seen = sums[place]?.texts.get(queryId);
			if (seen !== undefined) return seen;
		}
		return null;
	};
};
