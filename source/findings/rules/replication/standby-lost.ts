import {answerOf, lastUntil, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {type Instant, msOf, secondsBetween} from '../../../core/values/instant.ts';
import {duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {walOf} from '../../../panes/replication/wal-past.ts';
import {type Sender, type Slot, senders, slots} from '../../../queries/replication/replication.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

// Table copies and base backups come and go, and so do brief connections.
const leastSeenMs = 10_000;
const windowMs = 600_000;
const ongoingSeconds = 60;

/** Standby or subscriber that was streaming in an earlier sample and is gone. */
export const standbyLost = defineRule({
	id: 'standby-lost',
	help: 'A standby or subscriber that stopped streaming from this server minutes ago and is gone.',
	queries: [senders, slots, wal],
	overSeconds: leastSeenMs / 1000,
	find: oncePerAnswers([senders, slots], (sample, past, limits) => {
		const answer = answerOf<Sender>(sample, senders);
		if (!answer) return [];
		const present = new Set(answer.rows.map(nameOf));
		return lostSenders(sample, past, present).flatMap(({sender, at, slot}) => {
			const seconds = secondsBetween(at, answer.at) ?? 0;
			const severity = severityOf(seconds, limits.standby_lost_seconds);
			if (!severity) return [];
			const kept = slot === undefined ? undefined : rowsOf(sample, slots).find(({slot_name}) => slot_name === slot.slot_name);
			return [
				{
					subject: nameOf(sender),
					severity,
					// A slot waits for its consumer; without one, nothing shows that it is still missed.
					ongoing: kept !== undefined || seconds <= ongoingSeconds,
					weight: -seconds,
					summary: clean(`${nameOf(sender)} stopped streaming ${duration(seconds)} ago and is gone.`),
					evidence: clean(
						kept ? `Its slot ${kept.slot_name} retains the WAL it misses.` : 'It has no slot: the WAL it misses may be removed.',
					),
					pid: null,
					leads: {pane: 'replication', identity: kept ? `slot ${kept.slot_name}` : null},
					action:
						'Check its log and the log of this server: a restart takes a moment, otherwise the link or the standby is down.',
				},
			];
		});
	}),
});

const nameOf = ({application_name, client_addr}: Sender): string =>
	`${application_name || 'A standby'}${client_addr === null ? '' : ` (${client_addr})`}`;

const names = new WeakMap<object, readonly string[]>();

/** Names of senders, cached because every new answer reads those of the last minutes again. */
const namesOf = (rows: readonly Sender[]): readonly string[] => {
	const all = names.get(rows) ?? rows.map(nameOf);
	names.set(rows, all);
	return all;
};

const isTransient = ({state, application_name}: Sender): boolean =>
	state !== 'streaming' || /^pg_\d+_(?:sequence_)?sync_\d+/.test(application_name ?? '');

type LostSender = {readonly sender: Sender; readonly at: Instant; readonly from: Instant; readonly slot: Slot | undefined};

/** Senders of the last minutes that are missing now, with the time each was last seen; stops at a restart of the server. */
const lostSenders = (sample: Sample, past: Past, present: ReadonlySet<string>): readonly LostSender[] => {
	const started = walOf(sample)?.started;
	const from = msOf(sample.at) - windowMs;
	const seen = new Map<string, LostSender>();
	let newer = sample.results[senders.name];
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const then = past.at(index) as Sample;
		if (msOf(then.at) < from) break;
		if (then.results[senders.name] === newer) continue;
		const answer = answerOf<Sender>(then, senders);
		if (!answer) continue;
		newer = then.results[senders.name];
		const before = walOf(then)?.started;
		if (started !== undefined && before !== undefined && before !== started) break;
		if (namesOf(answer.rows).every(name => present.has(name))) continue;
		for (const sender of answer.rows) {
			const name = nameOf(sender);
			if (present.has(name) || isTransient(sender)) continue;
			const last = seen.get(name);
			seen.set(name, {
				sender: last?.sender ?? sender,
				at: last?.at ?? answer.at,
				from: answer.at,
				slot: last?.slot ?? rowsOf(then, slots).find(({active_pid}) => active_pid === sender.pid),
			});
		}
	}
	return [...seen.values()].filter(({at, from}) => msOf(at) - msOf(from) >= leastSeenMs);
};
