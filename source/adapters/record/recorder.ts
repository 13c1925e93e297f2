import {type FileHandle, open, realpath} from 'node:fs/promises';
import {createEncoder, type Header, isSelfContained, jsonLine} from '../../core/recording/lines.ts';
import {isRotated, noRotation, type Rotation} from '../../core/recording/rotation.ts';
import type {Failure, Row, Sample} from '../../core/sample/sample.ts';
import {UserError} from '../../core/values/errors.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {facts} from '../../queries/server.ts';
import {assertKnown, compressionNamed, createPacker, type Packer} from './compression.ts';
import {continued, fateOf} from './continued.ts';
import {fileOutlet} from './outlet.ts';
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
export const record = async (file: string, intervalMs: number, rotation: Rotation = noRotation): Promise<Recorder> => {
	// What is rotated is the file, wherever it is, and not a link to it.
	const path = file === '-' ? '/dev/stdout' : await realpath(file).catch(() => file);
	const compression = compressionNamed(path);
	assertKnown(compression, path);
	const listen = (): void => {};
	let {outlet, bytes, from, isMidLine} = await continued(path);
	if ((!outlet.file || file === '-') && isRotated(rotation)) {
		await outlet.close();
		throw new UserError(`${nameOf(file)} is no file that could be rotated.`, {
			hint: 'Name a file, or leave --rotate out.',
			exitCode: 2,
		});
	}
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
		await outlet.append(content);
		bytes += content.length;
	};
	const end = async (): Promise<void> => {
		const last = await packer?.end();
		packer = undefined;
		if (last) await append(last);
	};
	const beginAnew = (): void => {
		encode = createEncoder();
		[begun, isMidLine, bytes, from] = [false, false, 0, undefined];
	};
	const rotate = async (since: Instant): Promise<void> => {
		await end();
		await outlet.close();
		await moveAside(path, since);
		outlet = fileOutlet(await open(path, 'ax', 0o600));
		await prune(path, rotation.keep);
		beginAnew();
	};
	/** Goes on where the file was deleted, renamed or emptied meanwhile; throws where something else writes into it. */
	const holdOn = async (written: FileHandle): Promise<void> => {
		const fate = await fateOf(path, written, bytes);
		if (fate === 'same') return;
		if (fate === 'shared') throw Object.assign(new Error('Something else writes there.'), {code: 'shared'});
		if (fate === 'gone') {
			// Whoever renamed it wants all of it.
			await end();
			await outlet.close();
			outlet = fileOutlet(await open(path, 'a', 0o600));
		} else packer = undefined;
		beginAnew();
	};
	const put = async (sample: Sample): Promise<void> => {
		const isDue = (since: Instant): boolean => bytes >= rotation.bytes || msOf(sample.at) - msOf(since) >= rotation.ageMs;
		if (outlet.file) await holdOn(outlet.file);
		if (outlet.file && from !== undefined && isDue(from)) await rotate(from);
		const line = encode(sample, performance.now());
		const header: Header = {pgtriage_recording: 1, server: serverOf(sample), interval_ms: intervalMs};
		const before = begun ? '' : `${isMidLine ? '\n' : ''}${jsonLine(header)}\n`;
		begun = true;
		from ??= sample.at;
		await append(await packed(`${before}${line}\n`, isSelfContained(line)));
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
			await outlet.close().catch(fail);
			process.off('SIGXFSZ', listen);
			return failure;
		},
	};
};

/** What the first sample knows of the server. */
const serverOf = ({results}: Sample): Row | null => {
	const answer = results[facts.name];
	return (answer?.ok && answer.rows[0]) || null;
};

const nameOf = (file: string): string => (file === '-' ? 'stdout' : file);

const failureOf = (file: string, error: unknown): Failure => {
	const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
	const hint = 'Free space or record to another file.';
	if (code === 'ENOSPC') return {code, message: `The disk is full: ${file} is recorded no further.`, hint};
	if (code === 'EPIPE') return {code, message: `Nobody reads ${nameOf(file)} any more: recording has ended.`};
	if (code === 'shared')
		return {
			code,
			message: `Something else writes into ${file} too: recording into it has ended here.`,
			hint: 'Record into a file of its own.',
		};
	return {code, message: `${nameOf(file)} cannot be written (${code}): recording has ended.`, hint};
};
