import {locks} from '../../source/queries/locks.ts';
import {databaseNames, type Session, sessions} from '../../source/queries/sessions.ts';
import {answer, instantAt, type QueryAnswer} from './samples.ts';

/** A session of the role app in the database shop that began a quarter of an hour ago, as far as nothing else is given. */
export const sessionRow = (pid: number, given: Partial<Session> = {}): Partial<Session> => ({
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
	...given,
});

/** One that holds its transaction open and does nothing in it, since so many seconds before the first moment. */
export const idleSession = (pid: number, seconds: number, given: Partial<Session> = {}): Partial<Session> =>
	sessionRow(pid, {state: 'idle in transaction', state_change: instantAt(-seconds), xact_start: instantAt(-seconds), ...given});

/** What a role without rights is shown of it. */
export const maskedSession = (pid: number, given: Partial<Session> = {}): Partial<Session> => ({
	pid,
	datid: 5,
	usesysid: 10,
	usename: 'app',
	application_name: '',
	query: '<insufficient privilege>',
	...given,
});

/** The sessions of a sample, and the name of their database. */
export const sessionAnswers = (...given: readonly Partial<Session>[]): readonly QueryAnswer[] => [
	answer(sessions, ...given),
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

/** A lock that a session holds, or a prepared transaction where `gid` names one. */
export const grantedLock = (pid: number, of: Lock = {}) => lock(pid, true, of);

/** A lock that a session has waited for, for so many seconds before the first moment. */
export const awaitedLock = (pid: number, seconds: number, of: Lock = {}) => ({
	...lock(pid, false, of),
	waitstart: instantAt(-seconds),
});

/** The locks of a sample. */
export const lockAnswer = (...rows: readonly ReturnType<typeof grantedLock>[]): QueryAnswer => answer(locks, ...rows);
