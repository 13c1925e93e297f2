import {type FileHandle, open} from 'node:fs/promises';
import {UserError} from '../core/errors.ts';
import {createEncoder, type Header, jsonLine, standsAlone} from '../core/recording.ts';
import {type Rotation, unrotated} from '../core/rotation.ts';
import type {Failure, Instant, Row, Sample} from '../core/sample.ts';
import {msOf} from '../core/units.ts';
import {facts} from '../queries/server.ts';
import {assertKnown, compressionNamed, createPacker, type Packer} from './compression.ts';
import {beginningOf, openRecording} from './recordings.ts';
import {moveAside, prune} from './rotation.ts';

/** A recording being written. */
export type Recorder = {
	/** Takes a sample; it is written in the background, in order. */
	readonly write: (sample: Sample) => void;
	/** The failure that ends the recording early; pending for as long as there is none. */
	readonly failed: Promise<Failure>;
	/** Ends when everything taken is on disk, with the failure that ended the recording early, if one did. */
	readonly close: () => Promise<Failure | undefined>;
};

// A disk that hangs for longer would fill our memory.
const mostWaiting = 600;

/**
 * Records samples into a file as NDJSON, packed where its name ends in `.gz` or `.zst`, a line each as soon as it comes, so that
 * a killed process loses at most the last. The file is for its owner alone (0600). A recording that is there is continued, a
 * packed one in a file of its own; `-` is stdout. When the disk is full or the file cannot be written the recording ends with
 * `failed`, and whoever watches goes on. Rejects with a UserError for a file of something else, and with the system's error
 * where it cannot be opened.
 */
export const record = async (file: string, intervalMs: number, rotation: Rotation = unrotated): Promise<Recorder> => {
	const path = file === '-' ? '/dev/stdout' : file;
	const compression = compressionNamed(path);
	assertKnown(compression, path);
	const listen = (): void => {};
	let {handle, bytes, from, isFile, isMidLine} = await continued(path);
	let encode = createEncoder();
	let begun = false;
	let packer: Packer | undefined;

	const packed = async (text: string, isWhole: boolean): Promise<Buffer> => {
		if (!compression) return Buffer.from(text);
		// Behind a damaged place a frame can be read again from its beginning only, and there a whole line has to be.
		const last = isWhole ? await packer?.end() : undefined;
		if (isWhole || !packer) packer = createPacker(compression);
		const now = await packer.pack(text);
		return last ? Buffer.concat([last, now]) : now;
	};
	const append = async (content: Buffer): Promise<void> => {
		await handle.appendFile(content);
		bytes += content.length;
	};
	const end = async (): Promise<void> => {
		const last = await packer?.end();
		packer = undefined;
		if (last) await append(last);
	};
	const rotate = async (since: Instant): Promise<void> => {
		await end();
		await handle.close();
		await moveAside(path, since);
		handle = await open(path, 'ax', 0o600);
		await prune(path, rotation.keep);
		encode = createEncoder();
		[begun, isMidLine, bytes, from] = [false, false, 0, undefined];
	};
	const put = async (sample: Sample): Promise<void> => {
		const isDue = (since: Instant): boolean => bytes >= rotation.bytes || msOf(sample.at) - msOf(since) >= rotation.ageMs;
		if (isFile && from !== undefined && isDue(from)) await rotate(from);
		const line = encode(sample, performance.now());
		const header: Header = {pgtriage_recording: 1, server: serverOf(sample), interval_ms: intervalMs};
		const before = begun ? '' : `${isMidLine ? '\n' : ''}${jsonLine(header)}\n`;
		begun = true;
		from ??= sample.at;
		await append(await packed(`${before}${line}\n`, standsAlone(line)));
	};

	// A limit to the size of files kills whoever does not listen; who does is told by the write.
	process.on('SIGXFSZ', listen);
	const failed = Promise.withResolvers<Failure>();
	let failure: Failure | undefined;
	const fail = (error: unknown): void => {
		if (failure) return;
		failure = failureOf(file, error);
		failed.resolve(failure);
	};
	let waiting = 0;
	let writing = Promise.resolve();
	return {
		failed: failed.promise,
		write: sample => {
			if (failure) return;
			if (++waiting > mostWaiting) return fail({code: 'ETIMEDOUT'});
			writing = writing
				.then(() => (failure ? undefined : put(sample)))
				.catch(fail)
				.finally(() => waiting--);
		},
		close: async () => {
			await writing;
			if (!failure) await end().catch(fail);
			await handle.close().catch(fail);
			process.off('SIGXFSZ', listen);
			return failure;
		},
	};
};

/** A file that is written to: how much is in it, since when, and whether its last line is there only in part. */
type Continued = {
	handle: FileHandle;
	bytes: number;
	from: Instant | undefined;
	readonly isFile: boolean;
	isMidLine: boolean;
};

/** Opens a file for a recording: a new one, or one that continues a recording. */
const continued = async (path: string): Promise<Continued> => {
	const handle = await open(path, 'a+', 0o600);
	const found = await handle.stat();
	const isFile = found.isFile();
	const fresh = {bytes: 0, from: undefined, isFile, isMidLine: false};
	if (!isFile) return {handle, ...fresh};
	try {
		if (found.uid === process.geteuid?.() && (found.mode & 0o077) !== 0) await handle.chmod(0o600);
		if (found.size === 0) return {handle, ...fresh};
		const from = await assertOurs(path);
		if (!compressionNamed(path)) return {handle, ...fresh, bytes: found.size, from, isMidLine: await endsMidLine(handle)};
		// What was cut off in the middle of a frame cannot be gone on with.
		await moveAside(path, from ?? found.mtime.toISOString());
		await handle.close();
		return {handle: await open(path, 'ax', 0o600), ...fresh};
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** When a recording begins, where it holds a sample; throws a UserError for what is none of this format, packed as its name says. */
const assertOurs = async (path: string): Promise<Instant | undefined> => {
	const {header, compression} = await beginningOf(path);
	if (!header || compression !== compressionNamed(path))
		throw new UserError(`${path} is there already, and is no recording that can be continued.`, {
			hint: 'Name another file, or move it away.',
			exitCode: 1,
		});
	try {
		for await (const {at} of (await openRecording(path, {alone: true})).samples) return at;
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		// A header alone.
	}
	return undefined;
};

/** What the first sample knows of the server. */
const serverOf = ({results}: Sample): Row | null => {
	const answer = results[facts.name];
	return (answer?.ok && answer.rows[0]) || null;
};

const endsMidLine = async (handle: FileHandle): Promise<boolean> => {
	const {size} = await handle.stat();
	const last = Buffer.alloc(1);
	await handle.read(last, 0, 1, size - 1);
	return last[0] !== 10;
};

const failureOf = (file: string, error: unknown): Failure => {
	const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
	const hint = 'Free space or record to another file.';
	if (code === 'ENOSPC') return {code, message: `The disk is full: ${file} is recorded no further.`, hint};
	return {code, message: `${file} cannot be written (${code}): recording has ended.`, hint};
};
