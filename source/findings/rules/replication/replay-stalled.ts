import type {Severity} from '../../../core/pane/finding.ts';
import {clean} from '../../../core/text/clean.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type StandbyRow, standbyRows} from '../../../panes/replication/standby.ts';
import {standby} from '../../../queries/replication/replication.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** Standby whose replay is paused, stuck or behind, or that receives no WAL. */
export const replayStalled = defineRule({
	id: 'replay-stalled',
	help: 'On a standby: replay is paused, stuck or behind, or no WAL arrives from the primary.',
	queries: [standby, wal],
	find: oncePerAnswers([standby, wal], (sample, past, limits) =>
		standbyRows(sample, past).flatMap(row => [...replayOf(row, limits), ...receiverOf(row)]),
	),
});

const standbyRef = {pane: 'replication', identity: 'standby standby'} as const;

const severityFor = (row: StandbyRow, limits: Limits): Severity | undefined => {
	const byBytes = severityOf(row.replay_gap_bytes, limits.standby_lag_bytes);
	switch (row.replay_state) {
		case 'paused':
		case 'pause requested':
			return worstOf('warning', byBytes);
		case 'stuck':
			return worstOf(byBytes, severityOf(row.replay_gap_bytes, limits.standby_stuck_bytes));
		case 'replaying':
			return worstOf(byBytes, severityOf(row.replay_gap_bytes === 0 ? null : row.lag_seconds, limits.standby_lag_seconds));
		case 'caught up':
		case 'waiting':
			return byBytes;
	}
};

const replayOf = (row: StandbyRow, limits: Limits): readonly Found[] => {
	const severity = severityFor(row, limits);
	if (!severity) return [];
	const gap = row.replay_gap_bytes === null ? 'An unknown amount of WAL' : bytes(row.replay_gap_bytes);
	const isPaused = row.replay_state === 'paused' || row.replay_state === 'pause requested';
	const what = isPaused
		? 'Replay is paused on this standby'
		: row.replay_state === 'stuck'
			? 'Replay is stuck on this standby'
			: 'Replay is behind on this standby';
	return [
		{
			subject: 'replay',
			severity,
			weight: row.replay_gap_bytes ?? 0,
			summary: `${what}: ${gap} received but not replayed.`,
			evidence: row.lag_seconds === null ? '' : `The last replayed transaction is ${duration(row.lag_seconds)} old.`,
			pid: null,
			leads: standbyRef,
			action: isPaused
				? 'select pg_wal_replay_resume() resumes it.'
				: 'A query here may block it until max_standby_streaming_delay; the sessions pane shows the longest.',
		},
	];
};

// A standby that only restores from an archive has never received WAL and needs no walreceiver.
const receiverOf = (row: StandbyRow): readonly Found[] => {
	const {receiver_pid, status, receive_lsn, sender_host} = row;
	const isMissing = receiver_pid === null && receive_lsn !== null;
	const isBroken = receiver_pid !== null && status !== null && status !== 'streaming';
	if (!isMissing && !isBroken) return [];
	const from = sender_host === null ? 'its primary' : sender_host;
	return [
		{
			subject: 'receiver',
			severity: 'warning',
			weight: 0,
			summary: clean(
				isMissing
					? 'This standby receives no WAL: no walreceiver is connected to its primary.'
					: `This standby receives no WAL: its walreceiver from ${from} is ${status}.`,
			),
			evidence: row.lag_seconds === null ? '' : `The last replayed transaction is ${duration(row.lag_seconds)} old.`,
			pid: null,
			leads: isMissing ? standbyRef : {pane: 'replication', identity: `receiver ${receiver_pid}`},
			action: 'The log of this server shows why it cannot connect.',
		},
	];
};
