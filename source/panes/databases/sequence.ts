import {above, count, ratio, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {shortCount} from '../../core/values/units.ts';
import {type Sequence, sequences} from '../../queries/storage/sequences.ts';
import {rowsOf} from '../reading/answers.ts';
import {danger, defineSection, remarksOf, type SectionRow, sectionColumn} from '../reading/sections.ts';

/** Sequence that has used up half of its values, or more. */
export type SequenceRow = SectionRow & {
	readonly sequence: string;
	readonly column: string | null;
	readonly data_type: string | null;
	readonly last_value: number;
	readonly end_value: number;
	readonly sequence_ratio: number;
	readonly values_left: number;
};

// As the default levels of the rule sequence-end.
const warnFrom = 0.85;
const dangerFrom = 0.95;
const shownFrom = 0.5;
const mostShown = 50;

/** Used share of the values between start and end; null if the last value is unknown. */
const usedOf = ({last_value: last, start_value: start, end_value: end}: Sequence): number | null =>
	last === null || start === end ? null : Math.max(0, (last - start) / (end - start));

/** Sequences of the connected database that are half used, the fullest first. */
export const sequenceRows = (sample: Sample): readonly SequenceRow[] =>
	rowsOf(sample, sequences)
		.flatMap((row): readonly SequenceRow[] => {
			const used = usedOf(row);
			if (used === null || row.last_value === null || used < shownFrom) return [];
			return [
				{
					section: 'sequence',
					sequence: row.sequence,
					column: row.attname === null ? null : `${row.relation}.${row.attname}`,
					data_type: row.data_type,
					last_value: row.last_value,
					end_value: row.end_value,
					sequence_ratio: used,
					values_left: Math.max(0, Math.floor((row.end_value - row.last_value) / row.increment)),
				},
			];
		})
		.sort((a, b) => b.sequence_ratio - a.sequence_ratio)
		.slice(0, mostShown);

/** Section of sequences that have used up half of their values. */
export const sequenceSection = defineSection<SequenceRow>({
	id: 'sequence',
	title: 'Sequences half used',
	rows: sequenceRows,
	name: row => row.sequence,
	columns: [
		text('sequence', 'Sequence of the connected database that has used half of its values.', row => row.sequence, {
			keep: 99,
			width: {min: 16, max: 40},
		}),
		sectionColumn,
		ratio('sequence_ratio', 'Used share of its values, or of those of its column.', row => row.sequence_ratio, {
			title: 'USED',
			keep: 95,
			tone: above(warnFrom, dangerFrom),
		}),
		count('values_left', 'Values left until nextval or the column fails.', row => row.values_left, {
			title: 'LEFT',
			keep: 90,
			width: {min: 8},
			format: value => shortCount(Number(value)),
		}),
		count('last_value', 'Last value.', row => row.last_value, {title: 'LAST VALUE', keep: 80, width: {min: 12}}),
		count('end_value', 'Largest value of the sequence or of its column.', row => row.end_value, {
			title: 'END',
			keep: 70,
			width: {min: 12},
		}),
		text('data_type', 'Type of the column that it fills.', row => row.data_type, {keep: 60, width: {min: 8, max: 16}}),
		text('column', 'Column that it fills.', row => row.column, {keep: 85, width: {min: 12, max: 50, grow: true}}),
	],
	remarks: row =>
		remarksOf([
			row.sequence_ratio >= warnFrom &&
				danger('Inserts fail when it ends: change column and sequence to bigint while there is time.'),
		]),
});
