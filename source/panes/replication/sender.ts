import {answerOf, baseOf, type Past} from '../../core/history/past.ts';
import {above, age, count, instant, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {bytesBetween} from '../../core/values/lsn.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type Sender, senders, slots} from '../../queries/replication/replication.ts';
import {rowsOf} from '../reading/answers.ts';
import {defineSection, note, remarksOf, type SectionRow, sectionColumn, warning} from '../reading/sections.ts';
import {lagTone, pidColumn, silenceSeconds, silenceTone, stageColumn} from './columns.ts';
import {sameRun} from './wal-past.ts';

/** Receiver of WAL. Lags count from the end of WAL on this server, so each stage includes those before it. */
export type SenderRow = SectionRow &
	Sender & {
		readonly sent_lag_bytes: number | null;
		readonly write_lag_bytes: number | null;
		readonly flush_lag_bytes: number | null;
		readonly replay_lag_bytes: number | null;
		/** True if replay does not move although WAL is waiting. */
		readonly stuck: boolean;
		readonly slot: string | null;
	};

type Stage = 'write' | 'flush' | 'replay';

/** Lag of a stage in seconds: 0 if nothing is left, null if the stage does not move. The server keeps reporting its last measurement. */
const lagSeconds = (now: Sender, then: Sender | undefined, of: Stage, lagBytes: number | null): number | null => {
	if (lagBytes === 0) return 0;
	const reached = now[`${of}_lsn`];
	return lagBytes === null || then === undefined || then[`${of}_lsn`] === reached ? null : now[`${of}_lag_seconds`];
};

/**
 * True if replay did not move between two replies although WAL was waiting. One reply is not enough: a standby replies when WAL
 * arrives, before replaying it, and then only after wal_receiver_status_interval.
 */
const isStuck = (then: Sender, now: Sender): boolean =>
	then.replay_lsn !== null &&
	then.replay_lsn === now.replay_lsn &&
	then.reply_time !== now.reply_time &&
	bytesBetween(then.replay_lsn, then.flush_lsn) !== 0;

const isSame = (a: Sender, b: Sender): boolean => a.pid === b.pid && a.backend_start === b.backend_start;

/** Senders without pgtriage's own. */
const others = (sample: Sample): readonly Sender[] => rowsOf(sample, senders).filter(({pid}) => !sample.own.includes(pid));

/** Senders of a sample, by name. */
export const senderRows = (sample: Sample, past: Past): readonly SenderRow[] => {
	const base = baseOf<Sender>(sample, sameRun(sample, past), senders);
	const slotByPid = new Map(rowsOf(sample, slots).map(slot => [slot.active_pid, slot.slot_name]));
	return others(sample)
		.map((sender): SenderRow => {
			const then = base?.rows.find(row => isSame(row, sender));
			const lag = (lsn: string | null) => bytesBetween(lsn, sender.current_lsn);
			const write_lag_bytes = lag(sender.write_lsn);
			const flush_lag_bytes = lag(sender.flush_lsn);
			const replay_lag_bytes = lag(sender.replay_lsn);
			return {
				...sender,
				section: 'sender',
				sent_lag_bytes: lag(sender.sent_lsn),
				write_lag_bytes,
				flush_lag_bytes,
				replay_lag_bytes,
				write_lag_seconds: lagSeconds(sender, then, 'write', write_lag_bytes),
				flush_lag_seconds: lagSeconds(sender, then, 'flush', flush_lag_bytes),
				replay_lag_seconds: lagSeconds(sender, then, 'replay', replay_lag_bytes),
				stuck: then !== undefined && isStuck(then, sender),
				slot: slotByPid.get(sender.pid) ?? null,
			};
		})
		.sort(byName);
};

const byName = (a: SenderRow, b: SenderRow): number => {
	const [left, right] = [a, b].map(({application_name, pid}) => `${application_name ?? ''}\n${pid}`) as [string, string];
	return left < right ? -1 : 1;
};

/** Stage with the largest lag, as a sentence; undefined without lag. */
const bottleneck = (row: SenderRow): string | undefined => {
	const parts: readonly (readonly [number, string])[] = [
		[row.sent_lag_bytes ?? 0, 'not sent yet: the link or this server is slow'],
		[(row.write_lag_bytes ?? 0) - (row.sent_lag_bytes ?? 0), 'sent but not received: the link is slow'],
		[(row.flush_lag_bytes ?? 0) - (row.write_lag_bytes ?? 0), 'received but not flushed: its disk is slow'],
		[
			(row.replay_lag_bytes ?? 0) - (row.flush_lag_bytes ?? 0),
			'received but not replayed: replay is slow, paused or blocked by a query; check this pane on the standby',
		],
	];
	const [most, words] = parts.reduce((worst, part) => (part[0] > worst[0] ? part : worst));
	return most > 0 ? `${bytes(most)} ${words}.` : undefined;
};

/** Section of WAL senders: connected standbys, logical subscribers and base backups. */
export const senderSection = defineSection<SenderRow>({
	id: 'sender',
	title: 'Senders',
	rows: senderRows,
	name: row => `${row.pid}@${row.backend_start}`,
	masked: row => row.state === null,
	backend: row => row.pid,
	columns: [
		text<SenderRow>('application_name', 'Name of the connected standby or subscriber.', row => row.application_name, {
			title: 'SENDER TO',
			aliases: ['application', 'app'],
			keep: 99,
			width: {min: 12, max: 24},
		}),
		sectionColumn,
		pidColumn,
		text<SenderRow>('usename', 'Login role.', row => row.usename, {
			title: 'USER',
			aliases: ['user'],
			keep: 40,
			width: {min: 8, max: 14},
		}),
		text<SenderRow>('client_addr', 'Client address; empty on a unix socket.', row => row.client_addr, {
			title: 'CLIENT',
			aliases: ['client'],
			keep: 55,
			width: {min: 9, max: 15},
		}),
		text<SenderRow>('state', 'State of the sender: streaming, or catching up first.', row => row.state, {
			keep: 90,
			width: {min: 9},
			tone: value => (value === 'catchup' ? 'warn' : 'calm'),
		}),
		text<SenderRow>('sync_state', 'Synchronous state: if commits wait for it.', row => row.sync_state, {
			title: 'SYNC',
			keep: 60,
			width: {min: 6, max: 9},
		}),
		stageColumn<SenderRow>('sent_lag_bytes', 'SENT', 'WAL not sent yet.', row => row.sent_lag_bytes, 70),
		stageColumn<SenderRow>('write_lag_bytes', 'WRITE', 'WAL it has not written.', row => row.write_lag_bytes, 65),
		stageColumn<SenderRow>('flush_lag_bytes', 'FLUSH', 'WAL it has not flushed.', row => row.flush_lag_bytes, 66),
		size<SenderRow>('replay_lag_bytes', 'WAL it has not replayed: its total lag.', row => row.replay_lag_bytes, {
			title: 'REPLAY',
			keep: 95,
			tone: (value, row) => (lagTone(value) === 'calm' && row.stuck ? 'warn' : lagTone(value)),
		}),
		age<SenderRow>(
			'replay_lag_seconds',
			'Replay lag in time; unknown while replay does not move, 0 if nothing is left.',
			row => row.replay_lag_seconds,
			{
				title: 'LAG',
				keep: 85,
				tone: above(300, Number.POSITIVE_INFINITY),
			},
		),
		age<SenderRow>('write_lag_seconds', 'Write lag in time.', row => row.write_lag_seconds, {title: 'W LAG', keep: 20}),
		age<SenderRow>('flush_lag_seconds', 'Flush lag in time.', row => row.flush_lag_seconds, {title: 'F LAG', keep: 21}),
		age<SenderRow>('reply_seconds', 'Time since its last reply.', (row, now) => secondsBetween(row.reply_time, now), {
			title: 'REPLY',
			keep: 50,
			tone: silenceTone,
		}),
		count<SenderRow>('backend_xmin_age', 'Age of the xmin it holds, in transactions.', row => row.backend_xmin_age, {
			title: 'FEEDBACK',
			keep: 30,
			width: {min: 8, max: 10},
		}),
		count<SenderRow>('sync_priority', 'Priority among the synchronous standbys; 0 if asynchronous.', row => row.sync_priority, {
			title: 'PRIORITY',
			width: {min: 8},
		}),
		text<SenderRow>('sent_lsn', 'WAL position sent.', row => row.sent_lsn, {width: {min: 10, max: 17}}),
		text<SenderRow>('write_lsn', 'WAL position written.', row => row.write_lsn, {width: {min: 10, max: 17}}),
		text<SenderRow>('flush_lsn', 'WAL position flushed.', row => row.flush_lsn, {width: {min: 10, max: 17}}),
		text<SenderRow>('replay_lsn', 'WAL position replayed.', row => row.replay_lsn, {width: {min: 10, max: 17}}),
		instant<SenderRow>('reply_time', 'Time of its last reply.', row => row.reply_time, {title: 'REPLIED', width: {min: 8}}),
		instant<SenderRow>('backend_start', 'Time it connected.', row => row.backend_start, {title: 'SINCE', width: {min: 8}}),
	],
	remarks: (row, sample) => {
		const silence = secondsBetween(row.reply_time, answerOf(sample, senders)?.at ?? sample.at);
		const tone = lagTone(row.replay_lag_bytes);
		const stage = bottleneck(row);
		return remarksOf([
			row.state === null && note('Its lag is hidden from this role.'),
			row.state === 'backup' && note('It is taking a base backup.'),
			row.state === 'catchup' && warning('It is catching up; until then it is not a synchronous standby.'),
			stage !== undefined && (tone === 'calm' ? note(stage) : {text: stage, tone}),
			row.stuck && warning('Replay has not moved for seconds: paused, or blocked by a query on the standby.'),
			silence !== null &&
				silence >= silenceSeconds && {
					text: `No reply for ${duration(silence)}; wal_sender_timeout closes dead connections.`,
					tone: silenceTone(silence),
				},
			row.slot === null
				? note('No slot: only wal_keep_size and the archive keep WAL it misses while disconnected.')
				: note(`Uses the slot ${row.slot}.`),
		]);
	},
});
