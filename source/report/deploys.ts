import type {Bookmark} from '../core/history/moment.ts';
import {redacted} from '../core/sql/redact.ts';
import {msOf} from '../core/values/instant.ts';
import {rounded} from '../core/values/units.ts';
import {type ComparedRow, comparedRows, doubtsAbout, meanOf, rateOf} from '../panes/statements/compared-rows.ts';
import {comparisonWith} from '../panes/statements/comparison.ts';
import type {Deploy, Mark} from './report.ts';
import type {Step} from './step.ts';

const mostRows = 10;

type Watched = {readonly mark: Mark; moment: Bookmark | undefined; last: Step | undefined};

/** Collects, for each mark, the statements before it and after it, until the next mark or the end. */
export const collectDeploys = (withLiterals: boolean) => {
	let watched: readonly Watched[] = [];

	const mark = (next: Mark): void => {
		watched = [...watched, {mark: next, moment: undefined, last: undefined}].sort((a, b) => msOf(a.mark.at) - msOf(b.mark.at));
	};

	const addStep = (step: Step): void => {
		const {sample, past} = step;
		const current = watched.findLast(({mark: {at}}) => msOf(at) <= msOf(sample.at));
		if (!current) return;
		// The mark is the last moment before it; the first sample stands for a mark of its time.
		const {name} = current.mark;
		if (!current.moment) {
			current.moment = {sample, before: [], name};
			// What was read around the mark is remembered from here, before memory drops it.
			comparisonWith(current.moment, sample, past);
		} else if (!current.last) comparisonWith(current.moment, sample, past);
		current.last = step;
	};

	const rowOf = ({entry, query, datname, before, after, change, factor, running}: ComparedRow): Deploy['rows'][number] => ({
		queryid: entry.queryid,
		query: query === null || withLiterals ? query : redacted(query),
		user: entry.usename,
		database: datname,
		change,
		factor,
		mean_exec_ms_before: roundedOrNull(meanOf(before)),
		mean_exec_ms_after: roundedOrNull(meanOf(after)),
		calls_per_second_before: rateOf(before, ({calls}) => calls),
		calls_per_second_after: rateOf(after, ({calls}) => calls),
		running,
	});

	const result = (): readonly Deploy[] =>
		watched.flatMap(({mark: {at, name}, moment, last}): readonly Deploy[] => {
			if (!moment || !last) return [];
			const comparison = comparisonWith(moment, last.sample, last.past);
			return [
				{
					at,
					name: name ?? null,
					from: comparison?.from ?? null,
					to: comparison?.until ?? null,
					doubts: comparison ? doubtsAbout(comparison) : ['pg_stat_statements was not read around the mark.'],
					rows: comparedRows(moment, last.sample, last.past).slice(0, mostRows).map(rowOf),
				},
			];
		});
	return {mark, addStep, result};
};

const roundedOrNull = (value: number | null): number | null => (value === null ? null : rounded(value));
