import type {Past} from '../../../core/history/past.ts';
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
import {chiefOf, isWriting, walWritersOf} from './wal-writers.ts';

const windowMs = 10_000;
// The first changes of pages after a checkpoint write whole pages, which is over in a moment.
const leastSeconds = 4;
// A statement that has just begun did not write what was measured.
const leastRunning = 1;

/** Sessions that execute a statement that writes, the longest running first. */
const writersOf = (sample: Sample): readonly Session[] =>
	clientsOf(sample)
		.filter(isWriting)
		.toSorted((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1));

/** The session to blame, with words that say what it runs and why it is blamed. */
type Blamed = {readonly session: Session; readonly runs: string; readonly evidence: string};

/** A session whose statement has run for a while, or else one that writes again and again. */
const blamedOf = (sample: Sample, past: Past): Blamed | undefined => {
	const ageOf = ({query_start}: Session): number => secondsBetween(query_start, sample.at) ?? 0;
	const running = writersOf(sample).find(session => ageOf(session) >= leastRunning);
	if (running)
		return {
			session: running,
			runs: statementHeadOf(running.query ?? running.query_head ?? ''),
			evidence: `it has run for ${duration(ageOf(running))}`,
		};
	const chief = chiefOf(walWritersOf(sample, past));
	return (
		chief && {
			session: chief.session,
			runs: `statements like ${chief.statement}`,
			evidence: `it wrote in ${chief.seen} of ${plural(chief.looks, 'look')} at the sessions`,
		}
	);
};

/** Sentence about a flood that no single session is to blame for. */
const crowdSentence = (pace: string, sample: Sample, past: Past): string => {
	const [first, ...others] = walWritersOf(sample, past);
	if (!first) return `WAL grows by ${pace}; no session is seen that writes.`;
	const name = sessionName(first.session, sample);
	return others.length === 0
		? `WAL grows by ${pace}; ${name} was seen writing, but not for long.`
		: `${others.length + 1} sessions write WAL at ${pace}, such as ${name}.`;
};

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
		const blamed = blamedOf(sample, past);
		const writer = blamed?.session;
		const others = writersOf(sample).filter(({pid}) => pid !== writer?.pid).length;
		const more = others === 0 ? '' : `; ${plural(others, 'session')} more write${others === 1 ? 's' : ''} at this moment`;
		return [
			{
				subject: 'wal',
				severity,
				weight: pace,
				summary: clean(
					blamed
						? `${sessionName(blamed.session, sample)} floods WAL: ${bytes(pace)}/s while it runs ${blamed.runs}.`
						: crowdSentence(`${bytes(pace)}/s`, sample, past),
				),
				evidence: `Measured over ${duration(seconds)}: max_wal_size (${bytes(most)}) is full every ${duration(most / pace)}${blamed ? `; ${blamed.evidence}` : ''}${more}.`,
				pid: writer?.pid ?? null,
				leads: writer ? sessionRef(writer) : {pane: 'replication', identity: 'wal wal'},
				action: writer ? sessionRemedy(writer) : 'The statements pane shows which ones write WAL.',
			},
		];
	},
});
