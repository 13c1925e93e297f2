import {answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {age, count, instant, pace, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {bytesBetween, positionOf} from '../../core/values/lsn.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type Standby, standby} from '../../queries/replication.ts';
import {rowsOf} from '../reading/answers.ts';
import {danger, definePart, note, type PartRow, remarksOf, sectionColumn, warning} from '../reading/sections.ts';
import {
	behind,
	conflictKindsColumn,
	conflictsColumn,
	messageColumn,
	messageTimeColumn,
	pidColumn,
	receiveLsnColumn,
	silenceSeconds,
	silent,
	slotNameColumn,
} from './columns.ts';
import {sameRun} from './wal-past.ts';

/** Where the walreceiver of a standby gets its WAL from; all but the pid is null for a role that may not see it. */
type ReceiverRow = PartRow & Standby & {readonly pid: number};

const hostOf = ({sender_host, sender_port}: Standby): string | null =>
	sender_host === null ? null : sender_host.startsWith('/') ? sender_host : `${sender_host}:${sender_port}`;

/** What a standby receives. */
export const receiverPart = definePart<ReceiverRow>({
	id: 'receiver',
	rows: sample =>
		rowsOf(sample, standby).flatMap((row): readonly ReceiverRow[] =>
			row.in_recovery && row.receiver_pid !== null ? [{...row, section: 'receiver', pid: row.receiver_pid}] : [],
		),
	name: row => String(row.pid),
	masked: row => row.status === null,
	columns: [
		text<ReceiverRow>('sender', 'Server and port it receives from.', hostOf, {
			title: 'RECEIVES FROM',
			keep: 100,
			width: {min: 16, max: 30},
		}),
		sectionColumn,
		pidColumn,
		text<ReceiverRow>('status', 'What the walreceiver does.', row => row.status, {
			title: 'STATUS',
			keep: 92,
			width: {min: 9},
			tone: value => (value === 'streaming' ? 'calm' : 'warn'),
		}),
		slotNameColumn,
		messageColumn,
		count<ReceiverRow>('received_tli', 'Timeline it receives.', row => row.received_tli, {
			title: 'TIMELINE',
			keep: 60,
			width: {min: 8},
		}),
		text<ReceiverRow>('flushed_lsn', 'Received and flushed up to here.', row => row.flushed_lsn, {
			title: 'FLUSHED',
			keep: 50,
			width: {min: 10, max: 17},
		}),
		receiveLsnColumn,
		text<ReceiverRow>('written_lsn', 'Received and written up to here.', row => row.written_lsn, {
			title: 'WRITTEN',
			width: {min: 10, max: 17},
		}),
		text<ReceiverRow>('sender_host', 'Host it receives from.', row => row.sender_host),
		count<ReceiverRow>('sender_port', 'Port it receives from.', row => row.sender_port),
		instant<ReceiverRow>('last_msg_send_time', 'When the last message was sent, by the sender.', row => row.last_msg_send_time, {
			title: 'SENT AT',
			width: {min: 8},
		}),
		messageTimeColumn,
	],
	remarks: (row, sample) => {
		const silence = secondsBetween(row.last_msg_receipt_time, answerOf(sample, standby)?.at ?? sample.at);
		return remarksOf([
			row.status === null && note('What it receives cannot be seen by our role.'),
			row.status !== null &&
				row.status !== 'streaming' &&
				warning(`It is not streaming but ${row.status}: the server's log says why.`),
			silence !== null &&
				silence >= silenceSeconds && {
					text: `Nothing came for ${duration(silence)}: the primary or the link is dead; wal_receiver_timeout ends the connection.`,
					tone: silent(silence),
				},
			row.status !== null && row.slot_name === null && note('It uses no slot: after a long absence WAL it needs may be gone.'),
		]);
	},
});

type ReplayState = 'paused' | 'pause requested' | 'caught up' | 'replaying' | 'stuck' | 'waiting';

/** How far a standby has replayed what it received. */
export type StandbyRow = PartRow &
	Standby & {
		readonly replay_state: ReplayState;
		/** Null where WAL comes from an archive only, so that nothing tells how much there is. */
		readonly replay_gap_bytes: number | null;
		readonly lag_seconds: number | null;
		readonly replay_bytes_per_second: number | null;
		readonly receiver: string;
	};

// With nobody to receive from, what was received is no measure: the time since the last transaction is all there is.
const lagOf = (row: Standby, gap: number | null, at: Instant): number | null =>
	gap === 0 && row.receiver_pid !== null ? 0 : secondsBetween(row.last_xact_replay, at);

const stateOf = (row: Standby, gap: number | null, then: Standby | undefined): ReplayState => {
	if (row.pause_state === 'paused') return 'paused';
	if (row.pause_state === 'pause requested') return 'pause requested';
	if (gap === 0) return row.receiver_pid === null ? 'waiting' : 'caught up';
	const waited = then !== undefined && (bytesBetween(then.replay_lsn, then.receive_lsn) ?? 0) > 0;
	return waited && then.replay_lsn === row.replay_lsn ? 'stuck' : 'replaying';
};

/** What a standby has replayed; none on a primary. */
export const standbyRows = (sample: Sample, past: Past): readonly StandbyRow[] => {
	const answer = answerOf<Standby>(sample, standby);
	const base = baseOf<Standby>(sample, sameRun(sample, past), standby);
	const then = base?.rows[0];
	return (answer?.rows ?? [])
		.filter(row => row.in_recovery)
		.map((row): StandbyRow => {
			const gap = bytesBetween(row.replay_lsn, row.receive_lsn);
			const at = answer?.at ?? sample.at;
			return {
				...row,
				section: 'standby',
				replay_state: stateOf(row, gap, then),
				replay_gap_bytes: gap,
				lag_seconds: lagOf(row, gap, at),
				replay_bytes_per_second: perSecond(
					{at: base?.at ?? '', value: positionOf(then?.replay_lsn ?? null)},
					{at, value: positionOf(row.replay_lsn)},
				),
				receiver: row.receiver_pid === null ? 'none' : (row.status ?? 'running'),
			};
		});
};

/** What a standby replays. */
export const standbyPart = definePart<StandbyRow>({
	id: 'standby',
	rows: standbyRows,
	name: () => 'standby',
	columns: [
		text<StandbyRow>(
			'replay_state',
			'What replay does; stuck is that it has not moved although there is WAL to replay.',
			row => row.replay_state,
			{
				title: 'STANDBY',
				keep: 99,
				width: {min: 15},
				tone: value => (value === 'caught up' || value === 'replaying' ? 'calm' : 'warn'),
			},
		),
		sectionColumn,
		size<StandbyRow>('replay_gap_bytes', 'WAL that was received but not replayed.', row => row.replay_gap_bytes, {
			title: 'GAP',
			keep: 95,
			tone: behind,
		}),
		age<StandbyRow>(
			'lag_seconds',
			'Since the last transaction that was replayed was made; 0 while all that was received is replayed.',
			row => row.lag_seconds,
			{
				title: 'LAG',
				keep: 90,
				tone: value => (Number(value) >= 300 ? 'warn' : 'calm'),
			},
		),
		pace<StandbyRow>('replay_bytes_per_second', 'How fast it replays.', row => row.replay_bytes_per_second, {
			title: 'REPLAYS',
			keep: 80,
		}),
		text<StandbyRow>('receiver', 'What its walreceiver does.', row => row.receiver, {
			title: 'RECEIVER',
			keep: 85,
			width: {min: 9},
			tone: value => (value === 'none' ? 'warn' : 'calm'),
		}),
		conflictsColumn,
		conflictKindsColumn,
		text<StandbyRow>('last_wal_receive_lsn', 'Received up to here.', row => row.receive_lsn, {
			title: 'RECEIVED',
			keep: 60,
			width: {min: 10, max: 17},
		}),
		text<StandbyRow>('last_wal_replay_lsn', 'Replayed up to here.', row => row.replay_lsn, {
			title: 'REPLAYED',
			keep: 61,
			width: {min: 10, max: 17},
		}),
		text<StandbyRow>('pause_state', 'Whether replay was asked to pause.', row => row.pause_state, {
			title: 'PAUSE',
			width: {min: 10, max: 15},
		}),
		instant<StandbyRow>(
			'last_xact_replay_timestamp',
			'When the last transaction that was replayed was made.',
			row => row.last_xact_replay,
			{
				title: 'LAST XACT',
				keep: 40,
				width: {min: 9},
			},
		),
	],
	remarks: row =>
		remarksOf([
			row.replay_state === 'paused' && warning('Replay is paused: select pg_wal_replay_resume() goes on.'),
			row.replay_state === 'pause requested' &&
				warning('Replay is about to pause: select pg_wal_replay_resume() takes that back.'),
			row.replay_state === 'stuck' &&
				warning(
					'Replay has not moved for seconds although there is WAL to replay: a query here may hold it up until max_standby_streaming_delay.',
				),
			row.receiver_pid === null &&
				danger(
					'No walreceiver runs: nothing comes from the primary. It is normal only where WAL comes from an archive; the server log says why it cannot connect.',
				),
			row.receive_lsn === null && note('Nothing was received by streaming, so that nobody can tell how much there is to replay.'),
			row.replay_gap_bytes !== null &&
				row.replay_gap_bytes > 0 && {
					text: `${bytes(row.replay_gap_bytes)} were received but are not replayed.`,
					tone: behind(row.replay_gap_bytes),
				},
			row.conflicts > 0 &&
				note(
					`${row.conflicts} statements were cancelled for replay (${row.conflict_kinds}): max_standby_streaming_delay makes replay wait, hot_standby_feedback keeps row versions.`,
				),
		]),
});
