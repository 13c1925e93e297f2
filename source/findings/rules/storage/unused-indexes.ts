import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {indexRows} from '../../../panes/indexes/rows.ts';
import {indexUsage, scanCounters} from '../../../queries/index-usage.ts';
import {indexes, invalidIndexes} from '../../../queries/indexes.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

/** Indexes that nobody has used for a week, where together they are large. */
export const unusedIndexes = defineRule({
	id: 'unused-indexes',
	help: 'Indexes that no query used since the counters began, a week ago at least, and that take much room together.',
	queries: [indexes, indexUsage, scanCounters, invalidIndexes],
	find: oncePerAnswers([indexes, indexUsage, scanCounters], (sample, past, limits) => {
		const unused = indexRows(sample, past)
			.filter(({verdict}) => verdict?.kind === 'unused')
			.sort((a, b) => (b.index_bytes ?? 0) - (a.index_bytes ?? 0) || a.oid - b.oid);
		const [largest] = unused;
		const all = unused.reduce((sum, {index_bytes}) => sum + (index_bytes ?? 0), 0);
		const severity = severityOf(all, limits.unused_index_bytes);
		if (!largest || !severity) return [];
		const since = secondsBetween(largest.since, sample.results[indexUsage.name]?.at ?? sample.at);
		const elsewhere = largest.verdict?.text === 'unused' ? '' : ' Scans on other servers are not counted here.';
		const what =
			unused.length === 1
				? `Nobody uses the index ${largest.indexrelname} of ${qualified(largest)}, which takes ${bytes(all)}.`
				: `Nobody uses ${plural(unused.length, 'index', 'indexes')} of ${bytes(all)}, the largest ${largest.indexrelname} of ${qualified(largest)}.`;
		return [
			{
				subject: 'unused',
				severity,
				weight: all,
				summary: clean(what),
				evidence: `No scan was counted${since === null ? '' : ` for ${duration(since)}`}.${elsewhere}`,
				pid: null,
				leads: {pane: 'indexes', identity: `index ${largest.oid}`},
				action: 'b goes to it; the pane lists all of them. DROP INDEX CONCURRENTLY what really nobody needs.',
			},
		];
	}),
});
