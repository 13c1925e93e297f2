import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {culpritOf} from '../../../source/panes/horizon/culprit.ts';
import {holdersOf} from '../../../source/panes/horizon/holders.ts';
import {horizonPane} from '../../../source/panes/horizon/horizon.ts';
import {rowsOf} from '../../../source/panes/reading/answers.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {connect, startStandby, startTestServer, undo, undoPrepared, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const versions = [13, 15, 18] as const;

const holders = (rows: readonly Row[]): readonly Row[] => rows.filter(({section}) => section === 'horizon');
const top = (rows: readonly Row[]): Row | undefined => holders(rows)[0];

/** Consumes a number of transaction ids. */
const burn = async (server: Server, ids = 10): Promise<void> => {
	const client = await connect(server);
	for (let left = ids; left > 0; left--) await client.query('select pg_catalog.txid_current()');
	await client.end();
};

/** Oldest xmin that VACUUM VERBOSE of a table reports. */
const cutoff = async (server: Server, table = 'cut'): Promise<number> => {
	const client = await connect(server);
	await client.query("set client_min_messages = 'info'");
	let said = '';
	client.on('notice', ({message, detail}) => {
		said += `${message}\n${detail ?? ''}\n`;
	});
	await client.query(`vacuum (verbose) ${table}`);
	await client.end();
	const found = /(?:oldest xmin|removable cutoff): (\d+)/.exec(said);
	if (!found) throw new Error(`VACUUM did not say what it had to leave: ${said}`);
	return Number(found[1]);
};

