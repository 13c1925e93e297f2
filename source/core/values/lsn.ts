/** Byte position of an LSN (`16/B374D848`) in the WAL stream, exact below 2^53; null if unknown. */
export const positionOf = (lsn: string | null): number | null => {
	const parts = /^([0-9A-F]+)\/([0-9A-F]+)$/.exec(lsn ?? '');
	return parts ? Number.parseInt(parts[1] ?? '', 16) * 2 ** 32 + Number.parseInt(parts[2] ?? '', 16) : null;
};

/** Bytes of WAL from one LSN to another, at least 0 because the two are not read at once; null if either is unknown. */
export const bytesBetween = (from: string | null, to: string | null): number | null => {
	const start = positionOf(from);
	const end = positionOf(to);
	return start === null || end === null ? null : Math.max(0, end - start);
};

/** Number of the WAL segment that an LSN is in. */
export const segmentOf = (lsn: string | null, segmentBytes: number): number | null => {
	const position = positionOf(lsn);
	return position === null ? null : Math.floor(position / segmentBytes);
};

/** Number of the WAL segment in a file, by its name (`000000010000000A000000FF`, also with a suffix); null for other files. */
export const segmentNamed = (file: string | null, segmentBytes: number): number | null => {
	const parts = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})/.exec(file ?? '');
	return parts ? Number.parseInt(parts[1] ?? '', 16) * (2 ** 32 / segmentBytes) + Number.parseInt(parts[2] ?? '', 16) : null;
};

/** Timeline of a WAL file, by its name; null for other files. */
export const timelineNamed = (file: string | null): number | null =>
	/^[0-9A-F]{24}/.test(file ?? '') ? Number.parseInt((file ?? '').slice(0, 8), 16) : null;
