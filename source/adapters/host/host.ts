import {statfs} from 'node:fs/promises';
import {cpus, hostname, loadavg, totalmem} from 'node:os';
import {resolve} from 'node:path/posix';
import {type Directory, directories, type HostRow} from '../../queries/host.ts';
import type {PollState, Readings} from '../../queries/plan.ts';
import {followLinks, isSameMount, type Mount, mountOf, mountsOf} from './mounts.ts';
import type {Neighbour} from './neighbour.ts';
import {availableMemory} from './procfs.ts';

type Place = Pick<Directory, 'kind' | 'name'> & {readonly path: string};

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

/** The places of the server's files that it told; the write-ahead log has one of its own, which may lead to another disk. */
const placesOf = ({results}: PollState): readonly Place[] => {
	const answer = results[directories.name];
	const told = answer?.ok ? (answer.rows as readonly Directory[]) : [];
	const data = told.find(({kind}) => kind === 'data')?.path;
	return told.flatMap(({kind, name, path}): readonly Place[] => {
		if (path === null || (kind === 'log' && data == null)) return [];
		const place = {kind, name, path: resolve(data ?? '/', path)};
		return kind === 'data' ? [place, {kind: 'wal', name: 'wal', path: resolve(path, 'pg_wal')}] : [place];
	});
};

/** What is mounted here and where the server looks from. */
type Mounts = {readonly here: readonly Mount[]; readonly there: readonly Mount[]};

/** The room on the disk that a place is on; undefined where it is not the server's, or is one that might never answer. */
const roomOf = async ({kind, name, path}: Place, {here, there}: Mounts): Promise<HostRow | undefined> => {
	const real = await followLinks(path, here);
	const mount = real === undefined ? undefined : mountOf(here, real);
	if (real === undefined || mount === undefined || !isSameMount(mount, mountOf(there, real))) return undefined;
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
 * Makes the reading of the server's host: load, memory, and the room on its disks, as far as they may be asked. A disk that does
 * not answer within a second is left out, and not asked again before it did.
 */
export const createHostReading = (neighbourOf: (known: PollState) => Neighbour | undefined): NonNullable<Readings[string]> => {
	const processors = cpus().length;
	const waiting = new Set<string>();
	let mounted: {readonly of: Neighbour; readonly at: number; readonly mounts: Mounts} | undefined;

	const mountsFor = (neighbour: Neighbour): Mounts => {
		if (mounted?.of === neighbour && performance.now() - mounted.at < mountsMs) return mounted.mounts;
		const mounts = {here: mountsOf('self'), there: mountsOf(neighbour.backend)};
		mounted = {of: neighbour, at: performance.now(), mounts};
		return mounts;
	};

	const asked = async (place: Place, mounts: Mounts): Promise<HostRow | undefined> => {
		if (waiting.has(place.path)) return undefined;
		waiting.add(place.path);
		const room = roomOf(place, mounts)
			// Behind a folder that is closed to us, or gone.
			.catch(() => undefined)
			.finally(() => waiting.delete(place.path));
		const late = Promise.withResolvers<undefined>();
		const timer = setTimeout(late.resolve, mostWaitMs, undefined);
		const first = await Promise.race([room, late.promise]);
		clearTimeout(timer);
		return first;
	};

	return async known => {
		const neighbour = neighbourOf(known);
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
		for (const place of placesOf(known)) {
			const room = await asked(place, mountsFor(neighbour));
			if (room) rows.push(room);
		}
		return rows;
	};
};
