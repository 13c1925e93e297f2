import type {Failure} from '../../core/sample/sample.ts';
import {ConnectionError, foreign, type ServerName} from '../connect/failures.ts';
import type {RowReading} from './row-memory.ts';

/** Limits what one server may send, and takes the rows of collected answers out of it. */
export type Intake = {
	/** Takes bytes before anything keeps them, and returns those to pass on; throws a ConnectionError if they are too many. */
	readonly take: (bytes: Buffer) => Buffer;
	/** Hands the rows of the next answer to a reading instead of passing them on. */
	readonly collect: (rows: RowReading) => void;
	/** Expects plans, whose answers are smaller than lists, from now on. */
	readonly expectPlans: () => void;
};

const megabyte = 1024 ** 2;
// A login is some 2 kB, with notices of login triggers and certificates of authentication methods at most a few times that.
const loginBytes = megabyte / 4;
// Texts are cut by our queries, and a plan has at most 8 MB.
const messageBytes = 16 * megabyte;
// The list of 5000 sessions with texts of 12 kB, or 300,000 locks.
const listBytes = 64 * megabyte;
const planBytes = 16 * megabyte;
// A message is an object here, even if it is empty.
const overheadBytes = 32;
const headerBytes = 5;
const readyForQuery = 'Z'.charCodeAt(0);
const dataRow = 'D'.charCodeAt(0);
const commandComplete = 'C'.charCodeAt(0);
const emptyQuery = 'I'.charCodeAt(0);
// Messages of a server, by the first byte of each, as the protocol documents them.
const messageCodes = new Set([...'RKSvENZTDCIs123tnAVGHWdc'].map(letter => letter.charCodeAt(0)));

const nothing = Buffer.alloc(0);

const flood = (bytes: number): Failure => ({
	code: 'flood',
	message: `The server sent more than ${bytes / megabyte} MB as one answer, so its connection was closed.`,
	hint: 'Reconnecting; is this a PostgreSQL server?',
});

const hugeMessage: Failure = {
	...flood(messageBytes),
	message: `The server announced a row or message of more than ${messageBytes / megabyte} MB, so its connection was closed.`,
};

/** True for an answer or a message that was too large to be taken. */
export const isFlood = (error: unknown): boolean => error instanceof ConnectionError && error.failure.code === hugeMessage.code;

/** Hands over the bodies of rows whole, also of those that arrive in pieces; `left` bytes of a body are still to come. */
const createAssembler = () => {
	let whole = nothing;
	let length = 0;
	return (rows: RowReading, bytes: Buffer, from: number, to: number, left: number): void => {
		if (length === 0 && left === 0) {
			rows.take(bytes, from, to);
			return;
		}
		if (length === 0) whole = Buffer.allocUnsafe(to - from + left);
		bytes.copy(whole, length, from, to);
		length += to - from;
		if (left > 0) return;
		length = 0;
		rows.take(whole, 0, whole.length);
	};
};

/**
 * Creates the intake of one connection. It follows the lengths of the messages: one that is too long is refused by its length, before
 * it arrives; a login and each answer, up to the message that ends it, are refused by their sum.
 */
export const createIntake = (place: ServerName): Intake => {
	const header = Buffer.alloc(headerBytes);
	let headerLength = 0;
	let messageLeft = 0;
	let sum = 0;
	let isLoggedIn = false;
	let answerBytes = listBytes;
	let rows: RowReading | undefined;
	let isRow = false;
	const assemble = createAssembler();

	const begin = (code: number, length: number): void => {
		messageLeft = length + 1 - headerBytes;
		sum += messageLeft + overheadBytes;
		if (!messageCodes.has(code) || messageLeft < 0 || (!isLoggedIn && sum > loginBytes))
			throw new ConnectionError(foreign(place));
		if (messageLeft > messageBytes) throw new ConnectionError(hugeMessage);
		if (sum > answerBytes) throw new ConnectionError(flood(answerBytes));
		if (code === commandComplete || code === emptyQuery) rows?.endStatement();
		if (code !== readyForQuery) return;
		sum = 0;
		isLoggedIn = true;
		rows = undefined;
	};

	const take = (bytes: Buffer): Buffer => {
		const passed: Buffer[] = [];
		let at = 0;
		let kept = 0;
		while (at < bytes.length) {
			if (headerLength === 0) {
				isRow = rows !== undefined && bytes[at] === dataRow;
				if (isRow && at > kept) passed.push(bytes.subarray(kept, at));
			}
			if (headerLength < headerBytes) {
				const copied = Math.min(headerBytes - headerLength, bytes.length - at);
				bytes.copy(header, headerLength, at, at + copied);
				headerLength += copied;
				at += copied;
				if (headerLength < headerBytes) break;
				begin(header.readUInt8(0), header.readUInt32BE(1));
			}
			const end = Math.min(at + messageLeft, bytes.length);
			messageLeft -= end - at;
			if (isRow && rows) assemble(rows, bytes, at, end, messageLeft);
			at = end;
			if (messageLeft > 0) break;
			headerLength = 0;
			if (isRow) kept = at;
		}
		if (kept === 0 && !isRow) return bytes;
		if (!isRow || headerLength === 0) passed.push(bytes.subarray(kept));
		return passed.length === 1 ? (passed[0] as Buffer) : Buffer.concat(passed);
	};
	return {
		take,
		collect: reading => {
			rows = reading;
		},
		expectPlans: () => {
			answerBytes = planBytes;
		},
	};
};
