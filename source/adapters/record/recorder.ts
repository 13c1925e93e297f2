import type {FileHandle} from 'node:fs/promises';
import {createEncoder, type Header, isSelfContained, jsonLine} from '../../core/recording/lines.ts';
import {isRotated, noRotation, type Rotation} from '../../core/recording/rotation.ts';
import type {Failure, Row, Sample} from '../../core/sample/sample.ts';
import {UserError} from '../../core/values/errors.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {facts} from '../../queries/server/server.ts';
import {codeOf, createOwnFile, foreignCode, keepPrivate, openOwnFile, type Place, placeOf} from '../../system/own-file.ts';
import {assertSupported, type Compression, compressionNamed, createPacker, type Packer} from './compression.ts';
import {continued, fateOf} from './continued.ts';
import {fileOutlet, type Outlet, stdoutPath} from './outlet.ts';
import {moveAside, prune} from './rotation.ts';

/** A recording being written. */
export type Recorder = {
	/** Queues a sample to be written in the background, in order. */
	readonly write: (sample: Sample) => void;
	/** Completes the file once the queued samples are in it and begins a new one, as rotation does; does nothing to an empty file or a pipe. */
	readonly beginNewFile: () => void;
	/** Resolves to the failure that ends the recording early; pending without one. */
	readonly failed: Promise<Failure>;
	/** Resolves when every queued sample is on disk, to the failure that ended the recording early, if any. */
	readonly close: () => Promise<Failure | undefined>;
};

// A disk that hangs for longer than 600 samples would fill our memory.
const mostWaiting = 600;

/** The state of one recording being written. */
type Writing = {
	readonly place: Place;
	readonly compression: Compression | undefined;
	readonly intervalMs: number;
	readonly rotation: Rotation;
	outlet: Outlet;
	/** Bytes in the file. */
	bytes: number;
	/** Time of the first sample in the file. */
	from: Instant | undefined;
	/** The last line of the file is incomplete. */
	isMidLine: boolean;
	encode: ReturnType<typeof createEncoder>;
	hasHeader: boolean;
	packer: Packer | undefined;
};

/**
 * Records samples into a file as NDJSON, compressed if its name ends in `.gz` or `.zst`. Each line is written as it comes, so that a
 * killed process loses at most the last. Only its owner can read the file (0600). An existing recording is continued, a compressed
 * one in a new file; `-` is stdout. A full disk or another write error ends the recording with `failed`, but not the monitor.
 * Rejects with a UserError for a file that is not a recording, and with the error of the system if it cannot be opened.
 */
export const record = async (file: string, intervalMs: number, rotation: Rotation = noRotation): Promise<Recorder> => {
	const writing = await openWriting(file, intervalMs, rotation);
	const ignore = (): void => {};
	// Without a listener, SIGXFSZ at the file size limit kills the process; with one, the write fails.
	process.on('SIGXFSZ', ignore);
	const failed = Promise.withResolvers<Failure>();
	let failure: Failure | undefined;
	const fail = (error: unknown): void => {
		if (failure) return;
		failure = failureOf(file, error);
		failed.resolve(failure);
	};
	let waiting = 0;
	let queue = Promise.resolve();
	const enqueue = (step: () => Promise<void>): void => {
		if (failure) return;
		if (++waiting > mostWaiting) {
			fail(Object.assign(new Error('The disk hangs.'), {code: 'ETIMEDOUT'}));
			return;
		}
		queue = queue
			.then(() => (failure ? undefined : step()))
			.catch(fail)
			.finally(() => waiting--);
	};
	return {
		failed: failed.promise,
		write: sample => enqueue(() => put(writing, sample)),
		beginNewFile: () => enqueue(() => rotateNow(writing)),
		close: async () => {
			await queue;
			if (!failure) await endFrame(writing).catch(fail);
			await writing.outlet.close().catch(fail);
			process.off('SIGXFSZ', ignore);
			return failure;
		},
	};
};

const openWriting = async (file: string, intervalMs: number, rotation: Rotation): Promise<Writing> => {
	// Rotation moves the file itself and not a link to it.
	const place: Place = file === '-' || file === stdoutPath ? {path: stdoutPath, kind: 'descriptor'} : await placeOf(file);
	const compression = compressionNamed(place.path);
	assertSupported(compression, place.path);
	const opened = await continued(place);
	if ((!opened.outlet.file || place.kind === 'descriptor') && isRotated(rotation)) {
		await opened.outlet.close();
		throw new UserError(`${nameOf(file)} cannot be rotated.`, {
			hint: 'Record to a regular file or leave out --rotate.',
			exitCode: 2,
		});
	}
	return {place, compression, intervalMs, rotation, ...opened, encode: createEncoder(), hasHeader: false, packer: undefined};
};

