import {isGroupMember} from '../../core/locks/lock-group.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Instant} from '../../core/values/instant.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import {tempFiles, tempFilesets} from '../../queries/storage/temp-files.ts';
import {factsOf, rowsOf, sessionsByPid} from './answers.ts';

/** Temporary files of one backend, its parallel workers included. */
export type TempUse = {
	readonly bytes: number;
	readonly files: number;
	readonly byTablespace: ReadonlyMap<string, number>;
	readonly backend_start: Instant | null;
};

/** Temporary files that a crash left behind. */
export type TempLeftovers = {readonly bytes: number; readonly files: number; readonly newest: Instant | null};

/** Temporary files that exist in a sample. */
export type LiveTemp = {
	/** Time they were read. */
	readonly at: Instant;
	/** False if files that processes share, of parallel hash joins, were not read: every figure is a lower bound. */
	readonly complete: boolean;
	readonly byPid: ReadonlyMap<number, TempUse>;
	/** Bytes of the files of backends other than our own. */
	readonly bytes: number;
	readonly byTablespace: ReadonlyMap<string, number>;
	readonly leftovers: TempLeftovers;
	/** temp_file_limit of one process as set for our role; null if it is off. */
	readonly limit: number | null;
};

type Entry = {
	readonly tablespace: string;
	readonly pid: number | null;
	readonly leftover: boolean;
	readonly files: number;
	readonly bytes: number;
	readonly newest: Instant | null;
	readonly backend_start: Instant | null;
};

const laterOf = (a: Instant | null, b: Instant | null): Instant | null => (a === null || (b !== null && b > a) ? b : a);

const raised = (map: ReadonlyMap<string, number> | undefined, key: string, bytes: number): ReadonlyMap<string, number> =>
	new Map(map).set(key, (map?.get(key) ?? 0) + bytes);

/** Leader of a parallel worker, which its temporary files count for; any other process counts for itself. */
const accountOf = (pid: number, sample: Sample): number => {
	const session = sessionsByPid(sample).get(pid);
	return session && isGroupMember(session) ? (session.leader_pid ?? pid) : pid;
};

/** Temporary files of a sample; undefined if they were not read, or our role may not list them. */
export const liveTempOf: (sample: Sample) => LiveTemp | undefined = oncePerSample(sample => {
	const answer = sample.results[tempFiles.name];
	if (!answer?.ok || factsOf(sample)?.lists_temp !== true) return undefined;
	const own = rowsOf(sample, tempFiles);
	const shared = rowsOf(sample, tempFilesets);
	const byPid = new Map<number, TempUse>();
	let byTablespace: ReadonlyMap<string, number> = new Map();
	let leftovers: TempLeftovers = {bytes: 0, files: 0, newest: null};
	let bytes = 0;
	for (const entry of [...own, ...shared] as readonly Entry[]) {
		if (entry.leftover) {
			leftovers = {
				bytes: leftovers.bytes + entry.bytes,
				files: leftovers.files + entry.files,
				newest: laterOf(leftovers.newest, entry.newest),
			};
			continue;
		}
		if (entry.pid === null || sample.own.includes(entry.pid)) continue;
		const pid = accountOf(entry.pid, sample);
		const before = byPid.get(pid);
		byPid.set(pid, {
			bytes: (before?.bytes ?? 0) + entry.bytes,
			files: (before?.files ?? 0) + entry.files,
			byTablespace: raised(before?.byTablespace, entry.tablespace, entry.bytes),
			backend_start: pid === entry.pid ? entry.backend_start : (before?.backend_start ?? null),
		});
		byTablespace = raised(byTablespace, entry.tablespace, entry.bytes);
		bytes += entry.bytes;
	}
	return {
		at: answer.at,
		complete: shared.length > 0 && shared.every(({complete}) => complete),
		byPid,
		bytes,
		byTablespace,
		leftovers,
		limit: own[0]?.temp_file_limit ?? null,
	};
});

type Identified = Pick<Session, 'pid' | 'backend_start' | 'backend_type'>;

/**
 * Temporary files of a session with its parallel workers; undefined if it has none. A session that began after they were read only
 * reuses the pid of another one.
 */
export const tempUseOf = (sample: Sample, {pid, backend_start}: Omit<Identified, 'backend_type'>): TempUse | undefined => {
	const use = liveTempOf(sample)?.byPid.get(pid);
	const isOther = use?.backend_start != null && backend_start !== null && use.backend_start !== backend_start;
	return isOther ? undefined : use;
};

/** Bytes of temporary files of a session; null if unknown, and for a parallel worker, whose files count for its leader. */
export const tempBytesOf = (sample: Sample, session: Identified): number | null => {
	const temp = liveTempOf(sample);
	if (!temp || isGroupMember(session)) return null;
	if (session.backend_start !== null && session.backend_start > temp.at) return null;
	return tempUseOf(sample, session)?.bytes ?? 0;
};
