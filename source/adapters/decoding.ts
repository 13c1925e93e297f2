import {setImmediate as turn} from 'node:timers/promises';
import {type Decoded, decode, type Query, type RawRow} from '../core/query.ts';

// As long as a key may wait unseen; so many rows of thirty columns are decoded in that.
const rowsATurn = 1000;

/** Decodes an answer as `decode` does, in slices between which keys and other answers have their turn. */
export const decodeInSlices = async (query: Query, raw: readonly RawRow[], previous: Decoded | undefined): Promise<Decoded> => {
	if (raw.length <= rowsATurn) return decode(query, raw, previous);
	const rows: Decoded['rows'][number][] = [];
	const byKey = new Map<string, {readonly raw: RawRow; readonly row: Decoded['rows'][number]}>();
	for (let from = 0; from < raw.length; from += rowsATurn) {
		if (from > 0) await turn();
		const slice = decode(query, raw.slice(from, from + rowsATurn), previous);
		for (const row of slice.rows) rows.push(row);
		for (const [key, entry] of slice.byKey) byKey.set(key, entry);
	}
	return {rows, byKey};
};
