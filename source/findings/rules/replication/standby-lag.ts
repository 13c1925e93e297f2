import {clean} from '../../../core/text/clean.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type SenderRow, senderRows} from '../../../panes/replication/sender.ts';
import {senders, slots} from '../../../queries/replication.ts';
import {wal} from '../../../queries/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';

/** A standby or subscriber that is behind, in bytes; in time only while it replays. */
export const standbyLag = defineRule({
	id: 'standby-lag',
	help: 'A standby or subscriber that is connected but behind: what it has not got yet, or not replayed.',
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
						? 'On the standby: select pg_wal_replay_resume() if it is paused, else end the query that holds replay up.'
						: 'b shows which stage is behind.',
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
	if (sender.stuck)
		return `${nameOf(sender)} is ${behind} behind, and its replay stands still: paused, or held up by a query there.`;
	const seconds = sender.replay_lag_seconds;
	const where = stages.find(({part}) => part(sender) * 2 > (sender.replay_lag_bytes ?? 0))?.words ?? '';
	return `${nameOf(sender)} is ${behind} behind${seconds === null ? '' : `, ${duration(seconds)}`}${where}.`;
};

type Stage = {readonly part: (sender: SenderRow) => number; readonly words: string};

// Each counts from the end of WAL here, so that what is one stage's own is the difference to the one before.
const stages: readonly Stage[] = [
	{part: ({sent_lag_bytes}) => sent_lag_bytes ?? 0, words: ': most is not sent yet'},
	{
		part: ({write_lag_bytes, sent_lag_bytes}) => (write_lag_bytes ?? 0) - (sent_lag_bytes ?? 0),
		words: ': most is under way to it',
	},
	{part: ({flush_lag_bytes, write_lag_bytes}) => (flush_lag_bytes ?? 0) - (write_lag_bytes ?? 0), words: ': its disk is slow'},
	{
		part: ({replay_lag_bytes, flush_lag_bytes}) => (replay_lag_bytes ?? 0) - (flush_lag_bytes ?? 0),
		words: ': most is there, but not replayed',
	},
];

const evidenceOf = ({state, sync_state, slot, flush_lag_bytes}: SenderRow): string =>
	[
		`Its sender is ${state ?? 'of a state unknown'}${sync_state === null || sync_state === 'async' ? '' : `, ${sync_state}`}.`,
		flush_lag_bytes === 0 ? 'It has flushed all there is.' : undefined,
		slot === null ? undefined : `The slot ${slot} keeps what it needs.`,
	]
		.filter(told => told !== undefined)
		.join(' ');
