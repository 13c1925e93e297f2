import {answerOf} from '../../../core/history/past.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {shortCount} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {type Table, tables} from '../../../queries/storage/tables.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

/** Large tables that were never analyzed; one finding that names the largest. */
export const missingStatistics = defineRule({
	id: 'missing-statistics',
	help: 'Large tables that were filled but never analyzed, so that the planner guesses.',
	queries: [tables],
	find: oncePerAnswers([tables], (sample, _, limits) => {
		const never = (answerOf<Table>(sample, tables)?.rows ?? [])
			.filter(table => isUnanalyzed(table) && severityOf(table.n_live_tup, limits.unanalyzed_rows))
			.sort((a, b) => (b.n_live_tup ?? 0) - (a.n_live_tup ?? 0) || a.relid - b.relid);
		const [largest, ...others] = never;
		const severity = largest && severityOf(largest.n_live_tup, limits.unanalyzed_rows);
		if (!largest || !severity) return [];
		const more = others.length === 0 ? '' : ` and ${plural(others.length, 'other large table')}`;
		return [
			{
				subject: String(largest.relid),
				severity,
				weight: largest.n_live_tup ?? 0,
				summary: clean(
					`${qualified(largest)} (${shortCount(largest.n_live_tup ?? 0)} rows)${more} ${more === '' ? 'was' : 'were'} never analyzed.`,
				),
				evidence: 'No statistics: run ANALYZE (A).',
				pid: null,
				leads: {pane: 'bloat', identity: String(largest.relid)},
				action: 'A analyzes it.',
			},
		];
	}),
});

// A crash resets the counters but not the statistics: the counters then cover only the time since. A table was filled while counted
// if about as many rows changed as it has.
const isUnanalyzed = ({relkind, last_analyze, last_autoanalyze, n_live_tup, n_mod_since_analyze}: Table): boolean =>
	relkind !== 'p' &&
	last_analyze === null &&
	last_autoanalyze === null &&
	(n_mod_since_analyze ?? 0) >= (n_live_tup ?? 0) * changedPart;

const changedPart = 0.5;
