import {resolve} from 'node:path/posix';
import {type Directory, directories} from '../../queries/beside/host.ts';
import type {PollState} from '../../queries/plan.ts';
import {followLinks, isSameMount, type Mount, mountOf, mountsOf} from './mounts.ts';
import type {Neighbour} from './neighbour.ts';

/** Directory of the server's files: absolute, with symbolic links unresolved. */
export type DirectoryPath = Pick<Directory, 'kind' | 'name'> & {readonly path: string};

/** Path without symbolic links, and its mount. */
export type RealPath = {readonly path: string; readonly mount: Mount};

/** Directories that the server named: data, log and tablespaces; a relative one cannot be found without the data directory. */
export const pathsOf = (rows: readonly Directory[]): readonly DirectoryPath[] => {
	const data = rows.find(({kind}) => kind === 'data')?.path;
	return rows.flatMap(({kind, name, path}): readonly DirectoryPath[] =>
		path === null || (data == null && !path.startsWith('/')) ? [] : [{kind, name, path: resolve(data ?? '/', path)}],
	);
};

/** Directories of the newest answer. */
export const directoryPathsOf = ({results}: PollState): readonly DirectoryPath[] => {
	const answer = results[directories.name];
	return pathsOf(answer?.ok ? (answer.rows as readonly Directory[]) : []);
};

/** Mounts in our mount namespace and in that of the server. */
type Mounts = {readonly here: readonly Mount[]; readonly server: readonly Mount[]};

const mountsMs = 60_000;

/**
 * Creates a finder of the server's files on this host: the real path, or undefined if it is on another disk than the server's, or
 * on one that might never answer. Rejects if the path does not exist or is not accessible.
 */
export const createServerPaths = (): ((neighbour: Neighbour, path: string) => Promise<RealPath | undefined>) => {
	let mounted: {readonly of: Neighbour; readonly at: number; readonly mounts: Mounts} | undefined;
	const mountsFor = (neighbour: Neighbour): Mounts => {
		if (mounted?.of === neighbour && performance.now() - mounted.at < mountsMs) return mounted.mounts;
		const mounts = {here: mountsOf('self'), server: mountsOf(neighbour.backend)};
		mounted = {of: neighbour, at: performance.now(), mounts};
		return mounts;
	};
	return async (neighbour, path) => {
		const {here, server} = mountsFor(neighbour);
		const real = await followLinks(path, here);
		const mount = real === undefined ? undefined : mountOf(here, real);
		if (real === undefined || mount === undefined || !isSameMount(mount, mountOf(server, real))) return undefined;
		return {path: real, mount};
	};
};
