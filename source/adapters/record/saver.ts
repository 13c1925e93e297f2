import {open, rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {SavedFile} from '../../core/state/effect.ts';

/** What came of saving: the paths of all files, or why there is none of them, as a sentence. */
export type SaveResult = {readonly names: readonly string[]; readonly failure: string | undefined};

/** Writes new files for their owner alone (0600) into a folder: all of them or none, and over nothing that is there. Never rejects. */
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

/** Why a file could not be made, as a sentence. */
export const saveFailure = (path: string, code: string): string => {
	if (code === 'EEXIST') return `${path} is there already: nothing was written over it.`;
	return code === 'ENOSPC' ? `The disk is full: ${path} was not written.` : `${path} cannot be written (${code}).`;
};
