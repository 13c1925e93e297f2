import {answerOf} from '../../../core/history/past.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {bytes} from '../../../core/values/units.ts';
import {qualified} from '../../../panes/bloat/table-row.ts';
import {type InvalidIndex, invalidIndexes} from '../../../queries/indexes.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

/** Indexes that a build left behind: no query uses them. Told as one, by the worst of them. */
export const brokenIndexes = defineRule({
	id: 'broken-indexes',
	help: 'Indexes that a failed CREATE INDEX CONCURRENTLY or REINDEX left: no query uses them, though writes may maintain them.',
	queries: [invalidIndexes],
	find: oncePerAnswers([invalidIndexes], sample => {
		// Of a partitioned one the partitions' indexes are used all the same.
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
		const more = others.length === 0 ? '' : `, and ${plural(others.length, 'other')} as well`;
		return [
			{
				subject: String(first.indexrelid),
				severity: first.indisready ? 'warning' : 'notice',
				weight: left.length,
				summary: clean(`The index ${first.indexrelname} of ${qualified(first)} is not valid: no query uses it${more}.`),
				evidence: `${first.indisready ? 'Every write maintains it' : 'Writes do not maintain it'}${first.index_bytes === null ? '' : `; it takes ${bytes(first.index_bytes)}`}.`,
				pid: null,
				leads: {pane: 'indexes', identity: `index ${first.indexrelid}`},
				action: 'F9 offers REINDEX CONCURRENTLY; where it is a copy (_ccnew, _ccold), drop it.',
			},
		];
	}),
});
