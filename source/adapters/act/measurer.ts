import {countedBtreeBloat} from '../../core/bloat/estimate.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {Measurement} from '../../core/sample/measurement.ts';
import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import type {Measured} from '../../queries/measured.ts';
import type {PollState} from '../../queries/plan.ts';
import {type Facts, facts} from '../../queries/server.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, shared} from '../connect/failures.ts';
import {logIn} from '../session/log-in.ts';
import {noted} from '../session/noted.ts';
import type {ServerSession} from '../session/session.ts';

/** Measures tables exactly, one at a time, each on a connection of its own that ends with it. */
export type Measurer = {
	/** Begins to measure a table at a moment of the server's clock, or stops that; resolves when it is over, never rejects. */
	toggle(measurement: Measurement, at: Instant): Promise<void>;
	/** What was measured and is being measured of this server since it started; the same array while nothing changed. */
	rows(known: PollState): readonly Measured[];
	/** The backend that measures. */
	pids(): readonly number[];
	stop(): Promise<void>;
};

// Somebody who has the table to himself keeps it for longer than anybody should queue behind him.
const lockTimeoutMs = 1000;
const cancelMs = 1000;

const catalogued = `/* pgtriage:measure */ select
	c.relpages,
	c.reltuples,
	c.reltoastrelid,
	coalesce(pg_catalog.substring(pg_catalog.array_to_string(c.reloptions, ' '), 'fillfactor=([0-9]+)'), '100') as fillfactor,
	pg_catalog.pg_indexes_size(c.oid) + coalesce(pg_catalog.pg_indexes_size(nullif(c.reltoastrelid, 0)), 0) as index_bytes,
	pg_catalog.current_setting('block_size') as block_size
from pg_catalog.pg_class as c
where c.oid = $1::pg_catalog.oid`;

const btrees = `/* pgtriage:measure */ select
	i.indexrelid,
	coalesce(pg_catalog.substring(pg_catalog.array_to_string(c.reloptions, ' '), 'fillfactor=([0-9]+)'), '90') as fillfactor
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where i.indrelid = $1::pg_catalog.oid
	and i.indisvalid
	and c.relam = 403`;

const heap = (schema: string): string => `/* pgtriage:measure */ select
	p.table_len,
	p.approx_tuple_len,
	p.dead_tuple_len,
	p.approx_free_space
from ${schema}.pgstattuple_approx($1::pg_catalog.oid::pg_catalog.regclass) as p`;

// The cheaper function takes TOAST relations from 14 on.
const toastHeap = (schema: string, version: number): string =>
	version >= 140_000
		? heap(schema)
		: `/* pgtriage:measure */ select
	p.table_len,
	p.tuple_len,
	p.dead_tuple_len,
	p.free_space
from ${schema}.pgstattuple($1::pg_catalog.oid::pg_catalog.regclass) as p`;

const btree = (schema: string): string => `/* pgtriage:measure */ select
	p.leaf_pages,
	p.avg_leaf_density,
	p.empty_pages + p.deleted_pages as useless_pages
from ${schema}.pgstatindex($1::pg_catalog.oid::pg_catalog.regclass) as p`;

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

const asked = async (session: ServerSession, sql: string, oid: number): Promise<readonly RawRow[]> => {
	const {error, rows} = await session.ask(sql, [String(oid)]);
	if (error !== undefined) throw error;
	return rows;
};

const numbersOf = (row: RawRow | undefined): readonly number[] => (row ?? []).map(Number);

