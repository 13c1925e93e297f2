const newline = 0x0a;
const quote = 0x22;

/** Splits the bytes of a log into records: lines, or lines of CSV, whose quoted fields may hold line breaks. */
export type Records = {
	/** Records that end within these bytes, without their line break. */
	readonly push: (bytes: Uint8Array) => readonly Uint8Array[];
};

// A longer record is cut: its end is read past and not kept.
const mostBytes = 2 * 1024 * 1024;

const joined = (chunks: readonly Uint8Array[]): Uint8Array => {
	const [only] = chunks;
	if (chunks.length === 1 && only) return only;
	const all = new Uint8Array(chunks.reduce((sum, {length}) => sum + length, 0));
	let at = 0;
	for (const chunk of chunks) {
		all.set(chunk, at);
		at += chunk.length;
	}
	return all;
};

/** Creates a splitter at the start of a record. All encodings of servers have ASCII bytes for ASCII characters only. */
export const createRecords = (isQuoted: boolean): Records => {
	let chunks: Uint8Array[] = [];
	let size = 0;
	let isInside = false;
	const keep = (bytes: Uint8Array): void => {
		const part = bytes.subarray(0, Math.max(0, mostBytes - size));
		if (part.length > 0) chunks.push(part);
		size += bytes.length;
	};
	return {
		push: bytes => {
			const records: Uint8Array[] = [];
			let from = 0;
			for (let at = 0; at < bytes.length; at++) {
				const byte = bytes[at];
				if (isQuoted && byte === quote) isInside = !isInside;
				if (byte !== newline || isInside) continue;
				keep(bytes.subarray(from, at));
				records.push(joined(chunks));
				[chunks, size, from] = [[], 0, at + 1];
			}
			// A copy: the bytes belong to the caller.
			if (from < bytes.length) keep(bytes.slice(from));
			return records;
		},
	};
};

const strict = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
const latin = new TextDecoder('windows-1252');

/**
 * Text of a record. Each session writes in the encoding of its database, which the log does not say: what is not UTF-8 is read as
 * Latin-1, which at least keeps every byte.
 */
export const textOfRecord = (bytes: Uint8Array): string => {
	const last = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
	try {
		return strict.decode(last);
	} catch {
		return latin.decode(last);
	}
};
