import {clean} from '../../../core/text/clean.ts';
import {percent, shortCount} from '../../../core/values/units.ts';
import {sequenceRows} from '../../../panes/databases/sequence.ts';
import {sequences} from '../../../queries/storage/sequences.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const mostFindings = 5;

/** Sequences that are about to end. */
export const sequenceEnd = defineRule({
	id: 'sequence-end',
	help: 'A sequence of the connected database that nears its last value, or that of the integer column it fills: then inserts fail. Read every five minutes; of more than 500 sequences, those of the tables with most inserts.',
	queries: [sequences],
	find: oncePerAnswers([sequences], (sample, _, limits) =>
		sequenceRows(sample)
			.flatMap(row => {
				const severity = severityOf(row.sequence_ratio, limits.sequence_ratio);
				return severity ? [{row, severity}] : [];
			})
			.slice(0, mostFindings)
			.map(({row, severity}) => ({
				subject: row.sequence,
				severity,
				weight: row.sequence_ratio,
				summary: clean(
					`${row.sequence} has ${shortCount(row.values_left)} values left: ${percent(row.sequence_ratio)} are used.`,
				),
				evidence: clean(
					`Last value ${row.last_value} of ${row.end_value}${row.column === null ? '' : `; it fills ${row.column}${row.data_type === null ? '' : ` (${row.data_type})`}`}.`,
				),
				pid: null,
				leads: {pane: 'databases', identity: `sequence ${row.sequence}`},
				action:
					'Change the column and the sequence to bigint: ALTER TABLE rewrites the table under ACCESS EXCLUSIVE, so plan it, or fill a new column.',
			})),
	),
});
