import type {Attribute} from './attribute.ts';

/** Average size of a row: bytes rounded up to a multiple of eight, and whether rows differ in length. */
export type Tuple = {readonly bytes: number; readonly varies: boolean};

const maxAlign = 8;
const headerBytes = 23;
// Up to this length a value has a length word of one byte, and no alignment.
const shortBytes = 127;

const aligned = (bytes: number): number => Math.ceil(bytes / maxAlign) * maxAlign;

/**
 * Average length of the data of some columns, which begins at a multiple of eight, with its padding (access/tupmacs.h,
 * heap_compute_data_size). Only the average width of a column is known, so for values that carry their own length the probability
 * of each of the eight offsets between two multiples is tracked: it decides the padding before the next column.
 */
const dataBytes = (attributes: readonly Attribute[]): number => {
	let bytes = 0;
	// Up to the first column that varies between rows there is one offset only.
	let index = 0;
	while (index < attributes.length) {
		const {length, alignment, nulls} = attributes[index] as Attribute;
		if (length <= 0 || (nulls ?? 0) > 0) break;
		bytes = Math.ceil(bytes / alignment) * alignment + length;
		index++;
	}
	let ends = new Array<number>(maxAlign).fill(0);
	ends[bytes % maxAlign] = 1;
	for (; index < attributes.length; index++) {
		const {length, alignment, width, nulls} = attributes[index] as Attribute;
		const present = 1 - (nulls ?? 0);
		if (present <= 0) continue;
		const average = length > 0 ? length : (width ?? 0);
		const step = length > 0 || average > shortBytes ? alignment : 1;
		// Values with a long average vary more than those with an average of a few bytes.
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
 * Size of a heap row of these columns: header, null bitmap in rows that have one, and data (HeapTupleHeaderData in
 * access/htup_details.h). Dropped columns are null in every row.
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

/** Size of an index entry of these columns (IndexTupleData in access/itup.h); none may be null. */
export const indexTuple = (attributes: readonly Attribute[]): Tuple => ({
	bytes: indexHeaderBytes + dataBytes(attributes),
	varies: attributes.some(({length}) => length < 0),
});
