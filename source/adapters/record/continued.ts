import type {FileHandle} from 'node:fs/promises';
import {UserError} from '../../core/values/errors.ts';
import type {Instant} from '../../core/values/instant.ts';
import {createOwnFile, fileFacts, keepPrivate, openOwnFile, type Place, reopen} from '../../system/own-file.ts';
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
 * recording, and an error with the code `foreign` for one of another user.
 */
export const continued = async (place: Place): Promise<Continued> => {
	const {path, kind} = place;
	const facts = await fileFacts(place);
	if (facts && !facts.isFile()) return {outlet: await pipeOutlet(place, facts), bytes: 0, from: undefined, isMidLine: false};
	const handle = kind === 'descriptor' ? await reopen(path) : await openOwnFile(path);
	try {
		const {size, mtime} = await handle.stat();
		const fresh = {bytes: 0, from: undefined, isMidLine: false};
		const outlet = fileOutlet(handle);
		const from = size === 0 ? undefined : await assertRecording(path);
		// Not before: a file that is something else stays as it is.
		if (kind === 'path') await keepPrivate(handle);
		if (size === 0) return {outlet, ...fresh};
		if (!compressionNamed(path)) return {outlet, ...fresh, bytes: size, from, isMidLine: await endsMidLine(handle, size)};
		// A compressed file may end within a frame, which cannot be continued.
		await moveAside(path, from ?? mtime.toISOString());
		await handle.close();
		return {outlet: fileOutlet(await createOwnFile(path)), ...fresh};
	} catch (error) {
		await handle.close();
		throw error;
	}
};

/** State of a file since the last write: unchanged, to be started again, or written by another process. */
export type Fate = 'same' | 'gone' | 'emptied' | 'shared';

/** State of an open file of `bytes` bytes at its path: `gone` if deleted, renamed or replaced by an empty file. */
export const fateOf = async (place: Place, handle: FileHandle, bytes: number): Promise<Fate> => {
	const [atPath, opened] = await Promise.all([fileFacts(place), handle.stat()]);
	if (!atPath) return 'gone';
	if (atPath.ino !== opened.ino || atPath.dev !== opened.dev) return atPath.size === 0 ? 'gone' : 'shared';
	if (atPath.size === bytes) return 'same';
	return atPath.size === 0 ? 'emptied' : 'shared';
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
