import {lastUntil, type Past} from '../../../core/history/past.ts';
import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {msOf} from '../../../core/values/instant.ts';
import {bytes, duration, percent} from '../../../core/values/units.ts';
import {rowsOf, sessionsByPid} from '../../../panes/reading/answers.ts';
import {type LiveTemp, liveTempOf, type TempUse} from '../../../panes/reading/temp-files.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {directories, type HostRow, host} from '../../../queries/beside/host.ts';
import {tempFiles, tempFilesets} from '../../../queries/storage/temp-files.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';
import {sessionActivity, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

// Growth between two adjacent answers is that of one write.
const leastMs = 5000;
const oldestMs = 60_000;
// A sort that has taken less of the space it found is far from filling the disk, whatever its rate.
const leastShare = 0.1;

/** Temporary files of a session. */
type User = {readonly pid: number; readonly use: TempUse; readonly session: Session | undefined};

/** Temporary files that exist: who has them, how fast they grow, and when the disk is full; and those that a crash left. */
export const tempFilesOnDisk = defineRule({
	id: 'temp-files',
	help: 'Temporary files on disk now, which only show in counters once they are closed: who has them, how fast they grow, and the time until the disk is full if pgtriage runs on the host of the server. Also files that a crash left behind.',
	queries: [tempFiles, sessions, directories, tempFilesets, host],
	find: oncePerAnswers([tempFiles, tempFilesets], (sample, past, limits) => {
		const temp = liveTempOf(sample);
		if (!temp) return [];
		const before = earlierOf(sample, past, temp);
		return [...filesInUse(sample, temp, before, limits), ...leftBehind(temp, before, limits)];
	}),
});

/** The newest temporary files that are old enough for a rate. */
const earlierOf = (sample: Sample, past: Past, {at}: LiveTemp): LiveTemp | undefined => {
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index) as Sample;
		if (msOf(sample.at) - msOf(earlier.at) > oldestMs) return undefined;
		const temp = liveTempOf(earlier);
		if (temp && msOf(at) - msOf(temp.at) >= leastMs) return temp;
	}
	return undefined;
};

/** Disk that temporary files of a tablespace fill; undefined on a remote host. */
const diskOf = (sample: Sample, tablespace: string): HostRow | undefined =>
	rowsOf(sample, host).find(({kind, name, free_bytes: free}) =>
		free === null ? false : tablespace === 'pg_default' ? kind === 'data' : kind === 'tablespace' && name === tablespace,
	);

/** Temporary files on one disk: bytes, growth per second, free space, and seconds until it is full. */
type Disk = {
	readonly tablespace: string;
	readonly free: number | null;
	readonly growth: number | null;
	readonly fillsIn: number | null;
};

/** Tablespace whose temporary files fill its disk first, or else the one with most of them. */
const pressedDisk = (sample: Sample, temp: LiveTemp, before: LiveTemp | undefined): Disk => {
	const seconds = before ? (msOf(temp.at) - msOf(before.at)) / 1000 : 0;
	const disks = [...temp.byTablespace]
		.sort(([, a], [, b]) => b - a)
		.map(([tablespace, now]): Disk => {
			const free = diskOf(sample, tablespace)?.free_bytes ?? null;
			const growth = before ? (now - (before.byTablespace.get(tablespace) ?? 0)) / seconds : null;
			const isMuch = free !== null && now >= leastShare * (now + free);
			const fillsIn = isMuch && growth !== null && growth > 0 ? free / growth : null;
			return {tablespace, free, growth, fillsIn};
		});
	const [first = {tablespace: 'pg_default', free: null, growth: null, fillsIn: null}] = disks;
	return disks
		.filter(({fillsIn}) => fillsIn !== null)
		.reduce((worst, disk) => ((disk.fillsIn ?? 0) < (worst.fillsIn ?? Number.POSITIVE_INFINITY) ? disk : worst), first);
};

const filesInUse = (sample: Sample, temp: LiveTemp, before: LiveTemp | undefined, limits: Limits): readonly Found[] => {
	const disk = pressedDisk(sample, temp, before);
	const severity: Severity | undefined = worstOf(
		severityOf(temp.bytes, limits.temp_file_bytes),
		severityOf(disk.fillsIn, limits.temp_fills_seconds),
	);
	const users = [...temp.byPid]
		.map(([pid, use]): User => ({pid, use, session: sessionsByPid(sample).get(pid)}))
		.sort((a, b) => b.use.bytes - a.use.bytes);
	const [first] = users;
	if (!severity || !first) return [];
	const {pid, use, session} = first;
	const name = session ? sessionName(session, sample) : String(pid);
	const all = users.length > 1 ? `, of ${bytes(temp.bytes)} in ${plural(users.length, 'session')}` : '';
	return [
		{
			subject: session ? `${pid}@${session.backend_start}` : String(pid),
			severity,
			weight: temp.bytes,
			summary: clean(`${name} has ${bytes(use.bytes)} of temporary files on disk${all}${fullIn(disk)}.`),
			evidence: clean(evidenceOf(sample, temp, before, disk, first)),
			pid,
			leads: session ? sessionRef(session) : {pane: 'sessions', identity: null},
			action: session
				? `${sessionRemedy(session)} That removes the files. A larger work_mem, or an index in that order, avoids them.`
				: null,
		},
	];
};

const fullIn = ({fillsIn}: Disk): string => (fillsIn === null ? '' : `; the disk is full in ${duration(fillsIn)}`);

const evidenceOf = (
	sample: Sample,
	temp: LiveTemp,
	before: LiveTemp | undefined,
	{tablespace, free, growth}: Disk,
	{pid, use, session}: User,
): string => {
	const seconds = before ? (msOf(temp.at) - msOf(before.at)) / 1000 : 0;
	const own = before && (use.bytes - (before.byPid.get(pid)?.bytes ?? 0)) / seconds;
	const where = tablespace === 'pg_default' ? '' : ` in tablespace ${tablespace}`;
	const sentences = [
		session && `${pid} is ${sessionActivity(session, sample)}.`,
		own !== undefined && own > 0 && `Its files grow by ${bytes(own)}/s.`,
		own !== undefined && own <= 0 && 'Its files do not grow now.',
		own === undefined && growth === null && 'Their growth is not known yet.',
		free === null ? `Free disk space is not known from here.` : `${bytes(free)} left on the disk${where}.`,
		temp.limit === null
			? 'temp_file_limit is off.'
			: `temp_file_limit cancels a statement at ${bytes(temp.limit)} per process (${percent(use.bytes / temp.limit)} used).`,
		!temp.complete && 'Files of parallel hash joins are not included.',
	];
	return sentences.filter(sentence => typeof sentence === 'string').join(' ');
};

const leftBehind = ({leftovers}: LiveTemp, before: LiveTemp | undefined, limits: Limits): readonly Found[] => {
	// Files of a session that ended while they were listed are gone in the next answer.
	const size = Math.min(leftovers.bytes, before?.leftovers.bytes ?? 0);
	const severity = severityOf(size, limits.temp_leftover_bytes);
	if (!severity) return [];
	const since = leftovers.newest === null ? '' : `, last written at ${leftovers.newest.slice(0, 19).replace('T', ' ')}`;
	return [
		{
			subject: 'leftovers',
			severity,
			weight: size,
			summary: clean(`A crash left ${bytes(size)} of temporary files behind.`),
			evidence: clean(`${plural(leftovers.files, 'file')} of processes that ended${since}.`),
			pid: null,
			leads: {pane: 'databases', identity: null},
			action:
				'A restart of the server removes them. remove_temp_files_after_crash (14 and later) removes them right after a crash.',
		},
	];
};
