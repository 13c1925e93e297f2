import {isGroupMember} from '../../core/locks/lock-group.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {literal} from '../../core/values/quote.ts';
import {horizon, type XminHolder} from '../../queries/activity/horizon.ts';
import {type Session, sessions} from '../../queries/activity/sessions.ts';
import {pulse} from '../../queries/server/server.ts';
import {databaseNamesOf, factsOf, rowsOf, sessionsByPid} from '../reading/answers.ts';
import {isConflictSlot, repackWorkerType} from '../reading/server-slots.ts';
import {ageOfXid} from '../reading/xids.ts';

/** Tables that VACUUM cannot clean because of a holder; on a standby, those of its primary. */
export type HorizonEffect = (typeof effects)[number];

// Worst first: holders are in this order.
const effects = ['all tables of this database', 'tables of the primary', 'system catalogs only', 'shared catalogs only'] as const;

/** Holder of the xmin horizon: VACUUM keeps row versions that died within the last `xmin_age` transactions. */
export type Holder = {
	readonly section: 'horizon';
	readonly holder: string;
	readonly kind: 'session' | 'prepared transaction' | 'physical slot' | 'logical slot' | 'standby feedback';
	readonly xmin_age: number | null;
	readonly catalog_xmin_age: number | null;
	readonly since: Instant | null;
	readonly pid: number | null;
	readonly backend_start: Instant | null;
	readonly gid: string | null;
	readonly slot_name: string | null;
	readonly datname: string | null;
	readonly usename: string | null;
	readonly application_name: string | null;
	readonly state: string | null;
	readonly effect: HorizonEffect;
	readonly remedy: string;
	/** Its own transaction id, if it has one. */
	readonly xid: string | null;
	/** Oldest transaction id it needs. */
	readonly oldest: string | null;
	/** Holder, in any database, whose transaction its snapshot only follows: once that one ends, it moves on. */
	readonly reachesTo: Holder | null;
};

/** Identity of a holder. */
export const holderName = ({backend_start, pid, kind, holder}: Holder): string =>
	backend_start === null ? `${kind} ${holder}` : `${pid}@${backend_start}`;

/** Holders of a sample, worst first: by effect, then by age, then origins before their echoes. */
export const holdersOf: (sample: Sample) => readonly Holder[] = oncePerSample(sample => {
	const holders = [
		...holdingSessions(sample).map(session => sessionHolder(session, sample)),
		...rowsOf(sample, horizon).map(row => persistentHolder(row, sample)),
	].sort(
		(a, b) =>
			effects.indexOf(a.effect) - effects.indexOf(b.effect) ||
			ageOf(b) - ageOf(a) ||
			Number(isOrigin(b)) - Number(isOrigin(a)) ||
			order(a.since, b.since),
	);
	const origins = new Map(holders.filter(isOrigin).map(holder => [holder.oldest, holder]));
	return holders.map(holder => {
		const origin = isEcho(holder, sample.at) ? origins.get(holder.oldest) : undefined;
		return origin ? {...holder, reachesTo: origin, remedy: `End ${origin.holder} first: this one only follows it.`} : holder;
	});
});

// A snapshot goes back to the oldest transaction that ran when it was taken, in any database. A holder that takes new snapshots
// all the time is not the cause; an old snapshot would hold xmin back by itself.
const youngSeconds = 300;
const isEcho = (holder: Holder, now: Instant): boolean => {
	if (holder.kind === 'session') return !isOrigin(holder) && (secondsBetween(holder.since, now) ?? 0) < youngSeconds;
	return holder.kind === 'standby feedback' || (holder.slot_name !== null && holder.state === 'active');
};

const ageOf = ({xmin_age, catalog_xmin_age}: Holder): number => xmin_age ?? catalog_xmin_age ?? -1;

const isOrigin = ({xid, oldest}: Holder): boolean => xid !== null && xid === oldest;

// Unknown starts come last.
const order = (a: Instant | null, b: Instant | null): number => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);

/**
 * Sessions that hold a snapshot or a transaction id, without pgtriage's own and those that PostgreSQL ignores. Workers of a
 * statement hold what their leader holds.
 */
export const holdingSessions = (sample: Sample): readonly Session[] => {
	const own = new Set(sample.own);
	return rowsOf(sample, sessions).filter(
		session =>
			(session.backend_xmin !== null || session.backend_xid !== null) &&
			!own.has(session.pid) &&
			!isGroupMember(session) &&
			(isFeedback(session) || hasDatabase(session)) &&
			!isVacuum(session),
	);
};

const hasDatabase = ({datid}: Session): boolean => datid !== null && datid !== 0;

/** True for a walsender without a database, which holds what its standby requests; if types are hidden, for a user without a database. */
const isFeedback = (session: Session): boolean =>
	!hasDatabase(session) &&
	(session.backend_type === 'walsender' || (session.backend_type === null && (session.usesysid ?? 0) !== 0));

