import {oncePerSample, type RowRef} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {databaseNamesOf, nodeOf, rowsOf, sessionsByPid} from '../panes/reading/answers.ts';
import {type Session, sessions} from '../queries/activity/sessions.ts';

/** Client backends without the sessions of pgtriage. */
export const clientsOf: (sample: Sample) => readonly Session[] = oncePerSample(sample =>
	rowsOf(sample, sessions).filter(({pid, backend_type}) => backend_type === 'client backend' && !sample.own.includes(pid)),
);

/** Session of a pid in the locks; undefined if another session has taken over the pid since. */
export const lockSession = (pid: number, sample: Sample): Session | undefined => {
	const session = sessionsByPid(sample).get(pid);
	return session && nodeOf(sample, session) ? session : undefined;
};

/** Row of a session in the sessions pane. */
export const sessionRef = ({pid, backend_start}: Session): RowRef => ({pane: 'sessions', identity: `${pid}@${backend_start}`});

/** A session in few words: `4711 (app@shop, worker)`, `4712 (autovacuum worker on shop)`; unknown parts are left out. */
export const sessionName = ({pid, usename, datid, application_name, backend_type}: Session, sample: Sample): string => {
	const database = datid === null ? undefined : databaseNamesOf(sample).get(datid);
	const who = [usename ?? backend_type ?? '', ...(database === undefined ? [] : [database])].join(
		usename === null && backend_type !== null ? ' on ' : '@',
	);
	const words = [who, application_name].filter(Boolean).join(', ');
	return words === '' ? String(pid) : `${pid} (${words})`;
};

/** State of a session and its age: `idle in transaction for 5m`. */
export const sessionActivity = ({state, state_change, query_start}: Session, {at}: Sample): string => {
	const since = secondsBetween(state === 'active' ? query_start : state_change, at);
	return `${state ?? 'state unknown'}${since === null ? '' : ` for ${duration(since)}`}`;
};

/** Action that ends the work of a session, with its keys. */
export const sessionRemedy = ({state, backend_type, backend_start, query}: Session): string => {
	if (backend_start === null || backend_type === null)
		return 'Too little of it is visible to terminate it: this role lacks the privileges of pg_monitor.';
	if (backend_type === 'walsender') return 'K terminates it; its consumer has to reconnect.';
	if (backend_type === 'autovacuum worker')
		return /to prevent wraparound/.test(query ?? '')
			? 'It prevents wraparound and will start again: let it finish, or C cancels it for now.'
			: 'C cancels it; it will start again.';
	if (state === 'idle') return 'K terminates the session and releases its locks.';
	return state === 'active'
		? 'C cancels its statement, K terminates the session.'
		: 'K terminates the session and rolls back its transaction.';
};
