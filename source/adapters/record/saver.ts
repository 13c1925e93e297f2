import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {SavedFile} from '../../core/state/effect.ts';
import {codeOf, writeNewFile} from '../../system/own-file.ts';

/** Paths of the saved files, or the failure as a sentence. */
export type SaveResult = {readonly names: readonly string[]; readonly failure: string | undefined};

/** Writes new files that only their owner can read (0600) to a folder: all of them or none, never over existing ones. Never rejects. */
export const save = async (files: readonly SavedFile[], folder: string): Promise<SaveResult> => {
	const written: string[] = [];
	for (const {name, text} of files) {
		const path = join(folder, name);
		try {
			await writeNewFile(path, text, () => written.push(path));
		} catch (error) {
			await Promise.all(written.map(each => rm(each, {force: true}).catch(() => {})));
			return {names: [], failure: saveFailure(path, codeOf(error))};
		}
	}
	return {names: written, failure: undefined};
};

/** Sentence for a file that could not be created. */
export const saveFailure = (path: string, code: string): string => {
	if (code === 'EEXIST') return `${path} already exists and was not overwritten.`;
	return code === 'ENOSPC' ? `The disk is full: ${path} was not written.` : `${path} cannot be written (${code}).`;
};
