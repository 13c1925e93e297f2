import {answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {perSecond} from '../../core/history/rates.ts';
import {age, count, flag, instant, pace, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {bytesBetween, positionOf} from '../../core/values/lsn.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type Standby, standby} from '../../queries/replication/replication.ts';
import {rowsOf} from '../reading/answers.ts';
import {danger, defineSection, note, remarksOf, type SectionRow, sectionColumn, warning} from '../reading/sections.ts';
import {
	conflictKindsColumn,
	conflictsColumn,
	lagTone,
	messageColumn,
	messageTimeColumn,
	pidColumn,
	receiveLsnColumn,
	silenceSeconds,
	silenceTone,
	slotNameColumn,
} from './columns.ts';
import {sameRun} from './wal-past.ts';

/** Walreceiver of a standby; all but the pid is null if the role cannot see it. */
type ReceiverRow = SectionRow & Standby & {readonly pid: number};

const hostOf = ({sender_host, sender_port}: Standby): string | null =>
	sender_host === null ? null : sender_host.startsWith('/') ? sender_host : `${sender_host}:${sender_port}`;

/** Section of the walreceiver. */
export const receiverSection = defineSection<ReceiverRow>({
	id: 'receiver',
	title: 'WAL receiver',
	rows: sample =>
		rowsOf(sample, standby).flatMap((row): readonly ReceiverRow[] =>
			row.in_recovery && row.receiver_pid !== null ? [{...row, section: 'receiver', pid: row.receiver_pid}] : [],
		),
	name: row => String(row.pid),
	masked: row => row.status === null,
	columns: [
		text<ReceiverRow>('sender', 'Host and port it receives from.', hostOf, {
			title: 'RECEIVES FROM',
			keep: 100,
			width: {min: 16, max: 30},
		}),
		sectionColumn,
		pidColumn,
		text<ReceiverRow>('status', 'State of the walreceiver.', row => row.status, {
			title: 'STATUS',
			keep: 92,
			width: {min: 9},
			tone: value => (value === 'streaming' ? 'calm' : 'warn'),
		}),
		slotNameColumn,
		messageColumn,
		count<ReceiverRow>('received_tli', 'Timeline received.', row => row.received_tli, {
			title: 'TIMELINE',
			keep: 60,
			width: {min: 8},
		}),
		text<ReceiverRow>('flushed_lsn', 'WAL position received and flushed.', row => row.flushed_lsn, {
			title: 'FLUSHED',
			keep: 50,
			width: {min: 10, max: 17},
		}),
		receiveLsnColumn,
		text<ReceiverRow>('written_lsn', 'WAL position received and written.', row => row.written_lsn, {
			title: 'WRITTEN',
			width: {min: 10, max: 17},
		}),
		text<ReceiverRow>('sender_host', 'Host it receives from.', row => row.sender_host),
		count<ReceiverRow>('sender_port', 'Port it receives from.', row => row.sender_port),
		instant<ReceiverRow>('last_msg_send_time', 'Time the sender sent the last message.', row => row.last_msg_send_time, {
			title: 'SENT AT',
			width: {min: 8},
		}),
		messageTimeColumn,
	],
	remarks: (row, sample) => {
		const silence = secondsBetween(row.last_msg_receipt_time, answerOf(sample, standby)?.at ?? sample.at);
		return remarksOf([
			row.status === null && note('The details are hidden from this role.'),
			row.status !== null && row.status !== 'streaming' && warning(`Not streaming but ${row.status}: see the server log.`),
			silence !== null &&
				silence >= silenceSeconds && {
					text: `No message for ${duration(silence)}: the primary or the link is dead; wal_receiver_timeout closes the connection.`,
					tone: silenceTone(silence),
				},
			row.status !== null && row.slot_name === null && note('No slot: after a long absence the WAL it needs may be gone.'),
		]);
	},
});

type ReplayState = 'paused' | 'pause requested' | 'caught up' | 'replaying' | 'stuck' | 'waiting';

/** Replay on a standby. */
export type StandbyRow = SectionRow &
	Standby & {
		readonly replay_state: ReplayState;
		/** Null if WAL comes only from an archive, since the amount is unknown. */
		readonly replay_gap_bytes: number | null;
		readonly lag_seconds: number | null;
		/** Time since replay got the WAL that it works on; null if it has replayed all, and before 19. */
		readonly behind_seconds: number | null;
		readonly replay_bytes_per_second: number | null;
		readonly receiver: string;
	};

// Without a walreceiver the received position says nothing: only the time since the last transaction is known.
const lagOf = (row: Standby, gap: number | null, at: Instant): number | null =>
	gap === 0 && row.receiver_pid !== null ? 0 : secondsBetween(row.last_xact_replay, at);

const stateOf = (row: Standby, gap: number | null, then: Standby | undefined): ReplayState => {
	if (row.pause_state === 'paused') return 'paused';
	if (row.pause_state === 'pause requested') return 'pause requested';
	if (gap === 0) return row.receiver_pid === null ? 'waiting' : 'caught up';
	const waited = then !== undefined && (bytesBetween(then.replay_lsn, then.receive_lsn) ?? 0) > 0;
	return waited && then.replay_lsn === row.replay_lsn ? 'stuck' : 'replaying';
};

// Between two records, the record being replayed is the last one that was.
const recordOf = ({replaying_lsn, replay_lsn}: Standby): string =>
	replaying_lsn == null || replaying_lsn === replay_lsn ? '' : `, at the record that ends at ${replaying_lsn}`;

/** Replay of a sample; empty on a primary. */
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
				behind_seconds: gap === 0 ? null : secondsBetween(row.chunk_start ?? null, at),
				replay_bytes_per_second: perSecond(
					{at: base?.at ?? '', value: positionOf(then?.replay_lsn ?? null)},
					{at, value: positionOf(row.replay_lsn)},
				),
				receiver: row.receiver_pid === null ? 'none' : (row.status ?? 'running'),
			};
		});
};

