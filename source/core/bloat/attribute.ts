/**
 * A column as stored, in column order: `length` in bytes if all values have the same, -1 if each carries its own; the power of two
 * at which it is aligned; from statistics, its average width with the length word and its fraction of nulls, both null without
 * statistics. `doubt` is the reason why old rows may still hold a value of a dropped column, or may lack one of a column added with
 * a default.
 */
export type Attribute = {
	readonly number: number;
	readonly length: number;
	readonly alignment: 1 | 2 | 4 | 8;
	readonly width: number | null;
	readonly nulls: number | null;
	readonly doubt: 'dropped' | 'added' | undefined;
};

/** Arrays that the server builds from a table's columns, all in the same order. */
type Columns = {
	readonly numbers: string;
	readonly alignments: string;
	readonly lengths: string;
	readonly widths: string | null;
	readonly nulls: string | null;
};

const alignments: Readonly<Record<string, Pick<Attribute, 'alignment' | 'doubt'>>> = {
	c: {alignment: 1, doubt: undefined},
	s: {alignment: 2, doubt: undefined},
	i: {alignment: 4, doubt: undefined},
	d: {alignment: 8, doubt: undefined},
	C: {alignment: 1, doubt: 'dropped'},
	S: {alignment: 2, doubt: 'dropped'},
	I: {alignment: 4, doubt: 'dropped'},
	D: {alignment: 8, doubt: 'dropped'},
	'1': {alignment: 1, doubt: 'added'},
	'2': {alignment: 2, doubt: 'added'},
	'4': {alignment: 4, doubt: 'added'},
	'8': {alignment: 8, doubt: 'added'},
};

const numbersOf = (array: string | null): readonly (number | null)[] =>
	array === null ? [] : array.slice(1, -1).split(',').map(numberOf);

const numberOf = (element: string): number | null => (element === 'NULL' ? null : Number(element));

/** Columns of a table in their physical order. */
export const attributesOf = (columns: Columns): readonly Attribute[] => {
	const lengths = numbersOf(columns.lengths);
	const widths = numbersOf(columns.widths);
	const nulls = numbersOf(columns.nulls);
	return numbersOf(columns.numbers)
		.map((number, place): Attribute => {
			const entry = alignments[columns.alignments.charAt(place)] ?? {alignment: 8, doubt: undefined};
			return {
				number: number ?? 0,
				length: lengths[place] ?? -1,
				alignment: entry.alignment,
				width: widths[place] ?? null,
				nulls: nulls[place] ?? null,
				doubt: entry.doubt,
			};
		})
		.sort((a, b) => a.number - b.number);
};
