import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {indexRows} from '../../../panes/indexes/rows.ts';
import {indexUsage, scanCounters} from '../../../queries/storage/index-usage.ts';
import {indexes, invalidIndexes} from '../../../queries/storage/indexes.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {severityOf} from '../../thresholds.ts';

/** Indexes without a scan for a week, if they are large together. */
export const unusedIndexes = defineRule({
	id: 'unused-indexes',
	help: 'Indexes without a scan since the counters were reset, at least a week ago, that are large together.',
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
				? `Unused index ${largest.indexrelname} on ${qualified(largest)} takes ${bytes(all)}.`
				: `${unused.length} unused indexes take ${bytes(all)}; the largest is ${largest.indexrelname} on ${qualified(largest)}.`;
		return [
			{
				subject: 'unused',
				severity,
				weight: all,
				summary: clean(what),
				evidence: `No scan was counted${since === null ? '' : ` for ${duration(since)}`}.${elsewhere}`,
				pid: null,
				leads: {pane: 'indexes', identity: `index ${largest.oid}`},
				action: 'b lists them all. DROP INDEX CONCURRENTLY those that nothing needs.',
			},
		];
	}),
});