const pidOf = async (client: pg.Client): Promise<number> =>
	(await client.query<{pid: number}>('select pg_catalog.pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

/** Expects VACUUM's oldest xmin to be that of the first holder in the pane, once the snapshot of a poll has passed. */
const expectProof = (server: Server, sample: Sample): Promise<void> =>
	expect.poll(() => cutoff(server)).toBe(Number(holdersOf(sample)[0]?.oldest));

describe.each(versions)('on PostgreSQL %i the worst holder of xmin', version => {
	let server: Server;
	let seen: Watched;

	beforeAll(async () => {
		server = await startTestServer(version, {max_prepared_transactions: '5', wal_level: 'logical', autovacuum: 'off'});
		const client = await connect(server);
		await client.query('create table cut as select id from generate_series(1, 100) as id');
		await client.query('create database other');
		await client.end();
		seen = await watch(server, horizonPane);
	});
	afterAll(async () => {
		await seen?.[Symbol.asyncDispose]();
		await server?.remove();
	});

	it('is missing at first, also with a READ COMMITTED transaction without changes', async () => {
		const client = await connect(server);
		await client.query('begin; select from cut');
		const pid = await pidOf(client);
		const sample = await seen.until('the session and no holder', (rows, {results}) => {
			const answer = results.sessions;
			const isOpen = answer?.ok === true && answer.rows.some(row => row.pid === pid && row.state === 'idle in transaction');
			return isOpen && holders(rows).length === 0;
		});
		expect(culpritOf(sample)).toBeUndefined();
	});

	it('is a snapshot, also of an idle transaction', async () => {
		const client = await connect(server, {applicationName: 'reports'});
		await client.query('begin isolation level repeatable read; select from cut');
		const pid = await pidOf(client);
		await burn(server);
		const sample = await seen.until('the snapshot', rows => top(rows)?.pid === pid && Number(top(rows)?.xmin_age) >= 10);
		expect(top(seen.rows(sample))).toMatchObject({
			holder: `${pid} (postgres@postgres)`,
			kind: 'session',
			gid: null,
			slot_name: null,
			state: 'idle in transaction',
			effect: 'all tables of this database',
			remedy: 'Terminate the session (K); its transaction rolls back.',
		});
		expect(top(seen.rows(sample))?.since_seconds).toBeGreaterThan(0);
		const [row] = horizonPane.rows(sample, []);
		expect(horizonPane.target(row as Row, sample)).toMatchObject({pid, application_name: 'reports'});
		expect(culpritOf(sample)?.sentence).toMatch(
			new RegExp(
				`^Session ${pid} \\(postgres@postgres\\), idle in transaction, transaction open for .+, holds xmin back by \\d+ transactions\\.$`,
			),
		);
		expect(culpritOf(sample)?.isTrouble).toBe(false);
		await expectProof(server, sample);
		await client.end();
		await seen.until('nobody', rows => holders(rows).length === 0);
	});

	it('is a transaction with an xid, before the snapshots that follow it', async () => {
		const writer = await connect(server);
		await writer.query('begin; select pg_catalog.txid_current()');
		const reader = await connect(server);
		await burn(server);
		await reader.query('begin isolation level repeatable read; select from cut');
		const pids = [await pidOf(writer), await pidOf(reader)];
		const sample = await seen.until('both', rows => holders(rows).length === 2);
		expect(holders(seen.rows(sample)).map(({pid}) => pid)).toEqual(pids);
		expect(holders(seen.rows(sample))[1]?.remedy).toBe(`End ${pids[0]} (postgres@postgres) first: this one only follows it.`);
		await expectProof(server, sample);
		await writer.end();
		const after = await seen.until('the reader alone', rows => holders(rows).length === 1);
		expect(top(seen.rows(after))).toMatchObject({pid: pids[1], remedy: 'Terminate the session (K); its transaction rolls back.'});
	});

	it('is a prepared transaction, which its remedy ends for any name', async () => {
		const client = await connect(server);
		const gid = 'it\'s\\ \n"odd"\u202e';
		undoPrepared(server);
		await client.query('begin; select pg_catalog.txid_current()');
		await client.query(`prepare transaction E'it''s\\\\ \\n"odd"\u202e'`);
		await burn(server);
		// The session of the test before may be listed for a moment.
		const sample = await seen.until(
			'the prepared transaction',
			rows => top(rows)?.kind === 'prepared transaction' && Number(top(rows)?.xmin_age) >= 10,
		);
		const row = top(seen.rows(sample));
		expect(row).toMatchObject({
			kind: 'prepared transaction',
			holder: gid,
			gid,
			pid: null,
			datname: 'postgres',
			state: 'prepared',
		});
		expect(culpritOf(sample)?.sentence).toContain(String.raw`E'it''s\\ \u000a"odd"\u202e' in postgres, prepared`);
		await expectProof(server, sample);
		const statement = /^(ROLLBACK PREPARED .+;) in database postgres, or COMMIT PREPARED\.$/.exec(String(row?.remedy))?.[1] ?? '';
		await client.query(statement);
		await seen.until('nobody', rows => holders(rows).length === 0);
	});

	it('is in another database only if snapshots here follow it', async () => {
		const away = await connect(server, {database: 'other'});
		await away.query('begin; select pg_catalog.txid_current()');
		await burn(server);
		const here = await connect(server);
		await here.query('begin; select pg_catalog.txid_current()');
		await burn(server);
		const sample = await seen.until('both', rows => holders(rows).length === 2);
		const [first, second] = holders(seen.rows(sample));
		expect(first).toMatchObject({pid: await pidOf(here), effect: 'all tables of this database'});
		expect(second).toMatchObject({pid: await pidOf(away), effect: 'shared catalogs only', datname: 'other'});
		expect(Number(second?.xmin_age)).toBeGreaterThan(Number(first?.xmin_age));
		await expectProof(server, sample);
		await here.query('commit');
		await here.query('begin isolation level repeatable read; select from cut');
		const reaching = await seen.until('the snapshot', rows => holders(rows)[0]?.xmin_age === holders(rows)[1]?.xmin_age);
		expect(holders(seen.rows(reaching))[0]).toMatchObject({pid: await pidOf(here)});
		expect(culpritOf(reaching)?.holder).toMatchObject({pid: await pidOf(away), datname: 'other'});
		await expectProof(server, reaching);
	});

	it('is a logical slot for the system catalogs only', async () => {
		const client = await connect(server);
		undo(
			server,
			"select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots where slot_name = 'cdc'",
		);
		await client.query("select pg_catalog.pg_create_logical_replication_slot('cdc', 'test_decoding')");
		await burn(server);
		const sample = await seen.until('the slot', rows => Number(top(rows)?.catalog_xmin_age) >= 10);
		expect(top(seen.rows(sample))).toMatchObject({
			holder: 'cdc',
			kind: 'logical slot',
			slot_name: 'cdc',
			xmin_age: null,
			state: 'inactive',
			effect: 'system catalogs only',
			remedy: "SELECT pg_drop_replication_slot('cdc'); unless its consumer comes back.",
		});
		expect(culpritOf(sample)).toBeUndefined();
		const {rows} = await client.query<{xmin: string}>('select catalog_xmin as xmin from pg_catalog.pg_replication_slots');
		await expect.poll(() => cutoff(server, 'pg_catalog.pg_class')).toBe(Number(rows[0]?.xmin));
		await expect.poll(() => cutoff(server)).toBeGreaterThan(Number(rows[0]?.xmin));
	});

	it('is not another VACUUM, although that shows a snapshot', async () => {
		undo(server, 'drop table if exists slow');
		const client = await connect(server);
		await client.query("create table slow as select repeat('x', 1000) from generate_series(1, 10000)");
		const pid = await pidOf(client);
		await client.query("set vacuum_cost_delay = '100ms'; set vacuum_cost_limit = 1");
		client.query('vacuum slow').catch(() => {});
		const shown = (sample: Sample): string | undefined =>
			rowsOf(sample, sessions).find(row => row.pid === pid && row.state === 'active')?.backend_xmin ?? undefined;
		// It shows a snapshot for a moment before its statement is visible.
		const sample = await seen.until('its snapshot', (rows, each) => shown(each) !== undefined && holders(rows).length === 0);
		// Until other transactions have begun and ended, the oldest that runs may be the one of the snapshot.
		await burn(server);
		await expect.poll(() => cutoff(server)).toBeGreaterThan(Number(shown(sample)));
		expect(rowsOf(seen.samples.at(-1) as Sample, sessions).find(row => row.pid === pid)).toMatchObject({state: 'active'});
	});

	it('is shown to a plain role without the activity of sessions', async () => {
		const client = await connect(server);
		await client.query('begin isolation level repeatable read; select from cut');
		const pid = await pidOf(client);
		await using plain = await watch(server, horizonPane, 'plain');
		const sample = await plain.until('the snapshot', rows => top(rows)?.pid === pid);
		expect(top(plain.rows(sample))).toMatchObject({kind: 'session', since_seconds: null, state: null});
		expect(horizonPane.hidden(sample)).toEqual({rows: 1, hint: 'GRANT pg_monitor TO plain'});
	});

	it('is above the ages of databases and of the oldest tables', async () => {
		const sample = await seen.until('the databases', rows => rows.some(({section}) => section === 'tables'));
		const rows = seen.rows(sample);
		const [row] = rows.filter(({section, datname}) => section === 'wraparound' && datname === 'postgres');
		expect(row).toMatchObject({
			xids_to_forced_vacuum: 200_000_000 - Number(row?.xid_age),
			xids_left: 2 ** 31 - 3_000_001 - Number(row?.xid_age),
			xids_to_failsafe: version === 13 ? null : 1_600_000_000 - Number(row?.xid_age),
			stops_in_seconds: null,
		});
		expect(rows.filter(({section}) => section === 'tables')).toHaveLength(20);
		const toast = rows.find(({toast_of}) => toast_of !== undefined && toast_of !== null);
		expect(toast?.relname).toMatch(/^pg_toast_\d+$/);
		for (const section of ['wraparound', 'tables']) {
			const inspected = horizonPane.rows(sample, []).find(each => each.section === section) as Row;
			expect(textOf(horizonPane.inspect(inspected, sample, 200, [])[1] ?? [])).toMatch(/vacuum/i);
		}
	});
});

describe.each(versions)('on PostgreSQL %i a standby with hot_standby_feedback', version => {
	it('holds xmin back on its primary by its slot, also after it is gone', async () => {
		await withServer(
			version,
			async primary => {
				const client = await connect(primary);
				await client.query('create table cut as select 1 as id');
				const standby = await startStandby(primary, {hot_standby_feedback: 'on'});
				try {
					await using above = await watch(primary, horizonPane);
					await using below = await watch(standby, horizonPane);
					const reader = await connect(standby);
					await reader.query('begin isolation level repeatable read; select from pg_catalog.pg_class');
					const pid = await pidOf(reader);
					const there = await below.until('the reader', rows => top(rows)?.pid === pid);
					expect(top(below.rows(there))).toMatchObject({kind: 'session', effect: 'tables of the primary'});
					await burn(primary);
					const sample = await above.until('the slot', rows => Number(top(rows)?.xmin_age) >= 10);
					expect(top(above.rows(sample))).toMatchObject({
						holder: 'standby',
						kind: 'physical slot',
						slot_name: 'standby',
						state: 'active',
						effect: 'all tables of this database',
						remedy: 'On the standby: terminate the session its Horizon pane names, or set hot_standby_feedback = off.',
					});
					expect(culpritOf(sample)?.isTrouble).toBe(false);
					await expectProof(primary, sample);
					await below[Symbol.asyncDispose]();
					await standby.stop('immediate');
					await burn(primary, 20);
					const gone = await above.until(
						'the slot that nobody uses',
						rows => top(rows)?.state === 'inactive' && Number(top(rows)?.xmin_age) >= 20,
					);
					const row = top(above.rows(gone));
					if (version >= 17) expect(row?.since_seconds).toBeGreaterThanOrEqual(0);
					else expect(row?.since_seconds).toBeNull();
					expect(culpritOf(gone)?.sentence).toMatch(/^Inactive physical slot standby(?:, unused for .+,)? holds xmin back by/);
					await expectProof(primary, gone);
					const statement = /^(SELECT .+;) unless its standby comes back\.$/.exec(String(row?.remedy))?.[1] ?? '';
					await client.query(statement);
					await above.until('nobody', rows => holders(rows).length === 0);
				} finally {
					await standby.remove();
				}
			},
			{autovacuum: 'off'},
		);
	});

	it('holds xmin back on its primary by its walsender if it has no slot', async () => {
		await withServer(
			version,
			async primary => {
				const client = await connect(primary);
				await client.query('create table cut as select 1 as id');
				const standby = await startStandby(primary, {hot_standby_feedback: 'on', primary_slot_name: ''});
				try {
					await using above = await watch(primary, horizonPane);
					const reader = await connect(standby);
					await reader.query('begin isolation level repeatable read; select from pg_catalog.pg_class');
					await burn(primary);
					const sample = await above.until('the walsender', rows => Number(top(rows)?.xmin_age) >= 10);
					const row = top(above.rows(sample));
					expect(row).toMatchObject({
						holder: `${row?.pid} (standby)`,
						kind: 'standby feedback',
						application_name: 'standby',
						slot_name: null,
						effect: 'all tables of this database',
					});
					expect(horizonPane.target(horizonPane.rows(sample, [])[0] as Row, sample)).toBeUndefined();
					expect(culpritOf(sample)?.sentence).toMatch(/^Standby standby behind walsender \d+ holds xmin back by/);
					await expectProof(primary, sample);
					await using plain = await watch(primary, horizonPane, 'plain');
					await plain.until('the same', rows => top(rows)?.kind === 'standby feedback' && top(rows)?.holder === row?.holder);
				} finally {
					await standby.remove();
				}
			},
			{autovacuum: 'off'},
		);
	});
});
