import type {Sample} from '../../core/sample/sample.ts';
import type {Source} from '../../core/state/source.ts';
import type {Session} from '../../queries/sessions.ts';
import type {Lane} from '../session/lane.ts';

// Signalling a backend looks up the role of its session, and pg_get_userbyid leaves that in the cache of whoever asked.
const sql = `/* pgtriage:roles_at_hand */
select pg_catalog.count(pg_catalog.pg_get_userbyid(a.usesysid))
from pg_catalog.pg_stat_get_activity(null) as a`;

const deadlineMs = 2000;
// What is known of a role is forgotten when somebody alters it.
const everyMs = 30_000;

/**
 * A source beside which the connection for signals keeps the roles of all sessions at hand. With 900 sessions queueing on one row
 * the look into pg_authid, a shared catalog, waited behind the lock manager: a first pg_terminate_backend took 24 to 93 s on
 * PostgreSQL 15, and 16 ms where the role was known. While somebody waits for a lock nothing is asked, for it would hang itself.
 */
export const withRolesAtHand =
	(source: Source, lane: Lane): Source =>
	dispatch => {
		let known: ReadonlySet<number> = new Set();
		let askedAt = Number.NEGATIVE_INFINITY;
		let generation = 0;
		let asking = false;

		const keep = ({results: {sessions}}: Sample): void => {
			const status = lane.status();
			if (!sessions?.ok || asking || status.state !== 'ready') return;
			const rows = sessions.rows as readonly Session[];
			const roles = new Set(rows.flatMap(({usesysid}) => usesysid ?? []));
			const stands = status.generation === generation && [...roles].every(role => known.has(role));
			if (stands && performance.now() - askedAt < everyMs) return;
			if (rows.some(({wait_event_type}) => wait_event_type === 'Lock')) return;
			asking = true;
			askedAt = performance.now();
			void lane.run({name: 'roles_at_hand', sql, deadlineMs}).then(reply => {
				asking = false;
				if (!reply.ok) return;
				known = roles;
				({generation} = status);
			});
		};

		return source(action => {
			dispatch(action);
			if (action.type === 'sample') keep(action.sample);
		});
	};