/** The measuring of one table; `onStep` is told what comes next. Throws what the server says; undefined where the table is gone. */
const measure = async (
	session: ServerSession,
	{relid, schema}: Measurement,
	onStep: (step: string) => void,
): Promise<Partial<Measured> | undefined> => {
	const [found] = await asked(session, catalogued, relid);
	if (!found) return undefined;
	const [relpages = 0, reltuples = 0, toast = 0, fillfactor = 100, indexBytes = 0, blockSize = 0] = numbersOf(found);
	onStep('heap');
	const [bytes = 0, live = 0, dead = 0, free = 0] = numbersOf((await asked(session, heap(schema), relid))[0]);
	if (toast > 0) onStep('TOAST');
	const chunks = toast > 0 ? numbersOf((await asked(session, toastHeap(schema, session.version), toast))[0]) : [];
	const list = await asked(session, btrees, relid);
	let bloatPages = 0;
	for (const [place, row] of list.entries()) {
		onStep(`index ${place + 1} of ${list.length}`);
		const [oid = 0, leafFillfactor = 90] = numbersOf(row);
		const [leafPages = 0, density = 0, uselessPages = 0] = numbersOf((await asked(session, btree(schema), oid))[0]);
		// Without a leaf there is no density.
		const filled = Number.isNaN(density) ? 1 : density / 100;
		bloatPages += countedBtreeBloat({leafPages, density: filled, uselessPages, fillfactor: leafFillfactor});
	}
	const [clock] =
		(await asked(session, 'select pg_catalog.clock_timestamp() where $1::pg_catalog.oid is not null', relid))[0] ?? [];
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

/** A measurer of the tables of a target's database. */
export const createMeasurer = (target: ConnectionTarget, note?: Note): Measurer => {
	const known = new Map<number, Measured>();
	let all: readonly Measured[] = [];
	let current: {readonly relid: number; readonly stop: () => void; readonly over: Promise<void>; pid?: number} | undefined;

	const keep = (row: Measured): void => {
		known.set(row.relid, row);
		all = [...known.values()];
	};

	const begin = (measurement: Measurement, started: Instant): Promise<void> => {
		const {relid} = measurement;
		const aborter = new AbortController();
		let session: ServerSession | undefined;
		let stopped = false;
		const row = {...unknown, relid, started};
		const begunAt = performance.now();
		keep({...row, state: 'running'});
		const run = async (): Promise<void> => {
			try {
				const opened = await logIn(target, {
					limits: {readOnly: true, statementTimeoutMs: 0, lockTimeoutMs},
					signal: aborter.signal,
					onLost: () => {},
					...(note && {note}),
				});
				session = opened;
				if (current && opened.pid !== undefined) current.pid = opened.pid;
				if (opened.pooled) throw new ConnectionError(shared);
				const counted = await measure(noted(opened, target, measurement.name, note), measurement, step => {
					if (stopped) throw new Error('it was stopped');
					keep({...row, state: 'running', step});
				});
				keep(
					counted
						? {...row, ...counted, state: 'done'}
						: {...row, state: 'failed', finished: endedAt(), message: 'the table is gone'},
				);
			} catch (error) {
				keep({...row, state: 'failed', finished: endedAt(), message: stopped ? 'it was stopped' : why(error)});
			} finally {
				session?.destroy();
				current = undefined;
			}
		};
		const endedAt = (): Instant => laterBy(started, performance.now() - begunAt);
		const why = (error: unknown): string => {
			const {code, message} = failureOf(error, serverName(target));
			return code === '55P03' ? 'somebody has it locked in ACCESS EXCLUSIVE mode' : message;
		};
		const {promise, resolve} = Promise.withResolvers<void>();
		current = {
			relid,
			over: promise,
			stop: () => {
				stopped = true;
				if (session) void session.cancel(cancelMs);
				else aborter.abort();
			},
		};
		void run().then(resolve);
		return promise;
	};

	return {
		toggle: async (measurement, at) => {
			if (!current) return begin(measurement, at);
			if (current.relid === measurement.relid) current.stop();
			return current.over;
		},
		rows: ({results}) => {
			const answer = results[facts.name];
			const [server] = answer?.ok ? (answer.rows as readonly Facts[]) : [];
			// What was measured before the server came up anew may have been of another one.
			const old = [...known.values()].filter(({started}) => server !== undefined && started < server.started);
			for (const {relid} of old) known.delete(relid);
			if (old.length > 0) all = [...known.values()];
			return all;
		},
		pids: () => (current?.pid === undefined ? [] : [current.pid]),
		stop: async () => {
			current?.stop();
			await current?.over;
		},
	};
};
