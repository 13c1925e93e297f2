import type {Query} from '../core/query.ts';
import type {Result, Row} from '../core/sample.ts';
import {locks} from './locks.ts';
import {facts, pulse} from './server.ts';
import {databaseNames, type Session, sessions, superusers} from './sessions.ts';

/** What is known when the questions of a tick are chosen: the newest answers and how many milliseconds ago each was read. */
export type Known = {
	readonly results: Readonly<Record<string, Result>>;
	readonly ageMs: (query: Pick<Query, 'name'>) => number;
};

/** One question beside the list of sessions, and when it is asked; `otherwise` is its answer when it is not worth asking. */
export type Ask = {
	readonly query: Query;
	readonly due: (known: Known) => boolean;
	readonly otherwise?: 'empty';
};

const minuteMs = 60_000;

const rowsOf = <R extends Row>({results}: Known, query: Query<R>): readonly R[] => {
	const result = results[query.name];
	return result?.ok ? (result.rows as readonly R[]) : [];
};

/** Whether a session waits for a lock, or may do so unseen because our role is not told what it waits for. */
const somebodyMayWait = (known: Known): boolean =>
	rowsOf(known, sessions).some(
		({wait_event_type, backend_type, query}: Session) =>
			wait_event_type === 'Lock' || (backend_type === null && query === '<insufficient privilege>'),
	);

const unknownDatabase = (known: Known): boolean => {
	const names = new Set(rowsOf(known, databaseNames).map(row => row.datid));
	return rowsOf(known, sessions).some(({datid}) => datid !== null && datid !== 0 && !names.has(datid));
};

const roleChanged = (known: Known): boolean => {
	const [now] = rowsOf(known, pulse);
	const [then] = rowsOf(known, facts);
	return now !== undefined && then !== undefined && (now.in_recovery !== then.in_recovery || now.started !== then.started);
};

/** The question that makes a sample: who is connected. It has a connection of its own, so that nothing else delays it. */
export const heart: Query = sessions as Query;

/** All other questions, in the order in which they are asked. */
export const plan: readonly Ask[] = [
	{query: facts as Query, due: known => known.ageMs(facts) === Number.POSITIVE_INFINITY || roleChanged(known)},
	{
		query: databaseNames as Query,
		due: known => known.ageMs(databaseNames) > minuteMs || (unknownDatabase(known) && known.ageMs(databaseNames) > 1000),
	},
	{query: locks as Query, due: somebodyMayWait, otherwise: 'empty'},
	{query: pulse as Query, due: () => true},
	{query: superusers as Query, due: known => known.ageMs(superusers) > minuteMs},
];
