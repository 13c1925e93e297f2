import {setImmediate as turn} from 'node:timers/promises';
import {type Decoded, decoding, type Query, type RawRow} from '../../core/sample/query.ts';

// As long as a key may wait unseen; so many rows of thirty columns are decoded in that.
const rowsATurn = 500;

/** Decodes an answer as `decode` does, in slices between which keys and other answers have their turn. */
export const decodeInSlices = async (query: Query, raw: readonly RawRow[], previous: Decoded | undefined): Promise<Decoded> => {
	const {take, decoded} = decoding(query, previous);
	for (let from = 0; from < raw.length; from += rowsATurn) {
		if (from > 0) await turn();
		take(raw.slice(from, from + rowsATurn));
	}
	return decoded();
};
