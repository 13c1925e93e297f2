import type {Sample} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {Source} from '../../core/state/source.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import type {Lane} from '../session/lane.ts';

// Signalling a backend looks up the role of its session; pg_get_userbyid leaves that in the syscache of the calling backend.
const sql = `/* pgtriage:roles_at_hand */
select pg_catalog.count(pg_catalog.pg_get_userbyid(a.usesysid))
from pg_catalog.pg_stat_get_activity(null) as a`;

const deadlineMs = 2000;
// ALTER ROLE invalidates the cache entry of the role.
const everyMs = 30_000;

/**
 * Wraps a source so that the connection for signals keeps the roles of all sessions cached. With 900 sessions queueing on one row,
 * the lookup in pg_authid, a shared catalog, waited behind the lock manager: a first pg_terminate_backend took 24 to 93 s on
 * PostgreSQL 15, and 16 ms if the role was cached. Sends nothing while a session waits for a lock, because it would hang too.
 */
export const withRolesAtHand =
	(source: Source, lane: Lane): Source =>
	dispatch => {
		let cached: ReadonlySet<number> = new Set();
		let askedAt = Number.NEGATIVE_INFINITY;
		let generation = 0;
		let asking = false;

		const cacheRoles = ({results: {sessions}}: Sample): void => {
			const status = lane.status();
			if (!sessions?.ok || asking || status.state !== 'ready') return;
			const rows = sessions.rows as readonly Session[];
			const roles = new Set(rows.flatMap(({usesysid}) => usesysid ?? []));
			const isCurrent = status.generation === generation && [...roles].every(role => cached.has(role));
			if (isCurrent && performance.now() - askedAt < everyMs) return;
			if (rows.some(({wait_event_type}) => wait_event_type === 'Lock')) return;
			asking = true;
			askedAt = performance.now();
			void lane.run({name: 'roles_at_hand', sql: oneLine(sql), deadlineMs}).then(reply => {
				asking = false;
				if (!reply.ok) return;
				cached = roles;
				({generation} = status);
			});
		};

		return source(message => {
			dispatch(message);
			if (message.type === 'sample') cacheRoles(message.sample);
		});
	};
