import {statfs} from 'node:fs/promises';
import {cpus, hostname, loadavg, totalmem} from 'node:os';
import {resolve} from 'node:path/posix';
import {type Directory, directories, type HostRow} from '../../queries/beside/host.ts';
import type {PollState, Readings} from '../../queries/plan.ts';
import {followLinks, isSameMount, type Mount, mountOf, mountsOf} from './mounts.ts';
import type {Neighbour} from './neighbour.ts';
import {availableMemory} from './procfs.ts';

type DirectoryPath = Pick<Directory, 'kind' | 'name'> & {readonly path: string};

const mostWaitMs = 1000;
const mountsMs = 60_000;

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
const directoryPathsOf = ({results}: PollState): readonly DirectoryPath[] => {
	const answer = results[directories.name];
	const rows = answer?.ok ? (answer.rows as readonly Directory[]) : [];
	const data = rows.find(({kind}) => kind === 'data')?.path;
	return rows.flatMap(({kind, name, path}): readonly DirectoryPath[] => {
		if (path === null || (kind === 'log' && data == null)) return [];
		const directory = {kind, name, path: resolve(data ?? '/', path)};
		return kind === 'data' ? [directory, {kind: 'wal', name: 'wal', path: resolve(path, 'pg_wal')}] : [directory];
	});
};

/** Mounts in our mount namespace and in that of the server. */
type Mounts = {readonly here: readonly Mount[]; readonly server: readonly Mount[]};

/** Space on the disk of a directory; undefined if it is not the server's disk, or one that might never answer. */
const spaceOf = async ({kind, name, path}: DirectoryPath, {here, server}: Mounts): Promise<HostRow | undefined> => {
	const real = await followLinks(path, here);
	const mount = real === undefined ? undefined : mountOf(here, real);
	if (real === undefined || mount === undefined || !isSameMount(mount, mountOf(server, real))) return undefined;
	const {bsize, blocks, bfree, bavail} = await statfs(real);
	return {
		...none,
		kind,
		name,
		path: real,
		device: mount.device,
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
	let mounted: {readonly of: Neighbour; readonly at: number; readonly mounts: Mounts} | undefined;

	const mountsFor = (neighbour: Neighbour): Mounts => {
		if (mounted?.of === neighbour && performance.now() - mounted.at < mountsMs) return mounted.mounts;
		const mounts = {here: mountsOf('self'), server: mountsOf(neighbour.backend)};
		mounted = {of: neighbour, at: performance.now(), mounts};
		return mounts;
	};

	const withinTime = async (directory: DirectoryPath, mounts: Mounts): Promise<HostRow | undefined> => {
		if (waiting.has(directory.path)) return undefined;
		waiting.add(directory.path);
		const space = spaceOf(directory, mounts)
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
		for (const directory of directoryPathsOf(state)) {
			const space = await withinTime(directory, mountsFor(neighbour));
			if (space) rows.push(space);
		}
		return rows;
	};
};
