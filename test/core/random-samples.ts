import fc from 'fast-check';
import type {Result, Row, Sample} from '../../source/core/sample/sample.ts';
import type {Instant} from '../../source/core/values/instant.ts';
import {anyText} from './arbitraries.ts';

const minute = (value: number): Instant => `2026-11-22T14:${String(value).padStart(2, '0')}:30.250000+00:00`;
const momentBefore = fc.option(fc.integer({min: 10, max: 29}).map(minute), {nil: null});
const pids = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110] as const;
const pid = fc.constantFrom(...pids);
const name = fc.option(fc.oneof(fc.constantFrom('shop', 'reporting', 'postgres'), anyText), {nil: null});

const xid = fc.nat().map(String);

const session: fc.Arbitrary<Row> = fc.record({
	pid,
	backend_start: fc.option(fc.constantFrom(minute(1), minute(2)), {nil: null, freq: 12}),
	datid: fc.option(fc.constantFrom(5, 16_384), {nil: null}),
	usesysid: fc.option(fc.constantFrom(10, 16_385), {nil: null}),
	usename: name,
	application_name: name,
	client_addr: fc.option(fc.constantFrom('10.1.2.3', 'fe80::1'), {nil: null}),
	client_port: fc.option(fc.nat({max: 65_535}), {nil: null}),
	backend_type: fc.constantFrom(
		'client backend',
		'client backend',
		'client backend',
		'parallel worker',
		'autovacuum worker',
		'walsender',
		'checkpointer',
		null,
	),
	state: fc.constantFrom('active', 'active', 'idle', 'idle in transaction', 'idle in transaction (aborted)', 'disabled', null),
	wait_event_type: fc.constantFrom('Lock', 'Client', 'IO', null),
	wait_event: fc.constantFrom('transactionid', 'ClientRead', 'SyncRep', null),
	xact_start: momentBefore,
	query_start: momentBefore,
	state_change: momentBefore,
	backend_xid: fc.option(xid, {nil: null}),
	backend_xmin: fc.option(xid, {nil: null}),
	leader_pid: fc.option(pid, {nil: null, freq: 1}),
	query_id: fc.constant(null),
	query_bytes: fc.option(fc.nat({max: 1100}), {nil: null}),
	query: fc.option(fc.oneof(anyText, fc.constantFrom('<insufficient privilege>', 'vacuum t', 'update accounts')), {nil: null}),
});

const relationModes = ['AccessShareLock', 'RowExclusiveLock', 'ShareLock', 'AccessExclusiveLock'] as const;

const lock: fc.Arbitrary<Row> = fc
	.record({
		pid,
		relation: fc.constantFrom(1, 2, 3),
		mode: fc.constantFrom(...relationModes),
		granted: fc.boolean(),
		of: fc.nat({max: 9}),
		gid: anyText,
	})
	.map(({pid: holder, relation, mode, granted, of, gid}): Row => {
		const prepared = of === 0 && granted;
		return {
			virtualtransaction: prepared ? '-1/7' : `3/${holder}`,
			mode,
			granted,
			pid: prepared ? null : holder,
			locktype: 'relation',
			database: 5,
			relation,
			relation_name: `public.table_${relation}`,
			page: null,
			tuple: null,
			virtualxid: null,
			transactionid: null,
			classid: null,
			objid: null,
			objsubid: null,
			waitstart: granted ? null : minute(10 + of),
			gid: prepared ? gid : null,
			gid_database: prepared ? 5 : null,
			prepared: prepared ? minute(9) : null,
			blocking_pids: null,
		};
	});

const facts = (user: string): Row => ({
	version: 150_018,
	version_text: '15.18',
	in_recovery: false,
	started: minute(0),
	database: 'shop',
	user,
	max_connections: 100,
	reserved_connections: 3,
	track_activity_query_size: 1024,
	superuser: false,
	read_all_stats: true,
	signal_backend: true,
});

const pulse = fc.record({
	started: fc.constant(minute(0)),
	in_recovery: fc.boolean(),
	stats_reset: fc.constant(null),
	xact_commit: fc.nat(),
	xact_rollback: fc.nat(),
	blks_read: fc.nat(),
	blks_hit: fc.nat(),
	deadlocks: fc.nat(),
	temp_bytes: fc.nat(),
	wal_bytes: fc.option(fc.nat(), {nil: null}),
	xid_age: fc.option(fc.nat(), {nil: null}),
	replay_lag_bytes: fc.option(fc.nat(), {nil: null}),
}) as fc.Arbitrary<Row>;

const failed = anyText.map(message => ({code: '42501', message, hint: message}));

const step = fc.record({
	sessions: fc.oneof(
		{weight: 9, arbitrary: fc.uniqueArray(session, {maxLength: 10, selector: row => row.pid})},
		{weight: 1, arbitrary: failed},
	),
	locks: fc.oneof({weight: 9, arbitrary: fc.array(lock, {maxLength: 12})}, {weight: 1, arbitrary: failed}),
	pulse: fc.option(pulse),
	superusers: fc.option(fc.constantFrom<readonly Row[]>([], [{usesysid: 10, rolname: 'postgres', rolsuper: true}])),
	own: fc.subarray([110]),
});

/** Plausible samples of a server, in order: sessions that come, go and hide, locks of all kinds, queries that fail. */
export const randomSamples = (least: number, most: number): fc.Arbitrary<readonly Sample[]> =>
	fc.tuple(anyText, fc.array(step, {minLength: least, maxLength: most})).map(([user, steps]) => {
		const factsRow = facts(user);
		return steps.map((one, seq): Sample => {
			const at = minute(30 + seq);
			const result = (given: readonly Row[] | {readonly code: string; readonly message: string}): Result =>
				'code' in given ? {ok: false, at, tookMs: 2, error: given} : {ok: true, at, tookMs: 2, rows: given};
			return {
				seq,
				at,
				own: one.own,
				results: {
					sessions: result(one.sessions),
					locks: result(one.locks),
					facts: result([factsRow]),
					database_names: result([{datid: 5, datname: 'shop', connectable: true}]),
					...(one.pulse && {pulse: result([one.pulse])}),
					...(one.superusers && {superusers: result(one.superusers)}),
				},
			};
		});
	});
