import type {Moment} from '../../core/history/moment.ts';
import type {Past} from '../../core/history/past.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {rounded} from '../../core/values/units.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {type Statement, statementTexts} from '../../queries/activity/statements.ts';
import {databaseNamesOf, rowsOf} from '../reading/answers.ts';
import {type Compared, type Comparison, comparisonWith, type Figures} from './comparison.ts';
import {entryName} from './rates.ts';
import {type StatementRow, statementRows} from './rows.ts';

/** A statement before and after a mark. */
export type ComparedRow = StatementRow &
	Pick<Compared, 'before' | 'after' | 'change'> & {
		/** Sessions that run it at the moment; null if they do not say what they run: before 14, or without compute_query_id. */
		readonly running: number | null;
		/** Factor by which it got slower, statements still running included; null without a mean on either side. */
		readonly factor: number | null;
		/** Execution time that the change costs, in milliseconds per second; negative if it saves time. */
		readonly added: number | null;
	};

/** Sessions that run a statement; those that began it after the mark and wait for no lock, and the time these have run in all. */
type Running = {readonly sessions: number; readonly fresh: number; readonly ms: number};

const none: Running = {sessions: 0, fresh: 0, ms: 0};

/** Sessions that run each statement, by the name of its entry; undefined if sessions have no query identifiers. */
const runningIn = (sample: Sample, since: Instant): ReadonlyMap<string, Running> | undefined => {
	const own = new Set(sample.own);
	const all = rowsOf(sample, sessions);
	// Our own sessions have identifiers too if the server computes them.
	if (!all.some(({query_id}) => query_id !== null)) return undefined;
	const known = all.filter(
		({pid, state, backend_type, query_id}) =>
			query_id !== null && state === 'active' && backend_type === 'client backend' && !own.has(pid),
	);
	const running = new Map<string, Running>();
	for (const {query_id, usesysid, datid, query_start, wait_event_type} of known) {
		const name = `${query_id}/${usesysid}/${datid}/true`;
		const {sessions: count, fresh, ms} = running.get(name) ?? none;
		// A lock makes its waiters slow, which is not a change of their statement.
		const isFresh = query_start !== null && query_start > since && wait_event_type !== 'Lock';
		const elapsed = isFresh ? Math.max(0, secondsBetween(query_start, sample.at) ?? 0) * 1000 : 0;
		running.set(name, {sessions: count + 1, fresh: fresh + (isFresh ? 1 : 0), ms: ms + elapsed});
	}
	return running;
};

/** Mean execution time in milliseconds; null without a call. */
export const meanOf = (figures: Figures | null): number | null =>
	figures && figures.calls > 0 ? figures.exec / figures.calls : null;

/** Amount per second in a span; null if its length is unknown. */
export const rateOf = (figures: Figures | null, amount: (figures: Figures) => number): number | null =>
	figures && figures.seconds !== null && figures.seconds > 0 ? rounded(amount(figures) / figures.seconds) : null;

/** Amount per call in a span; null without a call. */
export const perCall = (figures: Figures | null, amount: (figures: Figures) => number): number | null =>
	figures && figures.calls > 0 ? rounded(amount(figures) / figures.calls) : null;

const costOf = ({before, after, change}: Compared, {fresh, ms}: Running): Pick<ComparedRow, 'factor' | 'added'> => {
	const [calls, exec, seconds] = [(after?.calls ?? 0) + fresh, (after?.exec ?? 0) + ms, after?.seconds ?? null];
	const mean = meanOf(before);
	const share = (value: number): number | null => (seconds !== null && seconds > 0 ? rounded(value / seconds) : null);
	if (change === 'GONE' || change === 'GONE?') return {factor: null, added: rateOf(before, each => -each.exec)};
	if (mean === null) return {factor: null, added: before ? null : share(exec)};
	if (calls === 0) return {factor: null, added: null};
	return {factor: mean > 0 ? rounded(exec / calls / mean) : null, added: share(exec - calls * mean)};
};

/** An entry that is no longer there, as the pane would show it. */
const formerRow = (entry: Statement, query: string | null, datname: string): StatementRow => ({
	name: entryName(entry),
	entry,
	query,
	bytes: null,
	datname,
	delta: null,
	seconds: null,
	loadShare: null,
});

const worstFirst = (a: ComparedRow, b: ComparedRow): number =>
	(b.added ?? Number.NEGATIVE_INFINITY) - (a.added ?? Number.NEGATIVE_INFINITY) || (a.name < b.name ? -1 : 1);

/** Statements that ran after the mark, that run, or that no longer do, the most additional time first. */
export const comparedRows = remembered((mark: Moment, sample: Sample, past: Past): readonly ComparedRow[] => {
	const comparison = comparisonWith(mark, sample, past);
	if (!comparison) return [];
	const known = new Map(statementRows(sample, past).map(row => [row.name, row]));
	const texts = new Map(rowsOf(mark.sample, statementTexts).map(row => [row.queryid, row.query]));
	const databases = databaseNamesOf(sample);
	const running = runningIn(sample, mark.sample.at);
	return comparison.statements
		.flatMap((compared): readonly ComparedRow[] => {
			const {entry, before, after} = compared;
			const name = entryName(entry);
			const now = running?.get(name) ?? none;
			const change = now.sessions > 0 && compared.change?.startsWith('GONE') ? null : compared.change;
			if ((after?.calls ?? 0) === 0 && now.sessions === 0 && change === null) return [];
			const row =
				known.get(name) ??
				formerRow(entry, texts.get(entry.queryid ?? '') ?? null, databases.get(entry.dbid) ?? String(entry.dbid));
			const cost = costOf({...compared, change}, now);
			return [{...row, before, after, change, running: running ? now.sessions : null, ...cost}];
		})
		.sort(worstFirst);
});

// Three times slower is the change that people notice; a few calls prove nothing, nor does time that no session waits for.
const slowFactor = 3;
const leastCalls = 3;
const leastAddedMs = 5;

/** True if a statement got at least three times slower since the mark, and that costs time. */
export const isSlower = ({factor, added, after, running}: ComparedRow): boolean =>
	factor !== null &&
	factor >= slowFactor &&
	(after?.calls ?? 0) + (running ?? 0) >= leastCalls &&
	(added === null || added >= leastAddedMs);

/** Sentences about the statistics that a comparison could not rely on; empty if it could. */
export const doubtsAbout = ({reset, evicted, restarted}: Comparison): readonly string[] => [
	...(reset === null ? [] : [`pg_stat_statements was reset at ${reset.slice(11, 19)}: after counts from then.`]),
	...(evicted === 0
		? []
		: [`Entries were evicted since the mark (${evicted}): NEW? and GONE? may be their work; raise pg_stat_statements.max.`]),
	...(restarted === 0 ? [] : [`${restarted} began again since the mark: their counts after it are minimums.`]),
];
