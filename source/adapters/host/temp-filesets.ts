import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path/posix';
import {type Instant, msOf} from '../../core/values/instant.ts';
import type {PollState, Readings} from '../../queries/plan.ts';
import type {TempFilesets} from '../../queries/storage/temp-files.ts';
import {type Neighbour, sessionsOf} from './neighbour.ts';
import {createServerPaths, directoryPathsOf} from './server-paths.ts';

// A parallel hash join has up to a few thousand files; more than these would keep the disk busy with our own reads.
const mostFiles = 4000;
const filesAtOnce = 32;
const mostWaitMs = 1000;
// The list of sessions may be older than a file of a session that has just begun.
const youngMs = 10_000;

// `.fileset` since 15, `.sharedfileset` before.
const filesetName = /^pgsql_tmp(\d{1,9})\.\d+\.(?:shared)?fileset$/;
// After pg_upgrade the directory of the old version stays beside ours: PG_18_202506291.
const versionName = /^PG_(\d+)_\d+$/;

type TempDirectory = {readonly tablespace: string; readonly path: string};

/** Size, number and last write of some files. */
type Total = {readonly bytes: number; readonly files: number; readonly newestMs: number; readonly complete: boolean};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Names in a directory; none if it does not exist, as before the first temporary file. */
const namesIn = async (path: string): Promise<readonly string[]> => {
	try {
		return await readdir(path);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return [];
		throw error;
	}
};

const majorOf = ({results: {facts}}: PollState): string =>
	String(Math.trunc(Number(facts?.ok ? (facts.rows[0]?.version ?? 0) : 0) / 10_000));

/** Directories with temporary files of each tablespace; undefined if the data directory is not known. */
const tempDirectoriesOf = async (state: PollState): Promise<readonly TempDirectory[] | undefined> => {
	const directories = directoryPathsOf(state);
	const data = directories.find(({kind}) => kind === 'data');
	if (!data) return undefined;
	const found: TempDirectory[] = [{tablespace: 'pg_default', path: join(data.path, 'base/pgsql_tmp')}];
	for (const {kind, name, path} of directories) {
		if (kind !== 'tablespace') continue;
		const ours = (await namesIn(path)).filter(each => versionName.exec(each)?.[1] === majorOf(state));
		for (const each of ours) found.push({tablespace: name, path: join(path, each, 'pgsql_tmp')});
	}
	return found;
};

/** Adds up the files of a directory, at most `budget` of them. */
const totalOf = async (path: string, budget: number): Promise<Total> => {
	const names = await namesIn(path);
	const counted = names.slice(0, budget);
	let [bytes, files, newestMs] = [0, 0, 0];
	for (let from = 0; from < counted.length; from += filesAtOnce) {
		const batch = counted.slice(from, from + filesAtOnce);
		// A file that is gone meanwhile takes no space.
		const stats = await Promise.all(batch.map(name => stat(join(path, name)).catch(() => undefined)));
		for (const each of stats) {
			if (!each) continue;
			bytes += each.size;
			files++;
			newestMs = Math.max(newestMs, each.mtimeMs);
		}
	}
	return {bytes, files, newestMs, complete: names.length <= budget};
};

const instantOf = (ms: number): Instant | null => (ms === 0 ? null : new Date(ms).toISOString().replace('Z', '000+00:00'));

const sum = (a: Total | undefined, b: Total): Total => ({
	bytes: (a?.bytes ?? 0) + b.bytes,
	files: (a?.files ?? 0) + b.files,
	newestMs: Math.max(a?.newestMs ?? 0, b.newestMs),
	complete: (a?.complete ?? true) && b.complete,
});

/** Reads the shared temporary files of one tablespace, by creator. */
const readDirectory = async ({tablespace, path}: TempDirectory, state: PollState): Promise<readonly TempFilesets[]> => {
	const byPid = new Map<number, Total>();
	let left = mostFiles;
	for (const name of await namesIn(path)) {
		const pid = filesetName.exec(name)?.[1];
		if (pid === undefined) continue;
		const total = await totalOf(join(path, name), left);
		left -= Math.min(left, total.files);
		byPid.set(Number(pid), sum(byPid.get(Number(pid)), total));
	}
	const backends = new Map(sessionsOf(state).map(session => [session.pid, session.backend_start]));
	const rowOf = (pid: number | null, {bytes, files, newestMs, complete}: Total): TempFilesets => {
		const start = pid === null ? null : (backends.get(pid) ?? null);
		const isAfter = start !== null && newestMs > 0 && newestMs < msOf(start) - 1000;
		const isGone = pid !== null && !backends.has(pid) && newestMs < Date.now() - youngMs;
		return {
			tablespace,
			pid,
			leftover: isAfter || isGone,
			files,
			bytes,
			newest: instantOf(newestMs),
			backend_start: start,
			complete,
		};
	};
	return [rowOf(null, {bytes: 0, files: 0, newestMs: 0, complete: true}), ...[...byPid].map(([pid, total]) => rowOf(pid, total))];
};

/**
 * Creates the reading of temporary files that processes share. Returns undefined if the server is on another host, or if its files
 * cannot be read by the user that runs pgtriage: only the server's own user or root can, by default.
 */
export const createTempFilesetReading = (
	neighbourOf: (state: PollState) => Neighbour | undefined,
): NonNullable<Readings[string]> => {
	const realPathOf = createServerPaths();
	let isWaiting = false;

	const readAll = async (state: PollState, neighbour: Neighbour): Promise<readonly TempFilesets[] | undefined> => {
		const rows: TempFilesets[] = [];
		for (const directory of (await tempDirectoriesOf(state)) ?? []) {
			const parent = await realPathOf(neighbour, join(directory.path, '..'));
			if (parent === undefined) return undefined;
			rows.push(...(await readDirectory({...directory, path: join(parent.path, 'pgsql_tmp')}, state)));
		}
		return rows;
	};

	return async state => {
		const neighbour = neighbourOf(state);
		if (!neighbour || isWaiting) return undefined;
		isWaiting = true;
		// Not accessible: what is there is unknown.
		const rows = readAll(state, neighbour)
			.catch(() => undefined)
			.finally(() => {
				isWaiting = false;
			});
		const late = Promise.withResolvers<undefined>();
		const timer = setTimeout(late.resolve, mostWaitMs, undefined);
		const first = await Promise.race([rows, late.promise]);
		clearTimeout(timer);
		return first;
	};
};
