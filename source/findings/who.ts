import type {Place} from '../core/pane.ts';
import type {Sample} from '../core/sample.ts';
import {duration, secondsBetween} from '../core/units.ts';
import {databaseNamesOf, nodeOf, sessionsByPid} from '../panes/reading.ts';
import {type Session, sessions} from '../queries/sessions.ts';

/** The sessions of clients, ours left out. */
export const clientsOf = (sample: Sample): readonly Session[] => {
	const own = new Set(sample.own);
	const result = sample.results[sessions.name];
	const rows = result?.ok ? (result.rows as readonly Session[]) : [];
	return rows.filter(({pid, backend_type}) => backend_type === 'client backend' && !own.has(pid));
};

/** The session whose place in the locks this is; undefined where another has its pid by now. */
export const lockSession = (pid: number, sample: Sample): Session | undefined => {
	const session = sessionsByPid(sample).get(pid);
	return session && nodeOf(sample, session) ? session : undefined;
};

/** Where a session stands among the sessions. */
export const placeOf = ({pid, backend_start}: Session): Place => ({pane: 'sessions', identity: `${pid}@${backend_start}`});

/** A session in few words: `4711 (app@shop, worker)`. */
export const sessionName = ({pid, usename, datid, application_name}: Session, sample: Sample): string => {
	const database = datid === null ? undefined : databaseNamesOf(sample).get(datid);
	return `${pid} (${usename ?? '?'}@${database ?? '?'}${application_name ? `, ${application_name}` : ''})`;
};

/** What a session does and for how long: `idle in transaction for 5m`. */
export const doing = ({state, state_change, query_start}: Session, {at}: Sample): string => {
	const since = secondsBetween(state === 'active' ? query_start : state_change, at);
	return `${state ?? 'state unknown'}${since === null ? '' : ` for ${duration(since)}`}`;
};

/** How to end what a session does, by the keys that do it. */
export const remedyOf = ({state}: Session): string =>
	state === 'active' ? 'C cancels its statement, K ends the session.' : 'K ends the session, which rolls its transaction back.';

/** So many of something: `1 session`, `12 sessions`. */
export const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;
