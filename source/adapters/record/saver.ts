import {open, rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {SavedFile} from '../../core/state/effect.ts';

/** Paths of the saved files, or the failure as a sentence. */
export type SaveResult = {readonly names: readonly string[]; readonly failure: string | undefined};

/** Writes new files that only their owner can read (0600) to a folder: all of them or none, never over existing ones. Never rejects. */
export const save = async (files: readonly SavedFile[], folder: string): Promise<SaveResult> => {
	const written: string[] = [];
	for (const {name, text} of files) {
		const path = join(folder, name);
		try {
			const handle = await open(path, 'wx', 0o600);
			written.push(path);
			try {
				await handle.writeFile(text);
			} finally {
				await handle.close();
			}
		} catch (error) {
			await Promise.all(written.map(each => rm(each, {force: true}).catch(() => {})));
			const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
			return {
				names: [],
				failure: saveFailure(path, code),
			};
		}
	}
	return {names: written, failure: undefined};
};

/** Sentence for a file that could not be created. */
export const saveFailure = (path: string, code: string): string => {
	if (code === 'EEXIST') return `${path} already exists and was not overwritten.`;
	return code === 'ENOSPC' ? `The disk is full: ${path} was not written.` : `${path} cannot be written (${code}).`;
};
