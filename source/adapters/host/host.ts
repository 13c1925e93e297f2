import {statfs} from 'node:fs/promises';
import {cpus, hostname, loadavg, totalmem} from 'node:os';
import {resolve} from 'node:path/posix';
import type {HostRow} from '../../queries/beside/host.ts';
import type {PollState, Readings} from '../../queries/plan.ts';
import type {Neighbour} from './neighbour.ts';
import {availableMemory} from './procfs.ts';
import {createServerPaths, type DirectoryPath, directoryPathsOf, type RealPath} from './server-paths.ts';

const mostWaitMs = 1000;

const none = {
	path: null,
	device: null,
	total_bytes: null,
	used_bytes: null,
	free_bytes: null,
	cpus: null,
	load_average: null,
	memory_total_bytes: null,
	memory_available_bytes: null,
};

/** Directories of the server's files; the WAL has its own entry, because pg_wal may link to another disk. */
const withWal = (directory: DirectoryPath): readonly DirectoryPath[] =>
	directory.kind === 'data' ? [directory, {kind: 'wal', name: 'wal', path: resolve(directory.path, 'pg_wal')}] : [directory];

/** Space on the disk of a directory; undefined if it is not the server's disk, or one that might never answer. */
const spaceOf = async ({kind, name}: DirectoryPath, real: RealPath | undefined): Promise<HostRow | undefined> => {
	if (real === undefined) return undefined;
	const {bsize, blocks, bfree, bavail} = await statfs(real.path);
	return {
		...none,
		kind,
		name,
		path: real.path,
		device: real.mount.device,
		total_bytes: blocks * bsize,
		used_bytes: (blocks - bfree) * bsize,
		free_bytes: bavail * bsize,
	};
};

/**
 * Creates the reading of the server's host: load, memory and disk space. A disk that does not answer within a second is left out,
 * and not read again until it answers.
 */
export const createHostReading = (neighbourOf: (state: PollState) => Neighbour | undefined): NonNullable<Readings[string]> => {
	const processors = cpus().length;
	const waiting = new Set<string>();
	const realPathOf = createServerPaths();

	const withinTime = async (directory: DirectoryPath, neighbour: Neighbour): Promise<HostRow | undefined> => {
		if (waiting.has(directory.path)) return undefined;
		waiting.add(directory.path);
		const space = realPathOf(neighbour, directory.path)
			.then(async real => spaceOf(directory, real))
			// The directory is not accessible or no longer exists.
			.catch(() => undefined)
			.finally(() => waiting.delete(directory.path));
		const late = Promise.withResolvers<undefined>();
		const timer = setTimeout(late.resolve, mostWaitMs, undefined);
		const first = await Promise.race([space, late.promise]);
		clearTimeout(timer);
		return first;
	};

	return async state => {
		const neighbour = neighbourOf(state);
		if (!neighbour) return undefined;
		const rows: HostRow[] = [
			{
				...none,
				kind: 'host',
				name: hostname(),
				cpus: processors,
				load_average: loadavg()[0] ?? null,
				memory_total_bytes: totalmem(),
				memory_available_bytes: availableMemory(),
			},
		];
		for (const directory of directoryPathsOf(state).flatMap(withWal)) {
			const space = await withinTime(directory, neighbour);
			if (space) rows.push(space);
		}
		return rows;
	};
};
