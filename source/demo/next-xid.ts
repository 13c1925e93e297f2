import {closeSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type {Server} from './server.ts';

// Transactions whose commit status is in one segment of pg_xact.
const xidsPerSegment = 2 ** 20;

const pageBytes = 8192;
// WAL segments of the demo clusters have 1 MB; 4096 of them share the middle number of their names.
const segmentBytes = 2 ** 20;
const segmentsPerName = 2 ** 32 / segmentBytes;

// Offsets in ControlFileData and in the WAL record of a checkpoint, the same from 13 on.
const lsnInControl = 32;
const timelineInControl = 48;
const mostControlBytes = 512;
const headerBytes = 24;
const checksumInRecord = 20;

/** Offsets of the next XID in ControlFileData and in the WAL record of a checkpoint. */
type XidOffsets = {readonly control: number; readonly record: number};

// The checkpoint of 19 has one more flag before the XID, which is aligned to 8 bytes.
const xidOffsetsOf = (version: number): XidOffsets => (version >= 19 ? {control: 72, record: 58} : {control: 64, record: 50});

const remainders = Uint32Array.from({length: 256}, (_, byte) => {
	let sum = byte;
	for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
	return sum;
});

/** CRC-32C, the checksum of WAL records. */
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

/** Writes the XID into the record of the checkpoint; false if the record spans two pages. */
const intoRecord = (path: string, at: number, nextXid: bigint, offset: number): boolean =>
	withFile(path, file => {
		const page = Buffer.alloc(pageBytes - (at % pageBytes));
		readSync(file, page, 0, page.length, at);
		const length = page.length < headerBytes ? Number.POSITIVE_INFINITY : page.readUInt32LE(0);
		if (length > page.length) return false;
		const record = page.subarray(0, length);
		const checksum = () => crc32c(Buffer.concat([record.subarray(headerBytes), record.subarray(0, checksumInRecord)]));
		if (record.readUInt32LE(checksumInRecord) !== checksum())
			throw new Error('The WAL has no checkpoint record at the position in pg_control.');
		record.writeBigUInt64LE(nextXid, offset);
		record.writeUInt32LE(checksum(), checksumInRecord);
		writeSync(file, record, 0, length, at);
		return true;
	});

/** Writes the XID into the copy of the checkpoint in pg_control, which 15 and later read. */
const intoControl = (path: string, control: Buffer, nextXid: bigint, offset: number): void => {
	// The data before the checksum grew from version to version.
	let end = offset;
	do {
		end += 4;
		if (end > mostControlBytes) throw new Error('No checksum found in pg_control.');
	} while (control.readUInt32LE(end) !== crc32c(control.subarray(0, end)));
	control.writeBigUInt64LE(nextXid, offset);
	control.writeUInt32LE(crc32c(control.subarray(0, end)), end);
	withFile(path, file => writeSync(file, control, 0, end + 4, 0));
};

/** Writes the XID into a cluster that was shut down; false, with nothing written, if its checkpoint spans two pages. */
const write = ({directory, version}: Server, nextXid: bigint): boolean => {
	const offsets = xidOffsetsOf(version);
	const controlPath = join(directory, 'global', 'pg_control');
	const control = readFileSync(controlPath);
	const lsn = control.readBigUInt64LE(lsnInControl);
	const segment = Number(lsn / BigInt(segmentBytes));
	const name = [control.readUInt32LE(timelineInControl), Math.floor(segment / segmentsPerName), segment % segmentsPerName];
	const wal = join(directory, 'pg_wal', name.map(hex).join(''));
	if (!intoRecord(wal, Number(lsn % BigInt(segmentBytes)), nextXid, offsets.record)) return false;
	intoControl(controlPath, control, nextXid, offsets.control);
	return true;
};

/**
 * Stops a server, sets its next transaction ID, and starts it again, like `pg_resetwal -x`, which the packaged PostgreSQL lacks: the
 * XID is written into the checkpoint that the server starts from. It is the first of a segment of pg_xact (a million each), so that
 * the server creates the file. Throws if the layout of the cluster is unexpected.
 */
export const skipXidsTo = async (server: Server, segment: number): Promise<void> => {
	await server.stop();
	// After another start and stop the checkpoint is elsewhere.
	while (!write(server, BigInt(segment * xidsPerSegment))) {
		await server.restart();
		await server.stop();
	}
	await server.restart();
};
