import {type FileHandle, open} from 'node:fs/promises';
import {createEncoder, type Header, jsonLine} from '../core/recording.ts';
import type {Failure, Row, Sample} from '../core/sample.ts';
import {facts} from '../queries/server.ts';

/** A recording being written. */
export type Recorder = {
	/** Takes a sample; it is written in the background, in order. */
	readonly write: (sample: Sample) => void;
	/** The failure that ends the recording early; pending for as long as there is none. */
	readonly failed: Promise<Failure>;
	/** Ends when everything taken is on disk, with the failure that ended the recording early, if one did. */
	readonly close: () => Promise<Failure | undefined>;
};

/**
 * Records samples into a file as NDJSON, a line each as soon as it comes, so that a killed process loses at most the last. The
 * file is for its owner alone (0600); an existing recording is continued. When the disk is full or the file cannot be written
 * the recording ends with `failed`, and whoever watches goes on. Rejects with the system's error where the file cannot be opened.
 */
export const record = async (file: string, intervalMs: number): Promise<Recorder> => {
	const handle = await open(file, 'a+', 0o600);
	const encode = createEncoder();
	let begun = false;
	const continues = await endsMidLine(handle);
	const failed = Promise.withResolvers<Failure>();
	let failure: Failure | undefined;
	const fail = (error: unknown): void => {
		if (failure) return;
		failure = failureOf(file, error);
		failed.resolve(failure);
	};
	const begin = (sample: Sample): string => {
		const header: Header = {pgtriage_recording: 1, server: serverOf(sample), interval_ms: intervalMs};
		begun = true;
		return `${continues ? '\n' : ''}${jsonLine(header)}\n`;
	};
	let writing = Promise.resolve();
	return {
		failed: failed.promise,
		write: sample => {
			if (failure) return;
			const line = `${begun ? '' : begin(sample)}${encode(sample, performance.now())}\n`;
			writing = writing.then(() => (failure ? undefined : append(handle, line))).catch(fail);
		},
		close: async () => {
			await writing.catch(fail);
			await handle.close().catch(fail);
			return failure;
		},
	};
};

/** What the first sample knows of the server. */
const serverOf = ({results}: Sample): Row | null => {
	const answer = results[facts.name];
	return (answer?.ok && answer.rows[0]) || null;
};

const append = async (handle: FileHandle, text: string): Promise<void> => {
	await handle.appendFile(text);
};

const endsMidLine = async (handle: FileHandle): Promise<boolean> => {
	const {size} = await handle.stat();
	if (size === 0) return false;
	const last = Buffer.alloc(1);
	await handle.read(last, 0, 1, size - 1);
	return last[0] !== 10;
};

const failureOf = (file: string, error: unknown): Failure => {
	const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
	const message =
		code === 'ENOSPC'
			? `The disk is full: ${file} is recorded no further.`
			: `${file} cannot be written (${code}): recording has ended.`;
	return {code, message, hint: 'Free space or record to another file.'};
};
