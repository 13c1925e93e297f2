import {type Moment, pastBefore} from '../../core/history/moment.ts';
import {type Answer, answerOf, answersOf, lastUntil, type Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {mostStatements, type Statement, statementInfo, statements} from '../../queries/activity/statements.ts';
import {rowsOf} from '../reading/answers.ts';
import {entryName} from './rates.ts';

/** Activity of a statement in a span of `seconds`, null if its beginning is unknown; times in milliseconds. */
export type Figures = {
	readonly calls: number;
	readonly exec: number;
	readonly rows: number;
	readonly tempBlocks: number;
	readonly wal: number;
	readonly seconds: number | null;
};

/** A statement before and after a mark. A change with `?` may be the work of an eviction. */
export type Compared = {
	readonly entry: Statement;
	readonly before: Figures | null;
	readonly after: Figures | null;
	readonly change: 'NEW' | 'NEW?' | 'GONE' | 'GONE?' | null;
};

/** Statements before and after a mark, and what happened to their statistics meanwhile. */
export type Comparison = {
	/** Beginning of the span before; null if the statistics from before it were read only once. */
	readonly from: Instant | null;
	/** End of the span before, and beginning of the one after unless there was a reset. */
	readonly at: Instant;
	readonly until: Instant;
	/** Time of a reset of all statistics after the mark, or the latest time before it. */
	readonly reset: Instant | null;
	/** Evictions after the mark, if the server counts them; else entries that are missing. */
	readonly evicted: number;
	/** Entries that began again after the mark: reset or evicted one by one. */
	readonly restarted: number;
	readonly statements: readonly Compared[];
};

/** Answers around a mark: the nearest one, the one from which the span before begins, and the evictions counted until then. */
type Edge = {
	readonly base: Answer<Statement>;
	readonly start: Answer<Statement> | undefined;
	readonly dealloc: number | null;
};

// An answer this old is not one of the moment of the mark.
const nearMs = 15_000;
// Long enough for rare statements, short enough not to reach back to another time of day.
const longestBeforeMs = 300_000;
const leastBeforeMs = 3000;

const deallocIn = (sample: Sample): number | null => rowsOf(sample, statementInfo)[0]?.dealloc ?? null;
const resetIn = (sample: Sample): Instant | null => rowsOf(sample, statementInfo)[0]?.stats_reset ?? null;

/** The first sample after a mark with statements that were read after it. */
const firstAfter = (past: Past, mark: Sample): Sample | undefined => {
	for (let index = lastUntil(past, mark.seq) + 1; index < past.length; index++) {
		const sample = past.at(index) as Sample;
		if (msOf(answerOf(sample, statements)?.at ?? '') > msOf(mark.at)) return sample;
	}
	return undefined;
};

/** The answer from which the span before an answer begins: the oldest one of some minutes, with the same statistics. */
const startBefore = (mark: Moment, past: Past, base: Answer<Statement>, reset: Instant | null): Answer<Statement> | undefined => {
	let start: Answer<Statement> | undefined;
	for (const answer of answersOf(mark.sample, past, statements)) {
		const earlierMs = msOf(base.at) - msOf(answer.at);
		if (earlierMs > longestBeforeMs || (reset !== null && msOf(reset) > msOf(answer.at))) break;
		if (earlierMs >= leastBeforeMs) start = answer;
	}
	return start && !isReset(start, base) ? start : undefined;
};

// The samples around a mark leave memory before it does.
const edges = new WeakMap<Sample, Edge>();

const edgeOf = (mark: Moment, past: Past): Edge | undefined => {
	const known = edges.get(mark.sample);
	if (known) return known;
	const before = pastBefore(past, mark);
	const read = answerOf(mark.sample, statements);
	const isNear = read !== undefined && msOf(mark.sample.at) - msOf(read.at) <= nearMs;
	const sample = isNear ? mark.sample : (firstAfter(past, mark.sample) ?? mark.sample);
	const base = answerOf(sample, statements);
	if (!base) return undefined;
	const edge = {base, start: startBefore(mark, before, base, resetIn(sample)), dealloc: deallocIn(sample)};
	if (isNear || sample !== mark.sample) edges.set(mark.sample, edge);
	return edge;
};

/** True if most entries of an earlier answer count less in a later one: all were reset in between. Before 14 nothing else says so. */
const isReset = (then: Answer<Statement>, now: Answer<Statement>): boolean => {
	const later = byName(now);
	let [less, more] = [0, 0];
	for (const entry of then.rows) {
		const calls = later.get(entryName(entry))?.calls;
		if (entry.queryid === null || calls === undefined) continue;
		if (calls < entry.calls) less++;
		else more++;
	}
	return less > more || (then.rows.length > 10 && less + more === 0);
};

const names = new WeakMap<Answer<Statement>, ReadonlyMap<string, Statement>>();

const byName = (answer: Answer<Statement>): ReadonlyMap<string, Statement> => {
	const known = names.get(answer) ?? new Map(answer.rows.map(entry => [entryName(entry), entry]));
	names.set(answer, known);
	return known;
};

const mostLookedAt = 60;

/** Latest time at which a reset that the server does not date had not happened yet. */
const beforeReset = (sample: Sample, past: Past, base: Answer<Statement>): Instant => {
	let looked = 0;
	let at = base.at;
	for (const answer of answersOf(sample, past, statements)) {
		at = answer.at;
		if (++looked > mostLookedAt || msOf(at) <= msOf(base.at) || !isReset(base, answer)) break;
	}
	return at;
};

const resetAfter = (sample: Sample, past: Past, base: Answer<Statement>, now: Answer<Statement>): Instant | null => {
	const dated = resetIn(sample);
	if (dated !== null) return msOf(dated) > msOf(base.at) ? dated : null;
	return now !== base && isReset(base, now) ? beforeReset(sample, past, base) : null;
};

const secondsFrom = (from: Instant | null, to: Instant): number | null => (from === null ? null : (msOf(to) - msOf(from)) / 1000);

const totals = ({calls, total_exec_time, rows, temp_blks_written, wal_bytes}: Statement, seconds: number | null): Figures => ({
	calls,
	exec: total_exec_time,
	rows,
	tempBlocks: temp_blks_written,
	wal: wal_bytes,
	seconds,
});

/** Increments of an entry; null if it counts less than before, or began again in between. */
const increments = (now: Statement, then: Statement, seconds: number | null): Figures | null => {
	if (now.calls < then.calls || now.total_exec_time < then.total_exec_time || now.stats_since !== then.stats_since) return null;
	const {calls, exec, rows, tempBlocks, wal} = totals(then, null);
	const all = totals(now, seconds);
	return {
		calls: all.calls - calls,
		exec: all.exec - exec,
		rows: all.rows - rows,
		tempBlocks: all.tempBlocks - tempBlocks,
		wal: all.wal - wal,
		seconds,
	};
};

const isWhole = ({rows}: Answer<Statement>): boolean => rows.length < mostStatements;

// A mean of less calls is that of single ones; the whole time before the mark has more.
const fewCalls = 5;

type Look = {
	readonly edge: Edge;
	readonly now: Answer<Statement>;
	readonly reset: Instant | null;
	readonly since: Instant | null;
};

const beforeOf = (entry: Statement, {edge: {base, start}, since}: Look): Figures => {
	const then = start && byName(start).get(entryName(entry));
	const seconds = start ? secondsFrom(start.at, base.at) : null;
	const part = then ? increments(entry, then, seconds) : start && isWhole(start) ? totals(entry, seconds) : null;
	if (part && part.calls >= fewCalls) return part;
	return totals(entry, secondsFrom(entry.stats_since ?? since, base.at));
};

/** Figures after the mark; `began` says that they are those of an entry that began again. */
const afterOf = (entry: Statement, then: Statement | undefined, {edge: {base}, now, reset}: Look) => {
	if (reset !== null) return {figures: totals(entry, secondsFrom(reset, now.at)), began: false};
	const seconds = secondsFrom(base.at, now.at);
	if (then) {
		const figures = increments(entry, then, seconds);
		if (figures) return {figures, began: false};
		return {figures: totals(entry, entry.stats_since === null ? seconds : secondsFrom(entry.stats_since, now.at)), began: true};
	}
	const isOld = entry.stats_since !== null && msOf(entry.stats_since) <= msOf(base.at);
	return {figures: isOld || !isWhole(base) ? null : totals(entry, seconds), began: false};
};

// A statement is missed once this many of its calls did not come; more if its rate is an average of a long time.
const missedCalls = 3;
const missedOfAverage = 10;

const isMissed = (before: Figures, look: Look): boolean => {
	const seconds = secondsFrom(look.reset ?? look.edge.base.at, look.now.at) ?? 0;
	const {start, base} = look.edge;
	const isRecent = start !== undefined && before.seconds === secondsFrom(start.at, base.at);
	return (
		before.seconds !== null &&
		before.seconds > 0 &&
		(before.calls / before.seconds) * seconds >= (isRecent ? missedCalls : missedOfAverage)
	);
};

/** Statements before and after a mark; undefined before pg_stat_statements was read around it. */
export const comparisonWith = (mark: Moment, sample: Sample, past: Past): Comparison | undefined => {
	const edge = edgeOf(mark, past);
	const now = answerOf(sample, statements);
	if (!edge || !now || msOf(now.at) < msOf(edge.base.at)) return undefined;
	const {base, start} = edge;
	const look = {edge, now, reset: resetAfter(sample, past, base, now), since: resetIn(mark.sample)};
	const [earlier, later] = [byName(base), byName(now)];
	const dealloc = deallocIn(sample);
	const lost = look.reset === null ? base.rows.filter(entry => !later.has(entryName(entry))).length : 0;
	const evicted = dealloc === null || edge.dealloc === null ? lost : Math.max(0, dealloc - edge.dealloc);
	const isUncertain = evicted > 0 || lost > 0 || (edge.dealloc ?? 0) > 0;
	let restarted = 0;
	const present = now.rows.flatMap((entry): readonly Compared[] => {
		if (entry.queryid === null) return [];
		const then = earlier.get(entryName(entry));
		const {figures, began} = afterOf(entry, then, look);
		if (began) restarted++;
		if (figures === null) return [];
		const before = then ? beforeOf(then, look) : null;
		if (figures.calls > 0) return [{entry, before, after: figures, change: then ? null : isUncertain ? 'NEW?' : 'NEW'}];
		return before ? [{entry, before, after: figures, change: isMissed(before, look) ? 'GONE' : null}] : [];
	});
	const absent = base.rows.flatMap((entry): readonly Compared[] => {
		if (entry.queryid === null || later.has(entryName(entry))) return [];
		const before = beforeOf(entry, look);
		return isMissed(before, look) ? [{entry, before, after: null, change: look.reset === null ? 'GONE?' : 'GONE'}] : [];
	});
	return {
		from: start?.at ?? null,
		at: base.at,
		until: now.at,
		reset: look.reset,
		evicted,
		restarted,
		statements: [...present, ...absent],
	};
};
