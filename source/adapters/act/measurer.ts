import {countedBtreeBloat} from '../../core/bloat/estimate.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {Measurement} from '../../core/sample/measurement.ts';
import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import {oneLine} from '../../core/sql/one-line.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {Measured} from '../../queries/beside/measured.ts';
import type {PollState} from '../../queries/plan.ts';
import {type Facts, facts} from '../../queries/server/server.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {ServerSession} from '../session/session.ts';

/** Measures tables exactly with pgstattuple, one at a time, each over a connection of its own. */
export type Measurer = {
	/** Starts to measure a table at time `at` of the server's clock, or stops that; resolves at the end, never rejects. */
	toggle(measurement: Measurement, at: Instant): Promise<void>;
	/** Measurements of this server since its start, running ones included; the same array while nothing changes. */
	rows(state: PollState): readonly Measured[];
	/** Backend of the measurement under way. */
	pids(): readonly number[];
	stop(): Promise<void>;
};

// A longer wait behind ACCESS EXCLUSIVE would queue other sessions behind it.
const lockTimeoutMs = 1000;
const cancelMs = 1000;

const catalogued = (): string =>
	oneLine(`/* pgtriage:measure */ select
	c.relpages,
	c.reltuples,
	c.reltoastrelid,
	coalesce(pg_catalog.substring(pg_catalog.array_to_string(c.reloptions, ' '), 'fillfactor=([0-9]+)'), '100') as fillfactor,
	pg_catalog.pg_indexes_size(c.oid) + coalesce(pg_catalog.pg_indexes_size(nullif(c.reltoastrelid, 0)), 0) as index_bytes,
	pg_catalog.current_setting('block_size') as block_size
from pg_catalog.pg_class as c
where c.oid = $1::pg_catalog.oid`);

const btrees = (): string =>
	oneLine(`/* pgtriage:measure */ select
	i.indexrelid,
	coalesce(pg_catalog.substring(pg_catalog.array_to_string(c.reloptions, ' '), 'fillfactor=([0-9]+)'), '90') as fillfactor
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where i.indrelid = $1::pg_catalog.oid
	and i.indisvalid
	and c.relam = 403`);

const heap = (schema: string): string =>
	oneLine(`/* pgtriage:measure */ select
	p.table_len,
	p.approx_tuple_len,
	p.dead_tuple_len,
	p.approx_free_space
from ${schema}.pgstattuple_approx($1::pg_catalog.oid::pg_catalog.regclass) as p`);

// pgstattuple_approx accepts TOAST relations since PostgreSQL 14.
const toastHeap = (schema: string, version: number): string =>
	version >= 140_000
		? heap(schema)
		: oneLine(`/* pgtriage:measure */ select
	p.table_len,
	p.tuple_len,
	p.dead_tuple_len,
	p.free_space
from ${schema}.pgstattuple($1::pg_catalog.oid::pg_catalog.regclass) as p`);

const btree = (schema: string): string =>
	oneLine(`/* pgtriage:measure */ select
	p.leaf_pages,
	p.avg_leaf_density,
	p.empty_pages + p.deleted_pages as useless_pages
from ${schema}.pgstatindex($1::pg_catalog.oid::pg_catalog.regclass) as p`);

const unknown = {
	step: null,
	finished: null,
	relpages: null,
	reltuples: null,
	fillfactor: null,
	heap_bytes: null,
	heap_live_bytes: null,
	heap_dead_bytes: null,
	heap_free_bytes: null,
	toast_bytes: null,
	toast_live_bytes: null,
	toast_dead_bytes: null,
	toast_free_bytes: null,
	index_bytes: null,
	index_bloat_bytes: null,
	message: null,
} as const satisfies Partial<Measured>;

const ask = async (session: ServerSession, sql: string, oid: number): Promise<readonly RawRow[]> => {
	const {error, rows} = await session.ask(sql, [String(oid)]);
	if (error !== undefined) throw error;
	return rows;
};

const numbersOf = (row: RawRow | undefined): readonly number[] => (row ?? []).map(Number);

/** Measures one table and reports each step to `onStep`. Throws the error of the server; undefined if the table no longer exists. */
const measure = async (
	session: ServerSession,
	{relid, schema}: Measurement,
	onStep: (step: string) => void,
): Promise<Partial<Measured> | undefined> => {
	const [relation] = await ask(session, catalogued(), relid);
	if (!relation) return undefined;
	const [relpages = 0, reltuples = 0, toast = 0, fillfactor = 100, indexBytes = 0, blockSize = 0] = numbersOf(relation);
	onStep('heap');
	const [bytes = 0, live = 0, dead = 0, free = 0] = numbersOf((await ask(session, heap(schema), relid))[0]);
	if (toast > 0) onStep('TOAST');
	const chunks = toast > 0 ? numbersOf((await ask(session, toastHeap(schema, session.version), toast))[0]) : [];
	const list = await ask(session, btrees(), relid);
	let bloatPages = 0;
	for (const [position, row] of list.entries()) {
		onStep(`index ${position + 1} of ${list.length}`);
		const [oid = 0, leafFillfactor = 90] = numbersOf(row);
		const [leafPages = 0, density = 0, uselessPages = 0] = numbersOf((await ask(session, btree(schema), oid))[0]);
		// The density is NaN without a leaf page.
		const filled = Number.isNaN(density) ? 1 : density / 100;
		bloatPages += countedBtreeBloat({leafPages, density: filled, uselessPages, fillfactor: leafFillfactor});
	}
	const [clock] =
		(await ask(session, 'select pg_catalog.clock_timestamp() where $1::pg_catalog.oid is not null', relid))[0] ?? [];
	return {
		finished: parseInstant(clock ?? ''),
		relpages,
		reltuples,
		fillfactor,
		heap_bytes: bytes,
		heap_live_bytes: live,
		heap_dead_bytes: dead,
		heap_free_bytes: free,
		toast_bytes: chunks[0] ?? null,
		toast_live_bytes: chunks[1] ?? null,
		toast_dead_bytes: chunks[2] ?? null,
		toast_free_bytes: chunks[3] ?? null,
		index_bytes: indexBytes,
		index_bloat_bytes: bloatPages * blockSize,
	};
};

