import {access, readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {rotatedFiles, rotatedName} from '../../core/recording/rotation.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';

/** Renames a file that begins at `from` to its rotated name; never overwrites an existing file. */
export const moveAside = async (file: string, from: Instant): Promise<void> => {
	for (let since = from; ; since = laterBy(since, 1)) {
		const to = join(dirname(file), rotatedName(basename(file), since));
		if (await exists(to)) continue;
		await rename(file, to);
		return;
	}
};

const exists = async (file: string): Promise<boolean> => {
	try {
		await access(file);
		return true;
	} catch {
		return false;
	}
};

/** Deletes the oldest rotated files of a recording until at most `keep` are left. */
export const prune = async (file: string, keep: number | undefined): Promise<void> => {
	if (keep === undefined) return;
	const beside = rotatedFiles(basename(file), await readdir(dirname(file)));
	for (const name of beside.slice(0, Math.max(0, beside.length - keep))) await rm(join(dirname(file), name), {force: true});
};
