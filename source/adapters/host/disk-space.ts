import {statfs} from 'node:fs/promises';
import {resolve} from 'node:path/posix';
import type {HostRow} from '../../queries/beside/host.ts';
import type {Neighbour} from './neighbour.ts';
import {createServerPaths, type DirectoryPath, type RealPath} from './server-paths.ts';

const mostWaitMs = 1000;
// Each read that hangs keeps one of the four threads that Node has for files and host names; log-ins need them too.
const mostHanging = 2;

/** A row of the host without figures. */
export const noFigures = {
	path: null,
	device: null,
	total_bytes: null,
	used_bytes: null,
	free_bytes: null,
	cpus: null,
	load_average: null,
	memory_total_bytes: null,
	memory_available_bytes: null,
} as const satisfies Partial<HostRow>;

/** Directories of the server's files; the WAL has its own entry, because pg_wal may link to another disk. */
const withWal = (directory: DirectoryPath): readonly DirectoryPath[] =>
	directory.kind === 'data' ? [directory, {kind: 'wal', name: 'wal', path: resolve(directory.path, 'pg_wal')}] : [directory];

/** Space on the disk of a directory; undefined if it is not the server's disk, or one that might never answer. */
const spaceAt = async ({kind, name}: DirectoryPath, real: RealPath | undefined): Promise<HostRow | undefined> => {
	if (real === undefined) return undefined;
	const {bsize, blocks, bfree, bavail} = await statfs(real.path);
	return {
		...noFigures,
		kind,
		name,
		path: real.path,
		device: real.mount.device,
		total_bytes: blocks * bsize,
		used_bytes: (blocks - bfree) * bsize,
		free_bytes: bavail * bsize,
	};
};

/** Space on the disks of some directories, and of the WAL: a row for each that answers. */
export type DiskSpace = (neighbour: Neighbour, directories: readonly DirectoryPath[]) => Promise<readonly HostRow[]>;

/**
 * Creates a reader of disk space, one directory after the other. A disk that does not answer within a second is left out, and not
 * read again until it answers; `reading` are the paths being read, and while two of them hang nothing else is read.
 */
export const createDiskSpace = (reading = new Set<string>()): DiskSpace => {
	const realPathOf = createServerPaths();

	const withinTime = async (directory: DirectoryPath, neighbour: Neighbour): Promise<HostRow | undefined> => {
		if (reading.has(directory.path) || reading.size >= mostHanging) return undefined;
		reading.add(directory.path);
		const space = realPathOf(neighbour, directory.path)
			.then(async real => spaceAt(directory, real))
			// The directory is not accessible or no longer exists.
			.catch(() => undefined)
			.finally(() => reading.delete(directory.path));
		const late = Promise.withResolvers<undefined>();
		const timer = setTimeout(late.resolve, mostWaitMs, undefined);
		const first = await Promise.race([space, late.promise]);
		clearTimeout(timer);
		return first;
	};

	return async (neighbour, directories) => {
		const rows: HostRow[] = [];
		for (const directory of directories.flatMap(withWal)) {
			const space = await withinTime(directory, neighbour);
			if (space) rows.push(space);
		}
		return rows;
	};
};