/** Section of replay on a standby. */
export const standbySection = defineSection<StandbyRow>({
	id: 'standby',
	title: 'Replay',
	rows: standbyRows,
	name: () => 'standby',
	columns: [
		text<StandbyRow>(
			'replay_state',
			'Replay state; stuck means that it does not move although WAL is waiting.',
			row => row.replay_state,
			{
				title: 'STANDBY',
				keep: 99,
				width: {min: 15},
				tone: value => (value === 'caught up' || value === 'replaying' ? 'calm' : 'warn'),
			},
		),
		sectionColumn,
		size<StandbyRow>('replay_gap_bytes', 'WAL received but not replayed.', row => row.replay_gap_bytes, {
			title: 'GAP',
			keep: 95,
			tone: lagTone,
		}),
		age<StandbyRow>(
			'lag_seconds',
			'Age of the last replayed transaction; 0 if all received WAL is replayed.',
			row => row.lag_seconds,
			{
				title: 'LAG',
				keep: 90,
				tone: value => (Number(value) >= 300 ? 'warn' : 'calm'),
			},
		),
		age<StandbyRow>(
			'behind_seconds',
			'Time since replay had nothing left to replay: it works on WAL that it got then. 19 and later.',
			row => row.behind_seconds,
			{title: 'BEHIND', width: {min: 6}},
		),
		pace<StandbyRow>('replay_bytes_per_second', 'WAL replayed per second.', row => row.replay_bytes_per_second, {
			title: 'REPLAYS',
			keep: 80,
		}),
		text<StandbyRow>('receiver', 'State of the walreceiver.', row => row.receiver, {
			title: 'RECEIVER',
			keep: 85,
			width: {min: 9},
			tone: value => (value === 'none' ? 'warn' : 'calm'),
		}),
		conflictsColumn,
		conflictKindsColumn,
		text<StandbyRow>('last_wal_receive_lsn', 'WAL position received.', row => row.receive_lsn, {
			title: 'RECEIVED',
			keep: 60,
			width: {min: 10, max: 17},
		}),
		text<StandbyRow>('last_wal_replay_lsn', 'WAL position replayed.', row => row.replay_lsn, {
			title: 'REPLAYED',
			keep: 61,
			width: {min: 10, max: 17},
		}),
		text<StandbyRow>('pause_state', 'Pause state of replay.', row => row.pause_state, {
			title: 'PAUSE',
			width: {min: 10, max: 15},
		}),
		text<StandbyRow>('replaying_lsn', 'End of the record being replayed; 19 and later.', row => row.replaying_lsn ?? null, {
			title: 'REPLAYING',
			width: {min: 10, max: 17},
		}),
		flag<StandbyRow>('promote_triggered', 'Its promotion was requested; 19 and later.', row => row.promote_triggered ?? null, {
			title: 'PROMOTING',
			width: {min: 9},
			tone: value => (value === true ? 'warn' : 'calm'),
		}),
		instant<StandbyRow>(
			'last_xact_replay_timestamp',
			'Commit time of the last replayed transaction.',
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
			row.replay_state === 'paused' && warning('Replay is paused: select pg_wal_replay_resume() resumes it.'),
			row.replay_state === 'pause requested' && warning('Replay is about to pause: select pg_wal_replay_resume() prevents it.'),
			row.promote_triggered === true &&
				warning('Its promotion was requested: it becomes a primary once it has replayed the WAL that it received.'),
			row.replay_state === 'stuck' &&
				warning(
					`Replay has not moved for seconds although WAL is waiting${recordOf(row)}: a query here may block it until max_standby_streaming_delay.`,
				),
			row.receiver_pid === null &&
				danger(
					'No walreceiver: nothing arrives from the primary. Normal only with WAL from an archive; else see the server log.',
				),
			row.receive_lsn === null && note('Nothing was received by streaming: the amount left to replay is unknown.'),
			row.replay_gap_bytes !== null &&
				row.replay_gap_bytes > 0 && {
					text: `${bytes(row.replay_gap_bytes)} received but not replayed.`,
					tone: lagTone(row.replay_gap_bytes),
				},
			(row.conflicts ?? 0) > 0 &&
				note(
					`${row.conflicts} statements canceled by recovery conflicts (${row.conflict_kinds}): max_standby_streaming_delay makes replay wait, hot_standby_feedback keeps row versions.`,
				),
		]),
});
