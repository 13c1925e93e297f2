import {answerOf} from '../../../core/history/past.ts';
import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type ArchiverRow, archiverRows} from '../../../panes/replication/archiver.ts';
import {archiveBacklog, archiver, wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';

import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** WAL that is not archived: the archiver fails, has no command, or does not keep up. */
export const archiverFailing = defineRule({
	id: 'archiver-failing',
	help: 'WAL that is not archived: the archiver fails, has no command, or does not keep up. It stays in pg_wal until archived.',
	queries: [archiver, wal, archiveBacklog],
	find: oncePerAnswers([archiver, archiveBacklog], (sample, _, limits) =>
		archiverRows(sample).flatMap(row => {
			const severity = severityFor(row, sample, limits);
			if (!severity) return [];
			return [
				{
					subject: 'archiver',
					severity,
					weight: row.backlog_bytes ?? 0,
					summary: clean(summaryOf(row)),
					evidence: clean(evidenceOf(row, sample)),
					pid: null,
					leads: {pane: 'replication', identity: 'archiver archiver'},
					action:
						row.state === 'failing'
							? 'The server log has the output of archive_command; the server retries by itself.'
							: row.state === 'no command'
								? 'Set archive_command or archive_library and reload.'
								: 'Use a faster archive_command, or one that sends several segments in parallel.',
				},
			];
		}),
	),
});

const sinceArchived = ({last_archived_time}: ArchiverRow, sample: Sample): number | null =>
	secondsBetween(last_archived_time, answerOf(sample, archiver)?.at ?? sample.at);

const severityFor = (row: ArchiverRow, sample: Sample, limits: Limits): Severity | undefined => {
	if (row.state === 'off' || row.state === 'standby') return undefined;
	const byBacklog = severityOf(row.backlog_bytes, limits.archive_backlog_bytes);
	if (row.state === 'archiving') return byBacklog;
	// If nothing was ever archived, the start of the failure is unknown.
	return worstOf(byBacklog, severityOf(sinceArchived(row, sample) ?? 0, limits.archive_failing_seconds));
};

const summaryOf = (row: ArchiverRow): string => {
	const waits =
		row.backlog_files === null || row.backlog_files === 0
			? ''
			: `, ${plural(row.backlog_files, 'segment')} wait${row.backlog_files === 1 ? 's' : ''}`;
	if (row.state === 'failing') return `WAL archiving fails at ${row.last_failed_wal ?? 'a segment'}${waits}.`;
	if (row.state === 'no command') return `archive_mode is ${row.archive_mode}, but nothing archives WAL${waits}.`;
	return `WAL archiving does not keep up${waits}.`;
};

const evidenceOf = (row: ArchiverRow, sample: Sample): string => {
	const since = sinceArchived(row, sample);
	return [
		since === null ? 'Nothing has been archived yet.' : `The last segment was archived ${duration(since)} ago.`,
		row.state === 'failing' && row.failed_count !== null
			? `It has failed ${plural(row.failed_count, 'time')} since the counters were reset.`
			: undefined,
		row.backlog_bytes === null || row.backlog_bytes === 0 ? undefined : `${bytes(row.backlog_bytes)} are waiting in pg_wal.`,
	]
		.filter(sentence => sentence !== undefined)
		.join(' ');
};
