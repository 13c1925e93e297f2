import {
	deadRowsIn,
	type Maintenance,
	type MaintenanceResult,
	maintenanceStatement,
	type Notice,
	type RelationRef,
	reportOf,
} from '../../core/actions/maintenance.ts';
import {maintainRight, type Self} from '../../core/actions/rights.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isUnanswered, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {ServerSession} from '../session/session.ts';

/** Maintenance under way: `cancel` asks the server to stop it; `ended` resolves to the result and never rejects. */
export type Running = {readonly cancel: () => void; readonly ended: Promise<MaintenanceResult>};

/** Runs maintenance commands, each over a connection of its own. */
export type Maintainer = {
	/** Starts a command; calls `onBegun` with the backend and the statement when it is sent. */
	begin(maintenance: Maintenance, relation: RelationRef, onBegun: (pid: number | undefined, statement: string) => void): Running;
};

// Longer than deadlock_timeout (1 s), after which autovacuum gives way; any other blocker has to be dealt with first. REINDEX
// CONCURRENTLY waits for every older transaction without blocking reads or writes, and leaves an invalid index if it gives up.
const lockTimeoutMs: Readonly<Record<Maintenance, number>> = {
	vacuum: 3000,
	'vacuum-parallel': 3000,
	'vacuum-quick': 3000,
	analyze: 3000,
	reindex: 0,
	// Its last lock blocks everybody behind it.
	repack: 3000,
};
const cancelMs = 1000;

// Checks the right of our role: has_table_privilege fails on MAINTAIN before PostgreSQL 17.
const relationQuery = (version: number): string =>
	oneLine(`/* pgtriage:relation */ select
	pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
	pg_catalog.pg_get_userbyid(c.relowner) as owner,
	${
		version >= 170_000
			? "pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')"
			: `pg_catalog.pg_has_role(c.relowner, 'USAGE') or pg_catalog.pg_has_role(
		(select d.datdba from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()), 'USAGE')`
	} as permitted
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $1::pg_catalog.oid`);

const leftoverQuery = (): string =>
	oneLine(`/* pgtriage:leftovers */ select
	pg_catalog.format('%I.%I', n.nspname, c.relname) as name
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not i.indisvalid
	and c.relname ~ '_cc(new|old)[0-9]*$'
	and i.indrelid = coalesce(
		(select x.indrelid from pg_catalog.pg_index as x where x.indexrelid = $1::pg_catalog.oid),
		$1::pg_catalog.oid
	)
	and not exists (select from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as p where p.relid = i.indrelid)
order by 1`);

const nothing = {removed: null, kept: null, warnings: [], leftovers: [], failure: undefined} as const;

/** Creates a maintainer for the server of a target; a command runs in the database of its relation. */
export const createMaintainer = (target: ConnectionTarget, note?: Note, belongingTo?: Self['belongingTo']): Maintainer => ({
	begin: (maintenance, relation, onBegun) => {
		const place = {...target, dbname: relation.database};
		const aborter = new AbortController();
		let session: ServerSession | undefined;
		let stopped = false;
		let answered = false;
		// A cancel that arrives before the statement is lost: repeat it until the statement ends.
		const cancel = (over: ServerSession): void => {
			if (answered) return;
			void over.cancel(cancelMs);
			setTimeout(cancel, cancelMs, over).unref();
		};
		const stop = (): void => {
			if (!session) aborter.abort();
			else if (!stopped) cancel(session);
			stopped = true;
		};
		const startedMs = performance.now();
		const run = async (): Promise<Omit<MaintenanceResult, 'tookMs'>> => {
			const notices: Notice[] = [];
			const opened = await logIn(place, {
				limits: {purpose: 'acting', statementTimeoutMs: 0, lockTimeoutMs: lockTimeoutMs[maintenance]},
				signal: aborter.signal,
				onLost: () => {},
				onNotice: notice => notices.push(notice),
				...(note && {note}),
			});
			session = opened;
			try {
				if (opened.pooled) throw new ConnectionError(shared);
				const lookup = noted(opened, place, relation.name, note);
				const [row] = await ask(lookup, relationQuery(opened.version), relation);
				if (stopped) return {...nothing, outcome: 'cancelled'};
				if (row === undefined) return {...nothing, outcome: 'gone'};
				const [name, owner, permitted] = row.map(String) as [string, string, string];
				const self = {user: place.user, version: opened.version, ...(belongingTo && {belongingTo})};
				const hint = maintainRight(self, maintenance, {...relation, name}, owner);
				const statement = maintenanceStatement(maintenance, relation.kind, name);
				onBegun(opened.pid, statement);
				// Drop the notices of the log-in.
				notices.length = 0;
				const {error} = await opened.ask(`/* pgtriage:${maintenance} */ ${statement}`, []);
				answered = true;
				const leftovers = maintenance === 'reindex' ? await leftoversOf(lookup, relation) : [];
				const warnings = notices.filter(({code}) => code.startsWith('01')).map(({message}) => message);
				const result = {...deadRowsIn(notices), name, warnings, leftovers, report: reportOf(notices), failure: undefined};
				if (error !== undefined) {
					const failure = failureOf(error, serverName(place));
					const hinted = isUnanswered(failure) ? {...failure, hint: unansweredHint(opened.pid)} : failure;
					return {...result, ...endedBy(failure.code === '42501' ? {...failure, hint} : hinted, stopped)};
				}
				if (!isSkipped(maintenance, notices)) return {...result, outcome: 'done'};
				const failure = {code: 'skipped', message: warnings.join(' ')};
				return {...result, outcome: 'nothing', failure: permitted === 't' ? failure : {...failure, hint}};
			} finally {
				answered = true;
				opened.destroy();
			}
		};
		const ended = run().then(
			result => ({...result, tookMs: performance.now() - startedMs}),
			(error: unknown): MaintenanceResult => ({
				...nothing,
				...endedBy(failureOf(error, serverName(place)), stopped),
				tookMs: performance.now() - startedMs,
			}),
		);
		return {cancel: stop, ended};
	},
});

const endedBy = (failure: Failure, stopped: boolean): Pick<MaintenanceResult, 'outcome' | 'failure'> =>
	stopped && (failure.code === '57014' || failure.code === 'closed')
		? {outcome: 'cancelled', failure: undefined}
		: {outcome: 'failed', failure};

const unansweredHint = (pid: number | undefined): string =>
	`Backend ${pid ?? '?'} may still be running it: check the progress pane.`;

/** True if the server warned and then reported no work: VACUUM without the privilege succeeds that way. */
const isSkipped = (maintenance: Maintenance, notices: readonly Notice[]): boolean =>
	maintenance !== 'reindex' &&
	maintenance !== 'repack' &&
	notices.some(({code}) => code.startsWith('01')) &&
	!notices.some(({code}) => code === '00000');

const ask = async (session: ServerSession, sql: string, {oid}: RelationRef): Promise<readonly RawRow[]> => {
	const {error, rows} = await session.ask(sql, [String(oid)]);
	if (error !== undefined) throw error;
	return rows;
};

const leftoversOf = (session: ServerSession, relation: RelationRef): Promise<readonly string[]> =>
	ask(session, leftoverQuery(), relation).then(
		rows => rows.map(([name]) => name ?? ''),
		() => [],
	);
