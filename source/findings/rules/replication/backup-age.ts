import {answerOf} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {archiver, walDirectory} from '../../../queries/replication/wal.ts';
import {defineRule, type Found} from '../../rule.ts';
import {sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {type Limits, severityOf} from '../../thresholds.ts';

/**
 * Base backups that are too old or take too long, as far as the server knows them: its history file of the last one, an exclusive
 * backup that was not stopped (13 and 14), and base backups that run. Silent without a history file.
 */
export const backupAge = defineRule({
	id: 'backup-age',
	help: 'The last base backup that this server took while archiving is too long ago, an exclusive backup was never stopped (13 and 14), or a base backup has been running for too long. Silent if the server knows of no backup: one of a standby or a snapshot of a disk leaves no trace.',
	queries: [walDirectory, archiver, sessions],
	find: (sample, _, limits) => [...lastBackup(sample, limits), ...exclusiveBackup(sample, limits), ...running(sample, limits)],
});

const leads = {pane: 'replication', identity: 'archiver archiver'};

const lastBackup = (sample: Sample, limits: Limits): readonly Found[] => {
	const [files] = rowsOf(sample, walDirectory);
	const seconds = secondsBetween(files?.last_backup ?? null, answerOf(sample, walDirectory)?.at ?? sample.at);
	const isArchiving = rowsOf(sample, archiver).some(({archive_mode: mode}) => mode === 'on' || mode === 'always');
	const severity = isArchiving ? severityOf(seconds, limits.backup_age_seconds) : undefined;
	if (!severity || seconds === null || files?.last_backup == null) return [];
	return [
		{
			subject: 'last backup',
			severity,
			weight: seconds,
			summary: clean(`The last base backup of this server ended ${duration(seconds)} ago.`),
			evidence: clean(
				`By its history file in pg_wal, written at ${files.last_backup.slice(0, 16).replace('T', ' ')}. A restore replays all WAL since then. Backups of a standby and snapshots of disks are not seen here.`,
			),
			pid: null,
			leads,
			action: 'Check the schedule and the log of the backup tool.',
		},
	];
};

const exclusiveBackup = (sample: Sample, limits: Limits): readonly Found[] => {
	const since = rowsOf(sample, walDirectory)[0]?.exclusive_backup_since ?? null;
	const seconds = secondsBetween(since, sample.at);
	const severity = severityOf(seconds, limits.backup_running_seconds);
	if (!severity || seconds === null) return [];
	return [
		{
			subject: 'exclusive backup',
			severity,
			weight: seconds,
			summary: clean(`An exclusive backup was started ${duration(seconds)} ago and not stopped.`),
			evidence: 'After a crash the server does not start while backup_label is in its data directory.',
			pid: null,
			leads,
			action: 'If no backup tool is at work: select pg_stop_backup().',
		},
	];
};

/** Base backups over the replication protocol; before 14 the server does not show their command. */
const running = (sample: Sample, limits: Limits): readonly Found[] =>
	rowsOf(sample, sessions)
		.filter(
			({backend_type, state, query}) => backend_type === 'walsender' && state === 'active' && /^base_backup\b/i.test(query ?? ''),
		)
		.flatMap((session): readonly Found[] => {
			const seconds = secondsBetween(session.query_start, sample.at);
			const severity = severityOf(seconds, limits.backup_running_seconds);
			if (!severity || seconds === null) return [];
			return [
				{
					subject: `${session.pid}@${session.backend_start}`,
					severity,
					weight: seconds,
					summary: clean(`${sessionName(session, sample)} has been taking a base backup for ${duration(seconds)}.`),
					evidence: 'The pane Progress shows how far it is.',
					pid: session.pid,
					leads: sessionRef(session),
					action: sessionRemedy(session),
				},
			];
		});
