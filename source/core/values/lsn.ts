/** The place of an LSN (`16/B374D848`) in the stream of WAL, in bytes; exact below 2^53. Null where it is unknown. */
export const positionOf = (lsn: string | null): number | null => {
	const parts = /^([0-9A-F]+)\/([0-9A-F]+)$/.exec(lsn ?? '');
	return parts ? Number.parseInt(parts[1] ?? '', 16) * 2 ** 32 + Number.parseInt(parts[2] ?? '', 16) : null;
};

/** Bytes of WAL from one LSN to another, not below 0 because the two are read a moment apart; null where either is unknown. */
export const bytesBetween = (from: string | null, to: string | null): number | null => {
	const start = positionOf(from);
	const end = positionOf(to);
	return start === null || end === null ? null : Math.max(0, end - start);
};

/** Which segment of WAL an LSN stands in, counted from the beginning. */
export const segmentOf = (lsn: string | null, segmentBytes: number): number | null => {
	const position = positionOf(lsn);
	return position === null ? null : Math.floor(position / segmentBytes);
};

/** Which segment a file of WAL holds, by its name (`000000010000000A000000FF`, or what was made of one); null for other files. */
export const segmentNamed = (file: string | null, segmentBytes: number): number | null => {
	const parts = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})/.exec(file ?? '');
	return parts ? Number.parseInt(parts[1] ?? '', 16) * (2 ** 32 / segmentBytes) + Number.parseInt(parts[2] ?? '', 16) : null;
};

/** The timeline of a file of WAL, by its name; null where there is none. */
export const timelineNamed = (file: string | null): number | null =>
	/^[0-9A-F]{24}/.test(file ?? '') ? Number.parseInt((file ?? '').slice(0, 8), 16) : null;