// PostgreSQL leaves out sessions that run a lazy VACUUM when it computes the horizon (PROC_IN_VACUUM), though they show an xmin.
// If backend types are hidden, every process without a user counts as one, as autovacuum workers have none.
const isVacuum = (session: Session): boolean =>
	(session.backend_type === null && session.usesysid === null) ||
	(session.state === 'active' && runsLazyVacuum.test(session.query ?? ''));

const runsLazyVacuum = /^\s*(?:autovacuum: )?vacuum\b(?!\s*(?:\([^)]*\bfull\b|full\b))/i;

const onStandby = (sample: Sample): boolean => rowsOf(sample, pulse)[0]?.in_recovery ?? factsOf(sample)?.in_recovery ?? false;

/** Effect of a holder: a standby reports the needs of all its databases; on a primary, sessions hold their database and shared catalogs. */
const effectOf = (datname: string | null, sample: Sample): HorizonEffect => {
	if (onStandby(sample)) return 'tables of the primary';
	return datname === null || datname === factsOf(sample)?.database ? 'all tables of this database' : 'shared catalogs only';
};

const nameOf = (datid: number | null, sample: Sample): string | null =>
	datid === null || datid === 0 ? null : (databaseNamesOf(sample).get(datid) ?? String(datid));

const sessionHolder = (session: Session, sample: Sample): Holder => {
	const {pid, usename, application_name, state, backend_start, xact_start} = session;
	const feedback = isFeedback(session);
	const datname = nameOf(session.datid, sample);
	// A snapshot goes back at least to its own transaction.
	const oldest = session.backend_xmin ?? session.backend_xid;
	return {
		section: 'horizon',
		holder: feedback ? `${pid} (${application_name ?? '?'})` : `${pid} (${usename ?? session.backend_type ?? '?'}@${datname})`,
		kind: feedback ? 'standby feedback' : 'session',
		xmin_age: ageOfXid(oldest, sample),
		catalog_xmin_age: null,
		since: xact_start,
		pid,
		backend_start,
		gid: null,
		slot_name: null,
		datname,
		usename,
		application_name,
		state,
		effect: effectOf(datname, sample),
		remedy: feedback ? feedbackRemedy : sessionRemedy(session),
		xid: session.backend_xid,
		oldest,
		reachesTo: null,
	};
};

const feedbackRemedy = 'On the standby: terminate the session its Horizon pane names, or set hot_standby_feedback = off.';

const sessionRemedy = ({backend_type, state}: Session): string => {
	if (backend_type === 'autovacuum worker') return 'Wait for autovacuum, or cancel it (C).';
	if (state === 'active') return 'Cancel its statement (C) or terminate the session (K).';
	return 'Terminate the session (K); its transaction rolls back.';
};

const persistentHolder = (row: XminHolder, sample: Sample): Holder => {
	const prepared = row.kind === 'prepared transaction';
	const datname = nameOf(row.datid, sample);
	const catalogsOnly = row.xmin === null;
	return {
		section: 'horizon',
		holder: row.name,
		kind: row.kind as Holder['kind'],
		xmin_age: ageOfXid(row.xmin, sample),
		catalog_xmin_age: ageOfXid(row.catalog_xmin, sample),
		since: row.since,
		pid: row.active_pid,
		backend_start: null,
		gid: prepared ? row.name : null,
		slot_name: prepared ? null : row.name,
		datname,
		usename: row.owner,
		application_name: null,
		state: prepared ? 'prepared' : row.active === true ? 'active' : 'inactive',
		effect: catalogsOnly ? 'system catalogs only' : effectOf(prepared ? datname : null, sample),
		remedy: prepared ? preparedRemedy(row, datname) : slotRemedy(row, sample),
		xid: prepared ? row.xmin : null,
		oldest: row.xmin,
		reachesTo: null,
	};
};

const preparedRemedy = ({name}: XminHolder, datname: string | null): string =>
	`ROLLBACK PREPARED ${literal(name)}; in database ${datname ?? '?'}, or COMMIT PREPARED.`;

const conflictRemedy = 'Let its subscriptions catch up, or ALTER SUBSCRIPTION ... SET (max_retention_duration = ...).';

const repackRemedy = 'A REPACK (CONCURRENTLY) uses it: let it finish, or cancel it (C).';

const slotRemedy = ({name, kind, active, active_pid}: XminHolder, sample: Sample): string => {
	if (isConflictSlot(name)) return conflictRemedy;
	if (active_pid !== null && sessionsByPid(sample).get(active_pid)?.backend_type === repackWorkerType) return repackRemedy;
	const drop = `SELECT pg_drop_replication_slot(${literal(name)});`;
	if (active !== true) return `${drop} unless its ${kind === 'logical slot' ? 'consumer' : 'standby'} comes back.`;
	return kind === 'logical slot' ? 'Let its consumer catch up and confirm its position.' : feedbackRemedy;
};
