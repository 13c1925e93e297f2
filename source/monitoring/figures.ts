import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {graphOf, locksKnown, rowsOf} from '../panes/reading/answers.ts';
import {hiddenAmong} from '../panes/reading/hidden.ts';
import {isClient, loadOf} from '../panes/reading/load.ts';
import {type Session, sessions} from '../queries/activity/sessions.ts';
import {pulse} from '../queries/server/server.ts';

const areRead = (sample: Sample): boolean => sample.results[sessions.name]?.ok === true;

const clients = (sample: Sample): readonly Session[] =>
	rowsOf(sample, sessions).filter(session => !sample.own.includes(session.pid) && isClient(session));

/** Sessions of clients by state, as PostgreSQL names it, `unknown` for those whose state is hidden; null if they were not read. */
export const sessionsByState = (sample: Sample): ReadonlyMap<string, number> | null => {
	if (!areRead(sample)) return null;
	const counts = new Map(['active', 'idle', 'idle in transaction', 'idle in transaction (aborted)'].map(state => [state, 0]));
	for (const {state} of clients(sample)) counts.set(state ?? 'unknown', (counts.get(state ?? 'unknown') ?? 0) + 1);
	return counts;
};

/** Number of sessions that wait for a lock; null if the locks were not read. */
export const blockedSessions = (sample: Sample): number | null =>
	locksKnown(sample) ? graphOf(sample).nodes.filter(({blocked}) => blocked).length : null;

/** Age of the oldest instant of the sessions, 0 without one; null if some of them are hidden. */
const longest = (sample: Sample, since: (session: Session) => string | null): number | null => {
	const all = clients(sample);
	if (!areRead(sample) || hiddenAmong(sample, all)) return null;
	return all.reduce((most, session) => Math.max(most, secondsBetween(since(session), sample.at) ?? 0), 0);
};

/** Seconds since the start of the oldest transaction of a client. */
export const longestTransaction = (sample: Sample): number | null => longest(sample, ({xact_start}) => xact_start);

/** Seconds that the longest idle client in a transaction has been idle. */
export const longestIdle = (sample: Sample): number | null =>
	longest(sample, ({state, state_change}) => (state?.startsWith('idle in transaction') ? state_change : null));

/** Age of the oldest transaction id that is not frozen. */
export const xidAge = (sample: Sample): number | null => rowsOf(sample, pulse)[0]?.xid_age ?? null;

/** A figure of a sample; `unit` is `s` for seconds. */
export type Figure = {readonly label: string; readonly value: number; readonly unit: string};

/** Figures of a sample that a graph can show; what was not read is absent. */
export const performanceFigures = (sample: Sample): readonly Figure[] => {
	const all: readonly (readonly [label: string, value: number | null, unit: string])[] = [
		['sessions', areRead(sample) ? loadOf(sample).connections : null, ''],
		['blocked_sessions', blockedSessions(sample), ''],
		['longest_transaction', longestTransaction(sample), 's'],
		['xid_age', xidAge(sample), ''],
	];
	return all.flatMap(([label, value, unit]) => (value === null ? [] : [{label, value, unit}]));
};
