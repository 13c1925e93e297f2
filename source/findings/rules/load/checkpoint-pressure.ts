import {answersOver} from '../../../core/history/rates.ts';
import {plural} from '../../../core/text/words.ts';
import {msOf} from '../../../core/values/instant.ts';
import {bytesBetween} from '../../../core/values/lsn.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {type Wal, wal} from '../../../queries/replication/wal.ts';
import {secondsSinceRise} from '../../counters.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule} from '../../rule.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 600_000;
// The level is one checkpoint in two minutes: longer without one, the flood is over.
const ongoingSeconds = 120;
// WAL requests a checkpoint before max_wal_size is reached; if far less was written, commands requested it.
const leastPart = 0.25;

const increase = (then: number | null, now: number | null): number | null => (then === null || now === null ? null : now - then);

/** Checkpoints requested by WAL in quick succession. */
export const checkpointPressure = defineRule({
	id: 'checkpoint-pressure',
	help: 'WAL is written so fast that checkpoints are requested long before checkpoint_timeout.',
	queries: [wal],
	find: oncePerAnswers([wal], (sample, past, limits) => {
		const answers = answersOver<Wal>(sample, past, wal, windowMs);
		const to = answers.at(-1);
		const now = to?.rows[0];
		const from = answers.find(({rows}) => rows[0]?.started === now?.started && rows[0]?.in_recovery === false);
		const then = from?.rows[0];
		if (!to || !now || !from || !then || now.in_recovery) return [];
		const requested = increase(then.checkpoints_requested, now.checkpoints_requested);
		const timed = increase(then.checkpoints_timed, now.checkpoints_timed);
		if (requested === null || timed === null) return [];
		const written = bytesBetween(then.current_lsn, now.current_lsn);
		const severity = severityOf(requested, limits.checkpoints_requested);
		if (!severity || timed < 0 || requested <= timed) return [];
		if (written === null || now.max_wal_size === null || written < requested * now.max_wal_size * leastPart) return [];
		const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
		return [
			{
				subject: 'checkpoints',
				severity,
				ongoing: (secondsSinceRise(answers, ({rows}) => rows[0]?.checkpoints_requested ?? null) ?? 0) <= ongoingSeconds,
				weight: requested,
				summary: `Checkpoints every ${duration(seconds / (requested + timed))}: max_wal_size (${bytes(now.max_wal_size)}) is too small for the WAL written.`,
				evidence: `${plural(requested, 'checkpoint')} requested and ${timed} timed in ${duration(seconds)}; ${bytes(written)} of WAL written.`,
				pid: null,
				leads: {pane: 'replication', identity: 'wal wal'},
				action: 'Raise max_wal_size and reload; the sessions pane shows who writes.',
			},
		];
	}),
});
