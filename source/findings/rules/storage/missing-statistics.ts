import {answerOf} from '../../../core/history/past.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {shortCount} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {type Table, tables} from '../../../queries/tables.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

/** Large tables that were never analyzed: plans for them are guesses. Told as one, by the largest of them. */
export const missingStatistics = defineRule({
	id: 'missing-statistics',
	help: 'Large tables that were filled and never analyzed, so that plans for them are guesses.',
	queries: [tables],
	find: oncePerAnswers([tables], (sample, _, limits) => {
		const never = (answerOf<Table>(sample, tables)?.rows ?? [])
			.filter(table => isUnanalyzed(table) && severityOf(table.n_live_tup, limits.unanalyzed_rows))
			.sort((a, b) => (b.n_live_tup ?? 0) - (a.n_live_tup ?? 0) || a.relid - b.relid);
		const [largest, ...others] = never;
		const severity = largest && severityOf(largest.n_live_tup, limits.unanalyzed_rows);
		if (!largest || !severity) return [];
		const more = others.length === 0 ? '' : `, and neither were ${plural(others.length, 'other large table')}`;
		return [
			{
				subject: String(largest.relid),
				severity,
				weight: largest.n_live_tup ?? 0,
				summary: clean(`${qualified(largest)} with ${shortCount(largest.n_live_tup ?? 0)} rows was never analyzed${more}.`),
				evidence: 'Plans for it rest on guesses until ANALYZE has looked at its columns.',
				pid: null,
				leads: {pane: 'bloat', identity: String(largest.relid)},
				action: 'A analyzes it.',
			},
		];
	}),
});

// A crash resets the counters but not the statistics: what is counted then came since. A table was filled since it is counted where
// about as many rows changed as there are.
const isUnanalyzed = ({relkind, last_analyze, last_autoanalyze, n_live_tup, n_mod_since_analyze}: Table): boolean =>
	relkind !== 'p' &&
	last_analyze === null &&
	last_autoanalyze === null &&
	(n_mod_since_analyze ?? 0) >= (n_live_tup ?? 0) * changedPart;

const changedPart = 0.5;
