import {closeSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type {Server} from './server.ts';

// Whose commit status one segment of pg_xact holds.
const xidsPerSegment = 2 ** 20;

const pageBytes = 8192;
// WAL segments of our clusters have 1 MB, of which 4096 make one number in their names.
const segmentBytes = 2 ** 20;
const segmentsPerName = 2 ** 32 / segmentBytes;

// Of ControlFileData, and of a WAL record that is a checkpoint, the same from 13 to 18.
const lsnInControl = 32;
const timelineInControl = 48;
const nextXidInControl = 64;
const mostControlBytes = 512;
const headerBytes = 24;
const checksumInRecord = 20;
const nextXidInRecord = 50;

const remainders = Uint32Array.from({length: 256}, (_, byte) => {
	let sum = byte;
	for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
	return sum;
});

/** CRC-32C, as PostgreSQL protects its WAL with it. */
const crc32c = (bytes: Uint8Array): number => {
	let sum = 0xffff_ffff;
	for (const byte of bytes) sum = (sum >>> 8) ^ (remainders[(sum ^ byte) & 0xff] ?? 0);
	return (sum ^ 0xffff_ffff) >>> 0;
};

const hex = (part: number): string => part.toString(16).toUpperCase().padStart(8, '0');

const withFile = <T>(path: string, use: (file: number) => T): T => {
	const file = openSync(path, 'r+');
	try {
		return use(file);
	} finally {
		closeSync(file);
	}
};

/** Writes the id into the checkpoint's own record; false where that lies across two pages. */
const intoRecord = (path: string, at: number, nextXid: bigint): boolean =>
	withFile(path, file => {
		const page = Buffer.alloc(pageBytes - (at % pageBytes));
		readSync(file, page, 0, page.length, at);
		const length = page.length < headerBytes ? Number.POSITIVE_INFINITY : page.readUInt32LE(0);
		if (length > page.length) return false;
		const record = page.subarray(0, length);
		const checksum = () => crc32c(Buffer.concat([record.subarray(headerBytes), record.subarray(0, checksumInRecord)]));
		if (record.readUInt32LE(checksumInRecord) !== checksum()) throw new Error('There is no checkpoint where the cluster says.');
		record.writeBigUInt64LE(nextXid, nextXidInRecord);
		record.writeUInt32LE(checksum(), checksumInRecord);
		writeSync(file, record, 0, length, at);
		return true;
	});

/** Writes the id into the copy of the checkpoint in pg_control, from where 15 and later take it. */
const intoControl = (path: string, control: Buffer, nextXid: bigint): void => {
	// What stands before the checksum grew with the versions.
	let end = nextXidInControl;
	do {
		end += 4;
		if (end > mostControlBytes) throw new Error('pg_control has no checksum where it could be.');
	} while (control.readUInt32LE(end) !== crc32c(control.subarray(0, end)));
	control.writeBigUInt64LE(nextXid, nextXidInControl);
	control.writeUInt32LE(crc32c(control.subarray(0, end)), end);
	withFile(path, file => writeSync(file, control, 0, end + 4, 0));
};

/** Writes the id into the cluster, which was shut down; false, and nothing was written, where its checkpoint lies across two pages. */
const write = (directory: string, nextXid: bigint): boolean => {
	const controlPath = join(directory, 'global', 'pg_control');
	const control = readFileSync(controlPath);
	const lsn = control.readBigUInt64LE(lsnInControl);
	const segment = Number(lsn / BigInt(segmentBytes));
	const name = [control.readUInt32LE(timelineInControl), Math.floor(segment / segmentsPerName), segment % segmentsPerName];
	const wal = join(directory, 'pg_wal', name.map(hex).join(''));
	if (!intoRecord(wal, Number(lsn % BigInt(segmentBytes)), nextXid)) return false;
	intoControl(controlPath, control, nextXid);
	return true;
};

/**
 * Stops a server, lets it give out another transaction id next, and starts it again, as `pg_resetwal -x` would, which the packaged
 * PostgreSQL comes without: the id is written into the checkpoint that the server starts from. It is the first of a segment of
 * pg_xact, a million a segment, so that the server itself makes the file. Throws where the cluster is not laid out as expected.
 */
export const skipXidsTo = async (server: Server, segment: number): Promise<void> => {
	await server.stop();
	// After another start and stop the checkpoint lies elsewhere.
	while (!write(server.directory, BigInt(segment * xidsPerSegment))) {
		await server.restart();
		await server.stop();
	}
	await server.restart();
};
