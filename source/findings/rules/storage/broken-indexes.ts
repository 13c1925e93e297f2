import {answerOf} from '../../../core/history/past.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {bytes} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {type InvalidIndex, invalidIndexes} from '../../../queries/storage/indexes.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

/** Invalid indexes that a failed build left behind; one finding that names the worst. */
export const brokenIndexes = defineRule({
	id: 'broken-indexes',
	help: 'Invalid indexes left by a failed CREATE INDEX CONCURRENTLY or REINDEX: no query uses them, but writes may maintain them.',
	queries: [invalidIndexes],
	find: oncePerAnswers([invalidIndexes], sample => {
		// An invalid partitioned index does not keep queries from the indexes of its partitions.
		const left = (answerOf<InvalidIndex>(sample, invalidIndexes)?.rows ?? [])
			.filter(({building_pid, maybe_built, partitioned}) => building_pid === null && !maybe_built && !partitioned)
			.sort(
				(a, b) =>
					Number(b.indisready) - Number(a.indisready) ||
					(b.index_bytes ?? 0) - (a.index_bytes ?? 0) ||
					a.indexrelid - b.indexrelid,
			);
		const [first, ...others] = left;
		if (!first) return [];
		const more = others.length === 0 ? '' : `; ${plural(others.length, 'other is', 'others are')} invalid too`;
		return [
			{
				subject: String(first.indexrelid),
				severity: first.indisready ? 'warning' : 'notice',
				weight: left.length,
				summary: clean(`Index ${first.indexrelname} on ${qualified(first)} is invalid: no query uses it${more}.`),
				evidence: `${first.indisready ? 'Every write maintains it' : 'Writes do not maintain it'}${first.index_bytes === null ? '' : `; it takes ${bytes(first.index_bytes)}`}.`,
				pid: null,
				leads: {pane: 'indexes', identity: `index ${first.indexrelid}`},
				action: 'F9 offers REINDEX CONCURRENTLY; drop it if it is a leftover copy (_ccnew, _ccold).',
			},
		];
	}),
});
