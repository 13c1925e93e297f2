import {oncePerSample, type RowRef} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {duration} from '../core/values/units.ts';
import {databaseNamesOf, nodeOf, rowsOf, sessionsByPid} from '../panes/reading/reading.ts';
import {type Session, sessions} from '../queries/sessions.ts';

/** The sessions of clients, ours left out. */
export const clientsOf: (sample: Sample) => readonly Session[] = oncePerSample(sample =>
	rowsOf(sample, sessions).filter(({pid, backend_type}) => backend_type === 'client backend' && !sample.own.includes(pid)),
);

/** The session whose place in the locks this is; undefined where another has its pid by now. */
export const lockSession = (pid: number, sample: Sample): Session | undefined => {
	const session = sessionsByPid(sample).get(pid);
	return session && nodeOf(sample, session) ? session : undefined;
};

/** Where a session stands among the sessions. */
export const sessionRef = ({pid, backend_start}: Session): RowRef => ({pane: 'sessions', identity: `${pid}@${backend_start}`});

/** A session in few words: `4711 (app@shop, worker)`, `4712 (autovacuum worker@shop)`; what is not known of it is left out. */
export const sessionName = ({pid, usename, datid, application_name, backend_type}: Session, sample: Sample): string => {
	const database = datid === null ? undefined : databaseNamesOf(sample).get(datid);
	const who = [usename ?? backend_type ?? '', ...(database === undefined ? [] : [database])].join('@');
	const words = [who, application_name].filter(Boolean).join(', ');
	return words === '' ? String(pid) : `${pid} (${words})`;
};

/** What a session does and for how long: `idle in transaction for 5m`. */
export const sessionActivity = ({state, state_change, query_start}: Session, {at}: Sample): string => {
	const since = secondsBetween(state === 'active' ? query_start : state_change, at);
	return `${state ?? 'state unknown'}${since === null ? '' : ` for ${duration(since)}`}`;
};

/** How to end what a session does, by the keys that do it. */
export const sessionRemedy = ({state, backend_type, backend_start, query}: Session): string => {
	if (backend_start === null || backend_type === null)
		return 'This role may not see enough of it to end it: GRANT pg_monitor to it.';
	if (backend_type === 'walsender') return 'K ends it; its consumer has to connect again.';
	if (backend_type === 'autovacuum worker')
		return /to prevent wraparound/.test(query ?? '')
			? 'It prevents wraparound and comes again: let it end, or C cancels it for now.'
			: 'C cancels it; it comes again.';
	if (state === 'idle') return 'K ends the session, which gives its locks back.';
	return state === 'active'
		? 'C cancels its statement, K ends the session.'
		: 'K ends the session, which rolls its transaction back.';
};
