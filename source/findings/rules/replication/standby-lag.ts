import {clean} from '../../../core/text/clean.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type SenderRow, senderRows} from '../../../panes/replication/sender.ts';
import {senders, slots} from '../../../queries/replication/replication.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** Standby or subscriber that lags in bytes; in time only while it replays. */
export const standbyLag = defineRule({
	id: 'standby-lag',
	help: 'A connected standby or subscriber that lags: WAL not yet received, or not yet replayed.',
	queries: [senders, wal, slots],
	find: oncePerAnswers([senders, wal], (sample, past, limits) =>
		senderRows(sample, past).flatMap(sender => {
			const severity = sender.state === 'backup' ? undefined : severityFor(sender, limits);
			if (!severity) return [];
			const {pid, backend_start, replay_lag_bytes: behind} = sender;
			return [
				{
					subject: `${pid}@${backend_start}`,
					severity,
					weight: behind ?? 0,
					summary: clean(summaryOf(sender)),
					evidence: clean(evidenceOf(sender)),
					pid: null,
					leads: {pane: 'replication', identity: `sender ${pid}@${backend_start}`},
					action: sender.stuck
						? 'On the standby: select pg_wal_replay_resume() if paused, else cancel the query that blocks replay.'
						: 'b shows which stage lags.',
				},
			];
		}),
	),
});

const severityFor = (sender: SenderRow, limits: Limits) =>
	worstOf(
		severityOf(sender.replay_lag_bytes, limits.standby_lag_bytes),
		severityOf(sender.replay_lag_seconds, limits.standby_lag_seconds),
		sender.stuck ? severityOf(sender.replay_lag_bytes, limits.standby_stuck_bytes) : undefined,
	);

const nameOf = ({application_name, client_addr}: SenderRow): string =>
	`${application_name || 'A standby'}${client_addr === null ? '' : ` (${client_addr})`}`;

const summaryOf = (sender: SenderRow): string => {
	const behind = bytes(sender.replay_lag_bytes ?? 0);
	if (sender.stuck) return `${nameOf(sender)} is ${behind} behind and its replay is stuck: paused, or blocked by a query there.`;
	const seconds = sender.replay_lag_seconds;
	const where = stages.find(({part}) => part(sender) * 2 > (sender.replay_lag_bytes ?? 0))?.words ?? '';
	return `${nameOf(sender)} is ${behind} behind${seconds === null ? '' : `, ${duration(seconds)}`}${where}.`;
};

type Stage = {readonly part: (sender: SenderRow) => number; readonly words: string};

// Each lag counts from the end of WAL here: the part of a stage is the difference to the stage before.
const stages: readonly Stage[] = [
	{part: ({sent_lag_bytes}) => sent_lag_bytes ?? 0, words: ': most is not sent yet'},
	{
		part: ({write_lag_bytes, sent_lag_bytes}) => (write_lag_bytes ?? 0) - (sent_lag_bytes ?? 0),
		words: ': most is in flight',
	},
	{
		part: ({flush_lag_bytes, write_lag_bytes}) => (flush_lag_bytes ?? 0) - (write_lag_bytes ?? 0),
		words: ': most is not flushed yet',
	},
	{
		part: ({replay_lag_bytes, flush_lag_bytes}) => (replay_lag_bytes ?? 0) - (flush_lag_bytes ?? 0),
		words: ': most is received but not replayed',
	},
];

const evidenceOf = ({state, sync_state, slot, flush_lag_bytes}: SenderRow): string =>
	[
		`Its sender is ${state ?? 'in an unknown state'}${sync_state === null || sync_state === 'async' ? '' : `, ${sync_state}`}.`,
		flush_lag_bytes === 0 ? 'It has flushed all WAL.' : undefined,
		slot === null ? undefined : `Slot ${slot} retains the WAL it needs.`,
	]
		.filter(sentence => sentence !== undefined)
		.join(' ');
