import {setImmediate as turn} from 'node:timers/promises';
import {type Decoded, decoding, type Query, type RawRow} from '../../core/sample/query.ts';

// 500 rows of thirty columns decode in the time that a key may wait unnoticed.
const rowsPerSlice = 500;

/** Decodes an answer like `decode`, in slices; keys and other answers get their turn in between. */
export const decodeInSlices = async (query: Query, raw: readonly RawRow[], previous: Decoded | undefined): Promise<Decoded> => {
	const {take, decoded} = decoding(query, previous);
	for (let from = 0; from < raw.length; from += rowsPerSlice) {
		if (from > 0) await turn();
		take(raw.slice(from, from + rowsPerSlice));
	}
	return decoded();
};
