import {
	cleanedBy,
	type Maintenance,
	type MaintenanceResult,
	maintenanceStatement,
	type Notice,
	type RelationRef,
} from '../../core/actions/maintenance.ts';
import {maintainRight} from '../../core/actions/rights.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, isUnanswered, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {ServerSession} from '../session/session.ts';

/** A task that was begun: `cancel` asks the server to stop it, `ended` tells what became of it and never rejects. */
export type Running = {readonly cancel: () => void; readonly ended: Promise<MaintenanceResult>};

/** Runs maintenance, each task on a connection of its own that ends with it. */
export type Maintainer = {
	/** Begins a task; `onBegun` is told the backend and the statement when it is sent. */
	begin(task: Maintenance, relation: RelationRef, onBegun: (pid: number | undefined, statement: string) => void): Running;
};

// Longer than the second after which autovacuum gives way; whoever holds the table even then has to be seen to first. A concurrent
// REINDEX has to outwait every transaction that is older, which hinders no reader or writer, and given up leaves an invalid index.
const lockTimeoutMs: Readonly<Record<Maintenance, number>> = {vacuum: 3000, analyze: 3000, reindex: 0};
const cancelMs = 1000;

// Whether our role may: MAINTAIN came with 17, and a version that does not know it fails where it is asked for.
const named = (version: number): string => `/* pgtriage:relation */ select
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
where c.oid = $1::pg_catalog.oid`;

const invalid = `/* pgtriage:leftovers */ select
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
order by 1`;

const nothing = {removed: null, kept: null, warnings: [], leftovers: [], failure: undefined} as const;

/** Maintenance on the server of a target, in whichever database a relation is. */
export const createMaintainer = (target: ConnectionTarget, note?: Note): Maintainer => ({
	begin: (task, relation, onBegun) => {
		const place = {...target, dbname: relation.database};
		const aborter = new AbortController();
		let session: ServerSession | undefined;
		let stopped = false;
		let answered = false;
		// What comes before the statement is there is lost: it is asked until the statement has ended.
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
		const begun = performance.now();
		const run = async (): Promise<Omit<MaintenanceResult, 'tookMs'>> => {
			const notices: Notice[] = [];
			const opened = await logIn(place, {
				limits: {readOnly: false, statementTimeoutMs: 0, lockTimeoutMs: lockTimeoutMs[task]},
				signal: aborter.signal,
				onLost: () => {},
				onNotice: notice => notices.push(notice),
				...(note && {note}),
			});
			session = opened;
			try {
				if (opened.pooled) throw new ConnectionError(shared);
				const looking = noted(opened, place, relation.name, note);
				const [known] = await asked(looking, named(opened.version), relation);
				if (stopped) return {...nothing, outcome: 'cancelled'};
				if (known === undefined) return {...nothing, outcome: 'gone'};
				const [name, owner, permitted] = known.map(String) as [string, string, string];
				const hint = maintainRight({user: place.user, version: opened.version}, task, {...relation, name}, owner);
				const statement = maintenanceStatement(task, relation.kind, name);
				onBegun(opened.pid, statement);
				// What was noticed until now was of the log-in.
				notices.length = 0;
				const {error} = await opened.ask(`/* pgtriage:${task} */ ${statement}`, []);
				answered = true;
				const leftovers = task === 'reindex' ? await left(looking, relation) : [];
				const warnings = notices.filter(({code}) => code.startsWith('01')).map(({message}) => message);
				const told = {...cleanedBy(notices), warnings, leftovers, failure: undefined};
				if (error !== undefined) {
					const failure = failureOf(error, serverName(place));
					const lost = isUnanswered(failure) ? {...failure, hint: stillThere(opened.pid)} : failure;
					return {...told, ...endedBy(failure.code === '42501' ? {...failure, hint} : lost, stopped)};
				}
				if (!isSkipped(task, notices)) return {...told, outcome: 'done'};
				const skipped = {code: 'skipped', message: warnings.join(' ')};
				return {...told, outcome: 'nothing', failure: permitted === 't' ? skipped : {...skipped, hint}};
			} finally {
				answered = true;
				opened.destroy();
			}
		};
		const ended = run().then(
			result => ({...result, tookMs: performance.now() - begun}),
			(error: unknown): MaintenanceResult => ({
				...nothing,
				...endedBy(failureOf(error, serverName(place)), stopped),
				tookMs: performance.now() - begun,
			}),
		);
		return {cancel: stop, ended};
	},
});

const endedBy = (failure: Failure, stopped: boolean): Pick<MaintenanceResult, 'outcome' | 'failure'> =>
	stopped && (failure.code === '57014' || failure.code === 'closed')
		? {outcome: 'cancelled', failure: undefined}
		: {outcome: 'failed', failure};

const stillThere = (pid: number | undefined): string =>
	`If only the connection broke, backend ${pid ?? '?'} may still be at it: the pane Progress shows it.`;

/** Whether the server warned and then told nothing of work: a VACUUM of somebody without the right to it succeeds so. */
const isSkipped = (task: Maintenance, notices: readonly Notice[]): boolean =>
	task !== 'reindex' && notices.some(({code}) => code.startsWith('01')) && !notices.some(({code}) => code === '00000');

const asked = async (session: ServerSession, sql: string, {oid}: RelationRef): Promise<readonly RawRow[]> => {
	const {error, rows} = await session.ask(sql, [String(oid)]);
	if (error !== undefined) throw error;
	return rows;
};

const left = (session: ServerSession, relation: RelationRef): Promise<readonly string[]> =>
	asked(session, invalid, relation).then(
		rows => rows.map(([name]) => name ?? ''),
		() => [],
	);
