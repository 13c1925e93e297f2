import {lastUntil, type Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import {rounded} from '../../core/values/units.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {statementTexts} from '../../queries/activity/statements.ts';
import {waitSamples} from '../../queries/activity/waits.ts';
import {rowsOf} from '../reading/answers.ts';
import {statementOf} from '../reading/statement.ts';
import {meaningOf, meaningOfType} from './wait-events.ts';

/** A class of load at the shown moment, an event of it, a statement in that event, or a session that runs it. */
export type LoadRow = {
	readonly level: 'class' | 'event' | 'statement' | 'session';
	/** Names from the class down to this row. */
	readonly path: string;
	readonly tree: string;
	readonly wait_event_type: string;
	readonly wait_event: string | null;
	readonly query_id: string | null;
	readonly pid: number | null;
	readonly backend_start: string | null;
	/** Average active sessions over the last seconds; null for one session. */
	readonly average: number | null;
	readonly share: number | null;
	/** What a class or an event means, what a statement or session runs. */
	readonly meaning: string | null;
};

// Long enough for an average, short enough to be a moment.
const windowMs = 5000;
const mostSessions = 5;

type Counts = Map<string, Map<string | null, Map<string | null, number>>>;

/** Average active sessions by wait event type, event and statement, over the seconds before a moment. */
const averagesOf = (sample: Sample, past: Past): Counts => {
	const counts: Counts = new Map();
	let looks = 0;
	const count = (type: string, event: string | null, query_id: string | null, seen: number): void => {
		const byEvent = counts.get(type) ?? new Map();
		const byStatement = byEvent.get(event) ?? new Map();
		byStatement.set(query_id, (byStatement.get(query_id) ?? 0) + seen);
		counts.set(type, byEvent.set(event, byStatement));
	};
	const add = (of: Sample): void => {
		const rows = rowsOf(of, waitSamples);
		looks += rows[0]?.looks ?? 0;
		for (const {wait_event_type, wait_event, query_id, seen} of rows)
			if (wait_event_type !== null) count(wait_event_type, wait_event, query_id, seen);
	};
	add(sample);
	for (let index = lastUntil(past, sample.seq - 1); index >= 0; index--) {
		const earlier = past.at(index) as Sample;
		if (msOf(sample.at) - msOf(earlier.at) > windowMs) break;
		add(earlier);
	}
	// Without a look at the waits, the list of sessions is the only one.
	if (looks === 0)
		for (const {wait_event_type, wait_event, query_id} of activeIn(sample))
			count(wait_event_type ?? 'CPU', wait_event, query_id, 1);
	for (const byEvent of counts.values())
		for (const byStatement of byEvent.values())
			for (const [id, seen] of byStatement) byStatement.set(id, seen / Math.max(1, looks));
	return counts;
};

const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

const largestFirst = <K, V>(map: ReadonlyMap<K, V>, of: (value: V) => number): readonly (readonly [K, V, number])[] =>
	[...map].map(([key, value]) => [key, value, of(value)] as const).sort((a, b) => b[2] - a[2]);

/** The tree of the load at a moment: classes, their events, the statements in them, and the sessions that run these. */
export const loadRows = (sample: Sample, past: Past): readonly LoadRow[] => {
	const averages = averagesOf(sample, past);
	const ofEvent = (statements: ReadonlyMap<unknown, number>): number => sumOf(statements.values());
	const ofType = (events: ReadonlyMap<unknown, ReadonlyMap<unknown, number>>): number => sumOf([...events.values()].map(ofEvent));
	const total = sumOf([...averages.values()].map(ofType));
	const textOf = textsIn(sample);
	const running = runningIn(sample);
	const figures = (value: number) => ({average: rounded(value), share: total > 0 ? value / total : null});
	const rows: LoadRow[] = [];
	for (const [type, events, load] of largestFirst(averages, ofType)) {
		const none = {wait_event: null, query_id: null, pid: null, backend_start: null};
		rows.push({
			...none,
			level: 'class',
			path: type,
			tree: type,
			wait_event_type: type,
			meaning: meaningOfType(type),
			...figures(load),
		});
		for (const [event, statements, part] of largestFirst(events, ofEvent)) {
			const path = `${type}/${event ?? ''}`;
			const of = {...none, wait_event_type: type, wait_event: event};
			if (event !== null)
				rows.push({...of, level: 'event', path, tree: ` ${event}`, meaning: meaningOf(type, event), ...figures(part)});
			for (const [query_id, , seen] of largestFirst(statements, value => value)) {
				const within = running.get(`${path}/${query_id}`) ?? [];
				const text = textOf(query_id) ?? (within[0] ? statementOf(within[0]) : null);
				rows.push({
					...of,
					level: 'statement',
					path: `${path}/${query_id}`,
					tree: '  statement',
					query_id,
					meaning: text,
					...figures(seen),
				});
				for (const session of within.slice(0, mostSessions)) rows.push(sessionRow(session, `${path}/${query_id}`, of, query_id));
			}
		}
	}
	return rows;
};

const sessionRow = (
	session: Session,
	path: string,
	of: Pick<LoadRow, 'wait_event_type' | 'wait_event'>,
	query_id: string | null,
): LoadRow => ({
	...of,
	level: 'session',
	path: `${path}/${session.pid}`,
	tree: `   ${session.pid}`,
	query_id,
	pid: session.pid,
	backend_start: session.backend_start,
	average: null,
	share: null,
	meaning: `${session.usename ?? '?'}@${session.application_name ?? ''} ${statementOf(session) ?? ''}`.trim(),
});

/** Active clients of a sample without pgtriage's own, the longest running first. */
const activeIn = (sample: Sample): readonly Session[] => {
	const own = new Set(sample.own);
	return rowsOf(sample, sessions)
		.filter(({pid, state, backend_type}) => state === 'active' && backend_type === 'client backend' && !own.has(pid))
		.sort((a, b) => ((a.query_start ?? '') < (b.query_start ?? '') ? -1 : 1));
};

/** Active clients by wait and statement. */
const runningIn = (sample: Sample): ReadonlyMap<string, readonly Session[]> =>
	Map.groupBy(activeIn(sample), session => `${session.wait_event_type ?? 'CPU'}/${session.wait_event ?? ''}/${session.query_id}`);

const textsIn = (sample: Sample): ((queryId: string | null) => string | null) => {
	const texts = new Map(rowsOf(sample, statementTexts).map(({queryid, query}) => [queryid, query]));
	return queryId => (queryId === null ? null : (texts.get(queryId) ?? null));
};
