import {type Answer, answerOf, baseOf, lastUntil, type Past} from '../../core/history/past.ts';
import {remembered} from '../../core/sample/remembered.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import {databaseNames, sessions} from '../../queries/activity/sessions.ts';
import {
	type Statement,
	type StatementText,
	statementInfo,
	statements,
	statementTexts,
} from '../../queries/activity/statements.ts';
import {rowsOf} from '../reading/answers.ts';
import {statementOf} from '../reading/statement.ts';
import {type Delta, deltasBetween, entryName} from './rates.ts';

/** Statement with its text and recent activity; unknown values are null. */
export type StatementRow = {
	readonly name: string;
	readonly entry: Statement;
	readonly query: string | null;
	/** Bytes of the whole text, even if only its beginning was read. */
	readonly bytes: number | null;
	readonly datname: string;
	/** Activity between the last two answers, which are `seconds` apart. */
	readonly delta: Delta | null;
	readonly seconds: number | null;
	readonly loadShare: number | null;
};

type Names = Answer<{readonly datid: number; readonly datname: string; readonly connectable: boolean}>;

/** Order by total execution time, longest first. */
export const byTotal = (a: StatementRow, b: StatementRow): number => b.entry.total_exec_time - a.entry.total_exec_time;

const rowsFrom = remembered(
	(
		now: Answer<Statement>,
		then: Answer<Statement> | undefined,
		reset: Instant | null,
		texts: Answer<StatementText> | undefined,
		names: Names | undefined,
		first: Sample,
	): readonly StatementRow[] => {
		const read = new Map(texts?.rows.map(row => [row.queryid, row]));
		const running = runningTexts(first);
		const databases = new Map(names?.rows.map(({datid, datname}) => [datid, datname]));
		const deltas = deltasBetween(then, now, reset);
		const rows = now.rows.map((entry, index): StatementRow => {
			const {queryid} = entry;
			const text = queryid === null ? undefined : read.get(queryid);
			const delta = deltas?.of(entry) ?? null;
			return {
				name: queryid === null ? `hidden ${index}` : entryName(entry),
				entry,
				query: queryid === null ? null : (text?.query ?? running.get(queryid) ?? null),
				bytes: text?.query_bytes ?? null,
				datname: databases.get(entry.dbid) ?? String(entry.dbid),
				delta,
				seconds: deltas?.seconds ?? null,
				loadShare: delta && deltas && deltas.exec > 0 ? delta.exec / deltas.exec : null,
			};
		});
		// Entries come in order of total execution time, which idle ones keep.
		const busy = rows.filter(({loadShare}) => loadShare !== null && loadShare > 0);
		const idle = rows.filter(({loadShare}) => loadShare === 0);
		const unknown = rows.filter(({loadShare}) => loadShare === null);
		return [...busy.sort((a, b) => (b.loadShare ?? 0) - (a.loadShare ?? 0)), ...idle, ...unknown];
	},
);

/** Statements of sessions by query id: the only texts of statements whose own text is not read yet. */
const runningTexts = (sample: Sample): ReadonlyMap<string, string> => {
	const texts = new Map<string, string>();
	for (const session of rowsOf(sample, sessions)) {
		const query = statementOf(session);
		if (session.query_id !== null && query !== null) texts.set(session.query_id, query);
	}
	return texts;
};

/** First sample with the same statements, so that texts taken from its sessions do not change from sample to sample. */
const firstWith = (sample: Sample, past: Past): Sample => {
	const answer = sample.results[statements.name];
	let first = sample;
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index) as Sample;
		if (earlier.results[statements.name] !== answer) break;
		first = earlier;
	}
	return first;
};

/**
 * Statements of a sample, the largest recent load first. They are made once per answer and in the pane's own order: sorting
 * thousands of them in every sample then has nothing to do.
 */
export const statementRows = (sample: Sample, past: Past): readonly StatementRow[] => {
	const now = answerOf(sample, statements);
	if (!now) return [];
	return rowsFrom(
		now,
		baseOf(sample, past, statements),
		rowsOf(sample, statementInfo)[0]?.stats_reset ?? null,
		answerOf(sample, statementTexts),
		answerOf(sample, databaseNames),
		firstWith(sample, past),
	);
};
