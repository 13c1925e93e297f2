import type {Stats} from 'node:fs';
import {type FileHandle, open, stat} from 'node:fs/promises';
import {UserError} from '../../core/values/errors.ts';
import type {Instant} from '../../core/values/instant.ts';
import {compressionNamed} from './compression.ts';
import {fileOutlet, type Outlet, pipeOutlet} from './outlet.ts';
import {beginningOf, openRecording} from './recordings.ts';
import {moveAside} from './rotation.ts';

/** An open file: its outlet, size in bytes, time of its first sample, and true if its last line is incomplete. */
export type Continued = {
	readonly outlet: Outlet;
	readonly bytes: number;
	readonly from: Instant | undefined;
	readonly isMidLine: boolean;
};

/**
 * Opens a file for a recording, a new one or an existing recording to continue. Throws a UserError for a file that is not a
 * recording.
 */
export const continued = async (path: string): Promise<Continued> => {
	const stats = await statsOf(path);
	if (stats && !stats.isFile()) return {outlet: await pipeOutlet(path, stats), bytes: 0, from: undefined, isMidLine: false};
	const handle = await open(path, 'a+', 0o600);
	try {
		const {uid, mode, size, mtime} = await handle.stat();
		const fresh = {bytes: 0, from: undefined, isMidLine: false};
		const outlet = fileOutlet(handle);
		if (uid === process.geteuid?.() && (mode & 0o077) !== 0) await handle.chmod(0o600);
		if (size === 0) return {outlet, ...fresh};
		const from = await assertRecording(path);
		if (!compressionNamed(path)) return {outlet, ...fresh, bytes: size, from, isMidLine: await endsMidLine(handle, size)};
		// A compressed file may end within a frame, which cannot be continued.
		await moveAside(path, from ?? mtime.toISOString());
		await handle.close();
		return {outlet: fileOutlet(await open(path, 'ax', 0o600)), ...fresh};
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** State of a file since the last write: unchanged, to be started again, or written by another process. */
export type Fate = 'same' | 'gone' | 'emptied' | 'shared';

/** State of an open file of `bytes` bytes at its path: `gone` if deleted, renamed or replaced by an empty file. */
export const fateOf = async (path: string, handle: FileHandle, bytes: number): Promise<Fate> => {
	const [atPath, opened] = await Promise.all([statsOf(path), handle.stat()]);
	if (!atPath) return 'gone';
	if (atPath.ino !== opened.ino || atPath.dev !== opened.dev) return atPath.size === 0 ? 'gone' : 'shared';
	if (atPath.size === bytes) return 'same';
	return atPath.size === 0 ? 'emptied' : 'shared';
};

const statsOf = async (path: string): Promise<Stats | undefined> => {
	try {
		return await stat(path);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	}
};

/** Time of the first sample, if any; throws a UserError unless the file is a recording of this format, compressed as its name says. */
const assertRecording = async (path: string): Promise<Instant | undefined> => {
	const {header, compression} = await beginningOf(path);
	if (!header || compression !== compressionNamed(path))
		throw new UserError(`${path} exists and is not a recording that can be continued.`, {
			hint: 'Choose another file or move this one away.',
			exitCode: 1,
		});
	try {
		for await (const {at} of (await openRecording(path, {alone: true})).samples) return at;
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		// The file has only a header.
	}
	return undefined;
};

const endsMidLine = async (handle: FileHandle, size: number): Promise<boolean> => {
	const last = Buffer.alloc(1);
	await handle.read(last, 0, 1, size - 1);
	return last[0] !== 10;
};
