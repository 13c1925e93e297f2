import type {Stats} from 'node:fs';
import {type FileHandle, open, stat} from 'node:fs/promises';
import {UserError} from '../../core/values/errors.ts';
import type {Instant} from '../../core/values/instant.ts';
import {compressionNamed} from './compression.ts';
import {fileOutlet, type Outlet, pipeOutlet} from './outlet.ts';
import {beginningOf, openRecording} from './recordings.ts';
import {moveAside} from './rotation.ts';

/** A file that is written to: how much is in it, since when, and whether its last line is there only in part. */
export type Continued = {
	readonly outlet: Outlet;
	readonly bytes: number;
	readonly from: Instant | undefined;
	readonly isMidLine: boolean;
};

/**
 * Opens a file for a recording: a new one, or one that continues a recording. Throws a UserError
 * for a file of something else.
 */
export const continued = async (path: string): Promise<Continued> => {
	const there = await found(path);
	if (there && !there.isFile()) return {outlet: await pipeOutlet(path, there), bytes: 0, from: undefined, isMidLine: false};
	const handle = await open(path, 'a+', 0o600);
	try {
		const {uid, mode, size, mtime} = await handle.stat();
		const fresh = {bytes: 0, from: undefined, isMidLine: false};
		const outlet = fileOutlet(handle);
		if (uid === process.geteuid?.() && (mode & 0o077) !== 0) await handle.chmod(0o600);
		if (size === 0) return {outlet, ...fresh};
		const from = await assertOurs(path);
		if (!compressionNamed(path)) return {outlet, ...fresh, bytes: size, from, isMidLine: await endsMidLine(handle, size)};
		// What was cut off in the middle of a frame cannot be gone on with.
		await moveAside(path, from ?? mtime.toISOString());
		await handle.close();
		return {outlet: fileOutlet(await open(path, 'ax', 0o600)), ...fresh};
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** What became of a file since it was written to last: nothing, it has to be begun anew, or something else writes there too. */
export type Fate = 'same' | 'gone' | 'emptied' | 'shared';

/** What became of an open file of so many bytes at its path: deleted or renamed is gone, and so is one with an empty one in its place. */
export const fateOf = async (path: string, handle: FileHandle, bytes: number): Promise<Fate> => {
	const [there, ours] = await Promise.all([found(path), handle.stat()]);
	if (!there) return 'gone';
	if (there.ino !== ours.ino || there.dev !== ours.dev) return there.size === 0 ? 'gone' : 'shared';
	if (there.size === bytes) return 'same';
	return there.size === 0 ? 'emptied' : 'shared';
};

const found = async (path: string): Promise<Stats | undefined> => {
	try {
		return await stat(path);
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
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

const endsMidLine = async (handle: FileHandle, size: number): Promise<boolean> => {
	const last = Buffer.alloc(1);
	await handle.read(last, 0, 1, size - 1);
	return last[0] !== 10;
};
