import {locks} from '../../source/queries/locks.ts';
import {databaseNames, type Session, sessions} from '../../source/queries/sessions.ts';
import {at, type Read, read} from './given.ts';

/** A session of the role app in the database shop that began a quarter of an hour ago, as far as nothing else is given. */
export const session = (pid: number, given: Partial<Session> = {}): Partial<Session> => ({
	pid,
	backend_start: at(-900),
	backend_type: 'client backend',
	datid: 5,
	usesysid: 10,
	usename: 'app',
	application_name: '',
	state: 'active',
	query_start: at(-5),
	state_change: at(-5),
	xact_start: at(-5),
	query: 'select 1',
	...given,
});

/** One that holds its transaction open and does nothing in it, since so many seconds before the first moment. */
export const idle = (pid: number, seconds: number, given: Partial<Session> = {}): Partial<Session> =>
	session(pid, {state: 'idle in transaction', state_change: at(-seconds), xact_start: at(-seconds), ...given});

/** What a role without rights is shown of it. */
export const masked = (pid: number, given: Partial<Session> = {}): Partial<Session> => ({
	pid,
	datid: 5,
	usesysid: 10,
	usename: 'app',
	application_name: '',
	query: '<insufficient privilege>',
	...given,
});

/** The sessions of a sample, and the name of their database. */
export const people = (...given: readonly Partial<Session>[]): readonly Read[] => [
	read(sessions, ...given),
	read(databaseNames, {datid: 5, datname: 'shop'}),
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
	...(gid && {gid, gid_database: 5, gid_owner: 'app', prepared: at(-60)}),
});

/** A lock that a session holds, or a prepared transaction where `gid` names one. */
export const holds = (pid: number, of: Lock = {}) => lock(pid, true, of);

/** A lock that a session has waited for, for so many seconds before the first moment. */
export const awaits = (pid: number, seconds: number, of: Lock = {}) => ({...lock(pid, false, of), waitstart: at(-seconds)});

/** The locks of a sample. */
export const locked = (...rows: readonly ReturnType<typeof holds>[]): Read => read(locks, ...rows);