const put = async (writing: Writing, sample: Sample): Promise<void> => {
	const {rotation, intervalMs} = writing;
	if (writing.outlet.file) await followFile(writing, writing.outlet.file);
	const isDue = (since: Instant): boolean => writing.bytes >= rotation.bytes || msOf(sample.at) - msOf(since) >= rotation.ageMs;
	if (writing.outlet.file && writing.from !== undefined && isDue(writing.from)) await rotate(writing, writing.from);
	const line = writing.encode(sample, performance.now());
	const header: Header = {pgtriage_recording: 1, server: serverOf(sample), interval_ms: intervalMs};
	const before = writing.hasHeader ? '' : `${writing.isMidLine ? '\n' : ''}${jsonLine(header)}\n`;
	writing.hasHeader = true;
	writing.from ??= sample.at;
	await append(writing, await packed(writing, `${before}${line}\n`, isSelfContained(line)));
};

/** Continues in a new file if the file was deleted or renamed, from the start if it was emptied; throws if another process writes to it. */
const followFile = async (writing: Writing, handle: FileHandle): Promise<void> => {
	const fate = await fateOf(writing.place, handle, writing.bytes);
	if (fate === 'same') return;
	if (fate === 'shared') throw Object.assign(new Error('Another process writes to the file.'), {code: 'shared'});
	if (fate === 'gone') {
		// The renamed file gets the end of its frame.
		await endFrame(writing);
		await writing.outlet.close();
		const next = await openOwnFile(writing.place.path);
		writing.outlet = fileOutlet(next);
		await keepPrivate(next);
	} else writing.packer = undefined;
	beginFile(writing);
};

/** Rotates whatever the limits are; a file that was renamed before is only left behind. */
const rotateNow = async (writing: Writing): Promise<void> => {
	if (!writing.outlet.file || writing.place.kind === 'descriptor') return;
	await followFile(writing, writing.outlet.file);
	if (writing.from !== undefined) await rotate(writing, writing.from);
};

const rotate = async (writing: Writing, since: Instant): Promise<void> => {
	const {rotation} = writing;
	const {path} = writing.place;
	await endFrame(writing);
	await writing.outlet.close();
	await moveAside(path, since);
	writing.outlet = fileOutlet(await createOwnFile(path));
	await prune(path, rotation.keep);
	beginFile(writing);
};

/** Resets the state for an empty file. */
const beginFile = (writing: Writing): void => {
	writing.encode = createEncoder();
	writing.hasHeader = false;
	writing.isMidLine = false;
	writing.bytes = 0;
	writing.from = undefined;
};

const packed = async (writing: Writing, text: string, isWhole: boolean): Promise<Buffer> => {
	const {compression} = writing;
	if (!compression) return Buffer.from(text);
	// After damage a reader resumes only at the start of a frame, so a frame has to start with a whole line.
	const last = isWhole ? await writing.packer?.end() : undefined;
	if (isWhole || !writing.packer) writing.packer = createPacker(compression);
	const content = await writing.packer.pack(text);
	return last ? Buffer.concat([last, content]) : content;
};

const append = async (writing: Writing, content: Buffer): Promise<void> => {
	await writing.outlet.append(content);
	writing.bytes += content.length;
};

const endFrame = async (writing: Writing): Promise<void> => {
	const last = await writing.packer?.end();
	writing.packer = undefined;
	if (last) await append(writing, last);
};

/** Facts of the server in the first sample. */
const serverOf = ({results}: Sample): Row | null => {
	const answer = results[facts.name];
	return (answer?.ok && answer.rows[0]) || null;
};

const nameOf = (file: string): string => (file === '-' ? 'stdout' : file);

const failureOf = (file: string, error: unknown): Failure => {
	const code = codeOf(error);
	const hint = 'Free space or record to another file.';
	if (code === 'ENOSPC') return {code, message: `The disk is full: recording to ${file} stopped.`, hint};
	if (code === 'EPIPE') return {code, message: `The reader of ${nameOf(file)} is gone: recording stopped.`};
	if (code === foreignCode)
		return {
			code,
			message: `${file} was replaced, or now belongs to another user; recording stopped.`,
			hint: 'Record to a directory that other users cannot write to.',
		};
	if (code === 'shared')
		return {
			code,
			message: `Another process writes to ${file}: recording stopped.`,
			hint: 'Record to a separate file.',
		};
	return {code, message: `${nameOf(file)} cannot be written (${code}): recording stopped.`, hint};
};