/** One measurement under way. */
type Run = {
	readonly measurement: Measurement;
	/** Start of the measurement by the server's clock. */
	readonly started: Instant;
	/** Start of the measurement by a monotonic clock, in milliseconds. */
	readonly startedMs: number;
	readonly aborter: AbortController;
	readonly over: Promise<void>;
	session: ServerSession | undefined;
	stopped: boolean;
};

/** The state of a measurer. */
type Measurements = {
	readonly target: ConnectionTarget;
	readonly note: Note | undefined;
	readonly byTable: Map<number, Measured>;
	rows: readonly Measured[];
	run: Run | undefined;
};

/** Creates a measurer of the tables in the database of a target. */
export const createMeasurer = (target: ConnectionTarget, note?: Note): Measurer => {
	const measurements: Measurements = {target, note, byTable: new Map(), rows: [], run: undefined};
	return {
		toggle: async (measurement, at) => {
			const {run} = measurements;
			if (!run) return begin(measurements, measurement, at);
			if (run.measurement.relid === measurement.relid) stop(run);
			return run.over;
		},
		rows: ({results}) => {
			const answer = results[facts.name];
			const [server] = answer?.ok ? (answer.rows as readonly Facts[]) : [];
			if (server?.started != null) dropBefore(measurements, server.started);
			return measurements.rows;
		},
		pids: () => {
			const pid = measurements.run?.session?.pid;
			return pid === undefined ? [] : [pid];
		},
		stop: async () => {
			const {run} = measurements;
			if (run) stop(run);
			await run?.over;
		},
	};
};

const keep = (measurements: Measurements, row: Measured): void => {
	measurements.byTable.set(row.relid, row);
	measurements.rows = [...measurements.byTable.values()];
};

/** Drops the measurements from before a start of the server: they may be of another one. */
const dropBefore = (measurements: Measurements, serverStart: Instant): void => {
	const {byTable, rows} = measurements;
	const old = rows.filter(({started}) => started < serverStart);
	for (const {relid} of old) byTable.delete(relid);
	if (old.length > 0) measurements.rows = [...byTable.values()];
};

const begin = (measurements: Measurements, measurement: Measurement, started: Instant): Promise<void> => {
	const {promise, resolve} = Promise.withResolvers<void>();
	const run: Run = {
		measurement,
		started,
		startedMs: performance.now(),
		aborter: new AbortController(),
		over: promise,
		session: undefined,
		stopped: false,
	};
	keep(measurements, {...rowOf(run), state: 'running'});
	measurements.run = run;
	void carryOut(measurements, run).then(resolve);
	return promise;
};

const stop = (run: Run): void => {
	run.stopped = true;
	if (run.session) void run.session.cancel(cancelMs);
	else run.aborter.abort();
};

const rowOf = ({measurement: {relid}, started}: Run) => ({...unknown, relid, started});

/** Measures a table over a connection of its own and keeps the result or the failure; never rejects. */
const carryOut = async (measurements: Measurements, run: Run): Promise<void> => {
	const {target, note} = measurements;
	const {measurement, aborter} = run;
	const row = rowOf(run);
	try {
		const session = await logIn(target, {
			limits: {purpose: 'polling', statementTimeoutMs: 0, lockTimeoutMs},
			signal: aborter.signal,
			onLost: () => {},
			...(note && {note}),
		});
		run.session = session;
		if (session.pooled) throw new ConnectionError(shared);
		const figures = await measure(noted(session, target, measurement.name, note), measurement, step => {
			if (run.stopped) throw new Error('stopped');
			keep(measurements, {...row, state: 'running', step});
		});
		keep(measurements, figures ? {...row, ...figures, state: 'done'} : failed(run, 'the table no longer exists'));
	} catch (error) {
		keep(measurements, failed(run, run.stopped ? 'stopped' : reasonOf(error, target)));
	} finally {
		run.session?.destroy();
		measurements.run = undefined;
	}
};

const failed = (run: Run, message: string): Measured => ({
	...rowOf(run),
	state: 'failed',
	finished: laterBy(run.started, performance.now() - run.startedMs),
	message,
});

const reasonOf = (error: unknown, target: ConnectionTarget): string => {
	const {code, message} = failureOf(error, serverName(target));
	return code === '55P03' ? 'locked in ACCESS EXCLUSIVE mode, see locks' : message;
};
