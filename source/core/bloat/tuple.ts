import type {Attribute} from './attribute.ts';

/** What a row takes on average: its bytes up to the next multiple of eight, and whether rows differ in length. */
export type Tuple = {readonly bytes: number; readonly varies: boolean};

const maxAlign = 8;
const headerBytes = 23;
// Up to here a length word of one byte does, and such a value begins anywhere.
const shortBytes = 127;

const aligned = (bytes: number): number => Math.ceil(bytes / maxAlign) * maxAlign;

/**
 * The average length of the data of some columns that begins at a multiple of eight, and of the padding behind it (access/tupmacs.h,
 * heap_compute_data_size). Only the average width of a column is known, so where values carry their own length it is followed with
 * which probability the data ends at each of the eight places between two multiples: that decides on the padding before the next.
 */
const dataBytes = (attributes: readonly Attribute[]): number => {
	let bytes = 0;
	// Up to the first column that differs from row to row there is one place only.
	let known = 0;
	while (known < attributes.length) {
		const {length, alignment, nulls} = attributes[known] as Attribute;
		if (length <= 0 || (nulls ?? 0) > 0) break;
		bytes = Math.ceil(bytes / alignment) * alignment + length;
		known++;
	}
	let ends = new Array<number>(maxAlign).fill(0);
	ends[bytes % maxAlign] = 1;
	for (; known < attributes.length; known++) {
		const {length, alignment, width, nulls} = attributes[known] as Attribute;
		const present = 1 - (nulls ?? 0);
		if (present <= 0) continue;
		const average = length > 0 ? length : (width ?? 0);
		const step = length > 0 || average > shortBytes ? alignment : 1;
		// Values whose average is long differ by more than those whose average is a few bytes.
		const spread = length > 0 ? 0 : Math.min(4, Math.floor(average / 4));
		const after = ends.map(part => part * (1 - present));
		for (let place = 0; place < maxAlign; place++) {
			const part = (ends[place] as number) * present;
			if (part === 0) continue;
			const padding = (step - (place % step)) % step;
			bytes += part * (padding + average);
			const end = place + padding + Math.round(average) + maxAlign;
			for (let offset = -spread; offset <= spread; offset++) {
				const at = (end + offset) % maxAlign;
				after[at] = (after[at] as number) + part / (2 * spread + 1);
			}
		}
		ends = after;
	}
	return ends.reduce((sum, part, place) => sum + part * ((maxAlign - place) % maxAlign), bytes);
};

/**
 * What a heap row of these columns takes: header, a bitmap of nulls in rows that have one, and the data (HeapTupleHeaderData in
 * access/htup_details.h). Columns that were dropped are nulls of every row.
 */
export const heapTuple = (attributes: readonly Attribute[]): Tuple => {
	const stored = attributes.filter(({doubt}) => doubt !== 'dropped');
	const bitmap = headerBytes + Math.ceil(attributes.length / 8);
	const whole = stored.length < attributes.length ? 0 : stored.reduce((part, {nulls}) => part * (1 - (nulls ?? 0)), 1);
	return {
		bytes: whole * aligned(headerBytes) + (1 - whole) * aligned(bitmap) + dataBytes(stored),
		varies: stored.some(({length, nulls}) => length < 0 || (nulls ?? 0) > 0),
	};
};

const indexHeaderBytes = 8;

/** What an index entry of these columns takes (IndexTupleData in access/itup.h); none of them may be null. */
export const indexTuple = (attributes: readonly Attribute[]): Tuple => ({
	bytes: indexHeaderBytes + dataBytes(attributes),
	varies: attributes.some(({length}) => length < 0),
});
