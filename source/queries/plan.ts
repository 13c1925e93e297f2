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

/** What becomes of a question in a tick: it is asked, its last answer stands, or nothing can be there to be found. */
export type Turn = 'ask' | 'keep' | 'empty';

/** One question beside the list of sessions. */
export type Ask = {readonly query: Query; readonly turn: (known: Known) => Turn};

const minuteMs = 60_000;
const retryMs = 5000;

const rowsOf = <R extends Row>({results}: Known, query: Query<R>): readonly R[] => {
	const result = results[query.name];
	return result?.ok ? (result.rows as readonly R[]) : [];
};

const askIf = (due: boolean): Turn => (due ? 'ask' : 'keep');

// A question is asked again after this many times what it took: an overloaded server is not asked all the time.
const restFactor = 4;

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

// In a lock storm the locks take seconds to be read.
const lockTurn = (known: Known): Turn => {
	if (!known.results[sessions.name]?.ok) return 'keep';
	if (!somebodyMayWait(known)) return 'empty';
	return askIf(known.ageMs(locks) >= restFactor * (known.results[locks.name]?.tookMs ?? 0));
};

const factsTurn = (known: Known): Turn =>
	askIf(roleChanged(known) || (!known.results[facts.name]?.ok && known.ageMs(facts) > retryMs));

/** The question that makes a sample: who is connected. It has a connection of its own, so that nothing else delays it. */
export const heart: Query = sessions as Query;

/** All other questions, in the order in which they are asked. */
export const plan: readonly Ask[] = [
	{query: facts as Query, turn: factsTurn},
	{
		query: databaseNames as Query,
		turn: known => {
			const ageMs = known.ageMs(databaseNames);
			return askIf(ageMs > minuteMs || (ageMs > 1000 && unknownDatabase(known)));
		},
	},
	{query: locks as Query, turn: lockTurn},
	{query: pulse as Query, turn: () => 'ask'},
	{query: superusers as Query, turn: known => askIf(known.ageMs(superusers) > minuteMs)},
];
