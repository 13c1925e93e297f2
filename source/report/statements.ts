import {type Answer, answerOf} from '../core/history/past.ts';
import {type Failure, type Sample, sentences} from '../core/sample/sample.ts';
import {type Instant, msOf} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {factsOf, rowsOf} from '../panes/reading/answers.ts';
import {statementOf} from '../panes/reading/statement.ts';
import {deltasBetween} from '../panes/statements/rates.ts';
import {type Statement, statementInfo, statements, statementTexts} from '../queries/activity/statements.ts';
import {databaseName} from './groups.ts';
import {activeOf} from './peak.ts';
import type {Statements} from './report.ts';
import type {Step} from './step.ts';

const mostRows = 10;
const mostTexts = 5000;

/** Collects the increments of pg_stat_statements from the first sample, or the last reset, to the last sample. */
export const collectStatements = () => {
	let base: Answer<Statement> | undefined;
	let newest: Answer<Statement> | undefined;
	let reset: Instant | null = null;
	let startedAt: Instant | null = null;
	let failure: Failure | undefined;
	let last: Sample | undefined;
	// Texts are read only for the first hundreds of entries; running sessions have the others.
	const running = new Map<string, string>();

	const addStep = ({sample}: Step): void => {
		last = sample;
		for (const session of activeOf(sample)) {
			const query = session.query_id === null || running.has(session.query_id) ? null : statementOf(session);
			if (query !== null && running.size < mostTexts) running.set(session.query_id ?? '', query);
		}
		const result = sample.results[statements.name];
		if (result?.ok === false) failure = result.error;
		const answer = answerOf(sample, statements);
		if (!answer || answer === newest) return;
		reset = rowsOf(sample, statementInfo)[0]?.stats_reset ?? null;
		// Counts from before a reset, or of another server, cannot be the base.
		const started = factsOf(sample)?.started ?? null;
		if (!base || (reset !== null && msOf(reset) > msOf(base.at)) || started !== startedAt) base = answer;
		startedAt = started;
		newest = answer;
	};

	const result = (): Statements => {
		if (!newest || !base || !last)
			return {
				ok: false,
				why:
					sentences(failure) ||
					'pg_stat_statements was not read in this period: that happens while its pane is shown, or in "pgtriage record".',
			};
		const deltas = newest === base ? undefined : deltasBetween(base, newest, reset);
		if (!deltas) return {ok: false, why: 'pg_stat_statements was read only once in this period, which gives no difference.'};
		const sample = last;
		const texts = new Map(rowsOf(sample, statementTexts).map(({queryid, query}) => [queryid, query]));
		const rows = newest.rows
			.flatMap(entry => {
				const delta = deltas.of(entry);
				return delta && delta.exec > 0 ? [{entry, delta}] : [];
			})
			.sort((a, b) => b.delta.exec - a.delta.exec)
			.slice(0, mostRows)
			.map(({entry: {queryid, usename, dbid}, delta: {calls, exec, rows: returned, read}}) => ({
				queryid,
				query: texts.get(queryid ?? '') ?? running.get(queryid ?? '') ?? null,
				user: usename,
				database: databaseName(dbid, sample) ?? '',
				calls,
				total_exec_seconds: rounded(exec / 1000),
				mean_exec_ms: calls > 0 ? rounded(exec / calls) : null,
				rows: returned,
				shared_blks_read: read,
				load_share: deltas.exec > 0 ? rounded(exec / deltas.exec) : null,
			}));
		return {ok: true, from: base.at, to: newest.at, rows};
	};
	return {addStep, result};
};
