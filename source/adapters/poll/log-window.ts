import type {LogEntry} from '../../core/serverlog/entry.ts';
import {createLogParser, type LogLayout, type LogParser} from '../../core/serverlog/parser.ts';
import type {Lane} from '../session/lane.ts';
import {type LogAccess, type LogFile, readLogBytes} from './log-access.ts';

/** What was read of a log since the last time. */
export type LogNews = {
	readonly entries: readonly LogEntry[];
	/** Entry that may still grow. */
	readonly pending: LogEntry | undefined;
	/** Bytes that were passed over, because the log grew faster than it may be read. */
	readonly skippedBytes: number;
};

/** Follows the current file of the log, across rotations. */
export type LogWindow = {
	/** Reads what is new, at most a fixed number of bytes. */
	readonly follow: (lane: Lane, access: LogAccess, file: LogFile) => Promise<LogNews>;
};

const kilobyte = 1024;
const pieceBytes = 256 * kilobyte;
const mostPieces = 4;
// The first look goes back this far, and further if not even one entry begins there.
const firstBytes = pieceBytes;
const farBytes = 2048 * kilobyte;
// More than this behind, the newest entries are worth more than those in between.
const mostBehindBytes = farBytes;
// A file that was emptied and has grown again is recognized by the bytes before the place that was reached.
const overlapBytes = 64;

/** Place in a file up to which it was read. */
type Place = {
	readonly path: string;
	readonly layout: LogLayout;
	readonly parser: LogParser;
	/** True if the window is the larger one, for entries longer than the first. */
	readonly isFar: boolean;
	offset: number;
	/** The last bytes before the offset. */
	before: Uint8Array;
	/** True once an entry was found: a window in the middle of a long entry has none. */
	hasEntries: boolean;
};

const endsWith = (bytes: Uint8Array, ending: Uint8Array): boolean =>
	bytes.length >= ending.length && ending.every((byte, index) => byte === bytes[bytes.length - ending.length + index]);

const open = ({path, format}: LogFile, {prefix, zone}: LogAccess, from: number, isFar = false): Place => {
	const layout = {format, prefix, zone, isWhole: from <= 0};
	// One byte more than wanted, so that a record which begins right there is seen to begin.
	const offset = Math.max(0, from - 1);
	return {path, layout, parser: createLogParser(layout), isFar, offset, before: new Uint8Array(), hasEntries: false};
};

/** Reads a piece from the place on; undefined if the file is not the one that was read before. */
const readPiece = async (lane: Lane, place: Place): Promise<readonly LogEntry[] | undefined> => {
	const known = place.before.length;
	const bytes = await readLogBytes(lane, place.path, place.offset - known, pieceBytes);
	if (!endsWith(bytes.subarray(0, known), place.before)) return undefined;
	place.offset += bytes.length - known;
	place.before = bytes.slice(-overlapBytes);
	const entries = place.parser.push(bytes.subarray(known));
	place.hasEntries ||= entries.length > 0;
	return entries;
};

/** Reads from the place to a size, in pieces; undefined if the file is another one. */
const readTo = async (lane: Lane, place: Place, size: number): Promise<readonly LogEntry[] | undefined> => {
	const entries: LogEntry[] = [];
	for (let piece = 0; piece < mostPieces && place.offset < size; piece++) {
		const from = place.offset;
		const found = await readPiece(lane, place);
		if (!found) return undefined;
		entries.push(...found);
		if (place.offset === from) break;
	}
	return entries;
};

/** The end of a file that the server has left, with the entry that was still open. */
const finish = async (lane: Lane, place: Place): Promise<readonly LogEntry[]> => {
	const entries = (await readTo(lane, place, Number.POSITIVE_INFINITY)) ?? [];
	const last = place.parser.pending();
	return last ? [...entries, last] : entries;
};

const isOtherLayout = ({layout}: Place, {prefix, zone}: LogAccess): boolean => layout.prefix !== prefix || layout.zone !== zone;

/** Creates a window that has read nothing. */
export const createLogWindow = (): LogWindow => {
	let place: Place | undefined;

	/** Entries of the file up to its size; the window moves if its place is not a good one. */
	const readOn = async (lane: Lane, access: LogAccess, file: LogFile, from: Place): Promise<readonly LogEntry[]> => {
		place = from;
		const entries = await readTo(lane, from, file.size);
		if (!entries) {
			place = open(file, access, 0);
			return (await readTo(lane, place, file.size)) ?? [];
		}
		const isLost = !from.layout.isWhole && !from.isFar && !from.hasEntries && !from.parser.pending();
		if (!isLost) return entries;
		place = open(file, access, file.size - farBytes, true);
		return (await readTo(lane, place, file.size)) ?? [];
	};

	return {
		follow: async (lane, access, file) => {
			const last = place;
			const isLeft = last !== undefined && last.path !== file.path;
			// No line can follow in a file that is no longer read.
			const unfinished = last?.parser.pending();
			const finished = isLeft ? await finish(lane, last) : [];
			const isEmptied = last !== undefined && file.size < last.offset;
			let from = last ?? open(file, access, file.size - firstBytes);
			if (isLeft || isEmptied) from = open(file, access, 0);
			else if (isOtherLayout(from, access)) from = open(file, access, from.offset);
			const tail = file.size - firstBytes;
			const skippedBytes = file.size - from.offset > mostBehindBytes ? tail - from.offset : 0;
			if (skippedBytes > 0) from = open(file, access, tail);
			const entries = await readOn(lane, access, file, from);
			const earlier = !isLeft && place !== last && unfinished ? [unfinished] : finished;
			return {entries: [...earlier, ...entries], pending: place?.parser.pending(), skippedBytes};
		},
	};
};
