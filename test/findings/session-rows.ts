import {locks} from '../../source/queries/activity/locks.ts';
import {databaseNames, type Session, sessions} from '../../source/queries/activity/sessions.ts';
import {answer, instantAt, type QueryAnswer} from './samples.ts';

/** Session of the role app in the database shop that started 15 minutes ago, unless overridden. */
export const sessionRow = (pid: number, overrides: Partial<Session> = {}): Partial<Session> => ({
	pid,
	backend_start: instantAt(-900),
	backend_type: 'client backend',
	datid: 5,
	usesysid: 10,
	usename: 'app',
	application_name: '',
	state: 'active',
	query_start: instantAt(-5),
	state_change: instantAt(-5),
	xact_start: instantAt(-5),
	query: 'select 1',
	...overrides,
});

/** Session that has been idle in transaction since a number of seconds before the start. */
export const idleSession = (pid: number, seconds: number, overrides: Partial<Session> = {}): Partial<Session> =>
	sessionRow(pid, {
		state: 'idle in transaction',
		state_change: instantAt(-seconds),
		xact_start: instantAt(-seconds),
		...overrides,
	});

/** Session as a role without privileges sees it. */
export const maskedSession = (pid: number, overrides: Partial<Session> = {}): Partial<Session> => ({
	pid,
	datid: 5,
	usesysid: 10,
	usename: 'app',
	application_name: '',
	query: '<insufficient privilege>',
	...overrides,
});

/** Answers of a sample with sessions, and the name of their database. */
export const sessionAnswers = (...overrides: readonly Partial<Session>[]): readonly QueryAnswer[] => [
	answer(sessions, ...overrides),
	answer(databaseNames, {datid: 5, datname: 'shop'}),
];

type Lock = {readonly relation?: number; readonly mode?: string; readonly gid?: string};

const lock = (pid: number, granted: boolean, {relation = 1, mode = 'AccessExclusiveLock', gid}: Lock) => ({
	virtualtransaction: gid ? `-1/${gid}` : `${pid}/1`,
	mode,
	granted,
	pid: gid ? null : pid,
	locktype: 'relation',
	database: 5,
	relation,
	relation_name: `public.t${relation}`,
	...(gid && {gid, gid_database: 5, gid_owner: 'app', prepared: instantAt(-60)}),
});

/** Granted lock of a session, or of the prepared transaction `gid`. */
export const grantedLock = (pid: number, of: Lock = {}) => lock(pid, true, of);

/** Lock that a session has waited for since a number of seconds before the start. */
export const awaitedLock = (pid: number, seconds: number, of: Lock = {}) => ({
	...lock(pid, false, of),
	waitstart: instantAt(-seconds),
});

/** Answer of a sample with locks. */
export const lockAnswer = (...rows: readonly ReturnType<typeof grantedLock>[]): QueryAnswer => answer(locks, ...rows);
