import {answersOver} from '../../../core/history/rates.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {msOf, secondsBetween} from '../../../core/values/instant.ts';
import {bytes, duration} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {wal} from '../../../queries/replication/wal.ts';
import {type Pulse, pulse} from '../../../queries/server/server.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

const windowMs = 10_000;
// The first changes of pages after a checkpoint write whole pages, which is over in a moment.
const leastSeconds = 4;
// A statement that has just begun did not write what was measured.
const leastRunning = 1;

// Statements that write much; a SELECT may write through a function, but that cannot be seen.
const writes =
	/^(?:with\b.*\b(?:insert|update|delete|merge)\b|insert|update|delete|merge|copy|create|refresh|alter|cluster|repack|vacuum|reindex|truncate|do|call)\b/i;

/** Sessions that execute a statement that writes, the longest running first. */
const writersOf = (sample: Sample): readonly Session[] =>
	clientsOf(sample)
		.filter(({state, query, query_head}) => state === 'active' && writes.test(statementHeadOf(query ?? query_head ?? '', 400)))
		.toSorted((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1));

/** WAL that is written so fast that max_wal_size is full within a minute, and the session that most likely writes it. */
export const walFlood = defineRule({
	id: 'wal-flood',
	help: 'WAL is written so fast that it fills max_wal_size within a minute: standbys, archiving and slots fall behind, and checkpoints follow each other.',
	queries: [pulse, wal, sessions],
	overSeconds: leastSeconds,
	find: (sample, past, limits) => {
		const answers = answersOver<Pulse>(sample, past, pulse, windowMs);
		const [from, to] = [answers[0], answers.at(-1)];
		const [then, now] = [from?.rows[0], to?.rows[0]];
		const most = rowsOf(sample, wal)[0]?.max_wal_size ?? null;
		if (!from || !to || now?.wal_bytes == null || then?.wal_bytes == null || most === null || now.started !== then.started)
			return [];
		const seconds = (msOf(to.at) - msOf(from.at)) / 1000;
		const pace = (now.wal_bytes - then.wal_bytes) / seconds;
		if (seconds < leastSeconds || pace <= 0) return [];
		const severity = severityOf(most / pace, limits.wal_fills_seconds);
		if (!severity || !severityOf(pace, limits.wal_bytes_per_second)) return [];
		const writers = writersOf(sample);
		const [writer] = writers.filter(({query_start}) => (secondsBetween(query_start, sample.at) ?? 0) >= leastRunning);
		const others = writers.length - (writer ? 1 : 0);
		const more = others === 0 ? '' : `; ${plural(others, 'session')} more write${others === 1 ? 's' : ''} at this moment`;
		return [
			{
				subject: 'wal',
				severity,
				weight: pace,
				summary: clean(
					writer
						? `${sessionName(writer, sample)} floods WAL: ${bytes(pace)}/s while it runs ${statementHeadOf(writer.query ?? writer.query_head ?? '')}.`
						: `WAL grows by ${bytes(pace)}/s; no long-running writer is seen.`,
				),
				evidence: `Measured over ${duration(seconds)}: max_wal_size (${bytes(most)}) is full every ${duration(most / pace)}${writer ? `; it has run for ${duration(secondsBetween(writer.query_start, sample.at) ?? 0)}` : ''}${more}.`,
				pid: writer?.pid ?? null,
				leads: writer ? sessionRef(writer) : {pane: 'replication', identity: 'wal wal'},
				action: writer ? sessionRemedy(writer) : 'The statements pane shows which ones write WAL.',
			},
		];
	},
});
