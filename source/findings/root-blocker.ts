import type {Finding} from '../core/finding.ts';
import {type LockForestRow, lockForest} from '../core/lock-forest.ts';
import {literal} from '../core/quote.ts';
import type {Sample} from '../core/sample.ts';
import {clean} from '../core/text.ts';
import {duration, secondsBetween} from '../core/units.ts';
import {databaseNamesOf, graphOf, nodeOf, sessionsByPid} from '../panes/reading.ts';
import {locks} from '../queries/locks.ts';
import {type Session, sessions} from '../queries/sessions.ts';
import {defineRule} from './rule.ts';
import {severityOf, worst} from './thresholds.ts';

/** Sessions that wait, by the one they all wait for in the end. */
export const rootBlocker = defineRule({
	id: 'root-blocker',
	help: 'A session or prepared transaction that others wait for, and that waits for nobody itself.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		lockForest(graphOf(sample), sample.at)
			.filter(row => row.depth === 0 && row.blocks_total > 0 && !sample.own.includes(row.pid))
			.flatMap(row => {
				const waits = severityOf(row.waiters_wait_seconds, limits.blocked_seconds);
				const severity = waits && worst(waits, severityOf(row.blocks_total, limits.blocked_sessions));
				return severity ? [found(row, severity, sample)] : [];
			}),
});

const found = (row: LockForestRow, severity: Finding['severity'], sample: Sample): Omit<Finding, 'rule'> => {
	const session = row.gid === null ? sessionOf(row.pid, sample) : undefined;
	const waiters = row.blocks_total === 1 ? '1 session' : `${row.blocks_total} sessions`;
	const waited = row.waiters_wait_seconds === null ? '' : `, ${duration(row.waiters_wait_seconds)} waited in all`;
	const on = row.target === null ? '' : ` on ${row.target}`;
	return {
		subject: row.gid === null ? `${row.pid}@${session?.backend_start ?? ''}` : `prepared ${row.gid}`,
		severity,
		weight: row.blocks_total,
		summary: clean(`${blockerName(row, session, sample)} blocks ${waiters}${waited}.`),
		evidence: clean(`It holds ${row.mode ?? 'a lock'}${on}${session ? `; ${doing(session, sample)}` : ''}.`),
		pid: row.gid === null ? row.pid : null,
		leads: session
			? {pane: 'sessions', identity: `${row.pid}@${session.backend_start}`}
			: {pane: 'locks', identity: row.gid === null ? `${row.pid}@null` : `prepared ${row.gid}`},
		action:
			row.gid === null
				? session?.state === 'active'
					? 'C cancels its statement, K ends the session.'
					: 'K ends the session, which rolls its transaction back.'
				: 'F9 offers ROLLBACK PREPARED.',
	};
};

const sessionOf = (pid: number, sample: Sample): Session | undefined => {
	const session = sessionsByPid(sample).get(pid);
	return session && nodeOf(sample, session) ? session : undefined;
};

const blockerName = (row: LockForestRow, session: Session | undefined, sample: Sample): string =>
	row.gid === null ? sessionName(row.pid, session, sample) : `The prepared transaction ${literal(row.gid)}`;

/** A session in few words: `4711 (app@shop, worker)`. */
export const sessionName = (pid: number, session: Session | undefined, sample: Sample): string => {
	if (!session) return `Session ${pid}`;
	const {usename, datid, application_name} = session;
	const database = datid === null ? undefined : databaseNamesOf(sample).get(datid);
	return `${pid} (${usename ?? '?'}@${database ?? '?'}${application_name ? `, ${application_name}` : ''})`;
};

/** What a session does and for how long, in words. */
export const doing = ({state, state_change, xact_start, query_start}: Session, {at}: Sample): string => {
	const since = secondsBetween(state === 'active' ? query_start : state_change, at);
	const open = secondsBetween(xact_start, at);
	return `${state ?? 'state unknown'}${since === null ? '' : ` for ${duration(since)}`}${open === null ? '' : `, its transaction open for ${duration(open)}`}`;
};
