import {lastUntil, type Past} from '../../../core/history/past.ts';
import {oncePerSample} from '../../../core/pane/pane.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {msOf, secondsBetween} from '../../../core/values/instant.ts';
import {duration, percent} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {host} from '../../../queries/beside/host.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef} from '../../session.ts';
import {severityOf} from '../../thresholds.ts';

// Only a herd that was there some seconds ago, too, lasts.
const lastingMs = 4000;
const oldestMs = 20_000;
// Statements of milliseconds come and go: a busy server has many of the same, and nobody is harmed.
const leastSeconds = 1;

/** Sessions of one statement, the longest running first. */
export type Herd = {readonly key: string; readonly members: readonly Session[]};

const isWorking = ({state, wait_event_type, wait_event}: Session): boolean =>
	state === 'active' &&
	wait_event_type !== 'Lock' &&
	wait_event_type !== 'Client' &&
	wait_event_type !== 'Timeout' &&
	wait_event !== 'SyncRep' &&
	wait_event !== 'SafeSnapshot';

/** Sessions that have worked on their statement for a while: by the identifier of the statement, else by its text. */
export const herdsOf: (sample: Sample) => readonly Herd[] = oncePerSample(sample => {
	const working = clientsOf(sample).filter(
		session => isWorking(session) && (secondsBetween(session.query_start, sample.at) ?? 0) >= leastSeconds,
	);
	const byStatement = Map.groupBy(working, ({query_id, query, query_head}) => query_id ?? query ?? query_head ?? '');
	return [...byStatement]
		.map(([key, members]) => ({
			key,
			members: members.toSorted((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1)),
		}))
		.sort((a, b) => b.members.length - a.members.length);
});

/** The newest sample that is old enough to tell a lasting herd from a moment. */
const earlierOf = (sample: Sample, past: Past): Sample | undefined => {
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index) as Sample;
		const ageMs = msOf(sample.at) - msOf(earlier.at);
		if (ageMs > oldestMs) return undefined;
		if (ageMs >= lastingMs) return earlier;
	}
	return undefined;
};

/** Many sessions that run the same statement and take most of the server. */
export const statementHerd = defineRule({
	id: 'statement-herd',
	help: 'Many sessions run the same statement, each for a second or more, and take most of the active time: a missing index, a cold cache, or clients that retry.',
	queries: [sessions, host],
	find: (sample, past, limits) => {
		const [herd] = herdsOf(sample);
		const earlier = herd && earlierOf(sample, past);
		const severity = severityOf(herd?.members.length ?? 0, limits.herd_sessions);
		const [first] = herd?.members ?? [];
		if (!herd || !first || !earlier || !severity) return [];
		const before = herdsOf(earlier).find(({key}) => key === herd.key)?.members.length ?? 0;
		const active = clientsOf(sample).filter(isWorking).length;
		const share = herd.members.length / active;
		if (!severityOf(before, limits.herd_sessions) || !severityOf(share, limits.heavy_query_ratio)) return [];
		const cpus = rowsOf(sample, host).find(({kind}) => kind === 'host')?.cpus ?? null;
		return [
			{
				subject: herd.key.slice(0, 80),
				severity,
				sessions: herd.members.length,
				weight: herd.members.length,
				summary: clean(
					`${herd.members.length} sessions run ${statementHeadOf(first.query ?? first.query_head ?? 'the same statement')} at once, such as ${sessionName(first, sample)}.`,
				),
				evidence: `${percent(share)} of the sessions that work${cpus === null ? '' : `, on ${cpus} CPUs`}; the longest for ${duration(secondsBetween(first.query_start, sample.at) ?? 0)}.`,
				pid: first.pid,
				leads:
					first.query_id === null ? sessionRef(first) : {pane: 'sessions', identity: null, filter: `query_id=${first.query_id}`},
				action: 'b lists them: * tags them all, C cancels their statements; e on one explains the statement.',
			},
		];
	},
});
