import type pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {live} from '../../../source/adapters/poll/poller.ts';
import {missingOf} from '../../../source/core/pane/missing.ts';
import type {Pane} from '../../../source/core/pane/pane.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import type {Link} from '../../../source/core/state/state.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';
import {isComplete, watch} from '../watched.ts';
import {triage} from './triage.ts';

const rowOf = (sample: Sample, query: string): Row | undefined => {
	const result = sample.results[query];
	return result?.ok ? result.rows[0] : undefined;
};

const replication = registry.pane('replication');
const triagePane = registry.pane('triage');

/** Makes a function of the server's catalog fail in one database, as platforms do that do not support it. */
const refuse = async (client: pg.Client, name: string, sqlstate: string): Promise<void> => {
	const {rows} = await client.query<{definition: string}>('select pg_get_functiondef($1::regproc) as definition', [name]);
	const definition = rows[0]?.definition ?? '';
	const body = `begin raise exception using errcode = '${sqlstate}', message = 'refused here'; end`;
	const refusing = definition
		.replace('LANGUAGE internal', 'LANGUAGE plpgsql')
		.replace(/AS \$function\$.*?\$function\$/s, `AS '${body.replaceAll("'", "''")}'`);
	expect(refusing).toContain('refused here');
	// A function keeps its built-in code as long as it keeps its oid.
	await client.query(`alter function ${name} rename to ${name}_moved`);
	await client.query(refusing);
};

describe.each([13, 15, 18] as const)('a server of version %i that refuses some functions', version => {
	let server: Server;

	/** A database of its own, because replaced functions stay. */
	const databaseRefusing = async (name: string, sqlstate: string, ...functions: readonly string[]): Promise<string> => {
		await using admin = await connect(server);
		await admin.query(`create database ${name}`);
		await using owner = await connect(server, {database: name});
		for (const each of functions) await refuse(owner, each, sqlstate);
		return name;
	};

	const seenIn = async (dbname: string, pane: Pane): Promise<Sample> => {
		await using watched = await watch(server, pane, 'postgres', {dbname});
		return await watched.until('an answer to every query', (_, sample) => isComplete(pane, sample));
	};

	beforeAll(async () => {
		server = await startTestServer(version, {
			track_activity_query_size: '10000',
			log_min_error_statement: 'error',
			max_wal_senders: '5',
		});
		await using admin = await connect(server);
		await admin.query(`select pg_create_physical_replication_slot('kept', true)`);
		await admin.query(`create role single login connection limit 1; grant pg_monitor to single`);
	});
	afterAll(() => server?.remove());

	it('reads the facts with a track_activity_query_size of 10,000 bytes, which pg_size_bytes cannot read', async () => {
		const sample = await seenIn('postgres', triagePane);
		expect(rowOf(sample, 'facts')).toMatchObject({track_activity_query_size: 10_000, max_connections: expect.any(Number)});
		expect(sample.results.facts).not.toHaveProperty('refused');
	});

	it.each([
		['0A000', 'pg_current_wal_lsn'],
		['42501', 'pg_current_wal_lsn'],
		['P0001', 'pg_current_wal_lsn'],
	])('refusal %s of %s costs only what rests on it', async (sqlstate, name) => {
		const dbname = await databaseRefusing(`no_wal_${sqlstate.toLowerCase()}`, sqlstate, name);
		const sample = await seenIn(dbname, replication);
		expect(rowOf(sample, 'pulse')).toMatchObject({wal_bytes: null, xact_commit: expect.any(Number), xid_age: expect.any(Number)});
		const refused = {fields: expect.arrayContaining(['wal_bytes']), error: {code: sqlstate, message: 'refused here'}};
		expect(sample.results.pulse).toMatchObject({ok: true, refused: [refused]});
		expect(rowOf(sample, 'slots')).toMatchObject({slot_name: 'kept', current_lsn: null, restart_lsn: expect.any(String)});
		expect(rowOf(sample, 'wal')).toMatchObject({current_lsn: null, max_wal_size: expect.any(Number)});
		expect(replication.rows(sample, []).map(({section}) => section)).toEqual(expect.arrayContaining(['slot', 'archiver', 'wal']));
		expect(missingOf(replication, sample)).toContainEqual(
			expect.objectContaining({what: expect.stringContaining('current lsn'), code: sqlstate}),
		);
	});

	it('a refused function of any other figure costs that figure', async () => {
		const dbname = await databaseRefusing('no_control', '0A000', 'pg_control_checkpoint', 'pg_stat_get_db_temp_bytes');
		const sample = await seenIn(dbname, triagePane);
		expect(rowOf(sample, 'pulse')).toMatchObject({temp_bytes: null, xact_commit: expect.any(Number)});
		expect(rowOf(sample, 'wal')).toMatchObject({checkpoint_time: null, current_lsn: expect.any(String)});
		expect(triage(sample).find(({subject}) => subject === 'server counters (temp bytes)')).toMatchObject({
			rule: 'not-read',
			severity: 'notice',
			summary: expect.stringContaining('refused here'),
		});
	});

	it('a query that is refused whole is asked again about once a minute', async () => {
		const dbname = await databaseRefusing('no_slots', '0A000', 'pg_get_replication_slots');
		const before = server.logSize();
		const begun = performance.now();
		await using watched = await watch(server, replication, 'postgres', {dbname});
		await watched.until('thirty samples', (_, {seq}) => seq >= 30);
		const minutes = Math.ceil((performance.now() - begun) / 60_000);
		const errors = server
			.log(before)
			.split('\n')
			.filter(line => /ERROR/.test(line));
		// Once for the query as it is, and once without all that could be left out of it.
		expect(errors.length).toBeGreaterThan(0);
		expect(errors.length).toBeLessThanOrEqual(2 * minutes);
		expect(watched.rows().map(({section}) => section)).toContain('wal');
	});

	it('triage names what it could not read and gives no all-clear', async () => {
		const dbname = await databaseRefusing('no_locks', '0A000');
		await using holder = await connect(server, {database: dbname});
		await holder.query('set allow_system_table_mods = on; alter view pg_catalog.pg_locks rename to pg_locks_moved');
		await holder.query('create table held ()');
		await holder.query('begin; lock table held');
		await using waiter = await connect(server, {database: dbname});
		waiter.query('begin; lock table held').catch(() => {});
		await using watched = await watch(server, triagePane, 'postgres', {dbname});
		const sample = await watched.until('a refusal of the locks', (_, {results}) => results.locks?.ok === false);
		const finding = triage(sample).find(({rule}) => rule === 'not-read');
		expect(finding).toMatchObject({subject: 'locks', severity: 'warning'});
		expect(finding?.evidence).toContain('root-blocker');
		await holder.query('rollback');
	});

	it('sessions are watched where the login may read neither start nor recovery of the server', async () => {
		const dbname = await databaseRefusing('no_start', '0A000', 'pg_postmaster_start_time', 'pg_is_in_recovery');
		const sample = await seenIn(dbname, triagePane);
		expect(sample.results.sessions?.ok).toBe(true);
		expect(rowOf(sample, 'facts')).toMatchObject({started: null, in_recovery: null, max_connections: expect.any(Number)});
		expect(triage(sample)).toContainEqual(
			expect.objectContaining({rule: 'not-read', summary: expect.stringMatching(/in recovery.*refused here/)}),
		);
	});

	it('one connection is enough for sessions and locks', async () => {
		await using holder = await connect(server);
		await holder.query('create table one_connection ()');
		await holder.query('begin; lock table one_connection');
		await using waiter = await connect(server);
		waiter.query('begin; lock table one_connection').catch(() => {});
		const links: Link[] = [];
		const samples: Sample[] = [];
		const target = targetOf(server, {user: 'single'});
		const activity = laneTo(target);
		await ready(activity);
		const rest = laneTo(target);
		const source = live({
			lanes: {activity, rest},
			intervalMs: 250,
			queriesOf: () => registry.pane('sessions').queries,
			readings: {},
		})(message => {
			if (message.type === 'link') links.push(message.link);
			if (message.type === 'sample') samples.push(message.sample);
		});
		source.watch(['sessions']);
		try {
			await expect.poll(() => samples.some(sample => triage(sample).some(({rule}) => rule === 'root-blocker'))).toBe(true);
			expect(links.at(-1)?.beside?.failure).toMatchObject({code: '53300', hint: expect.stringContaining('2 connections')});
		} finally {
			await source.stop();
		}
		await holder.query('rollback');
	});
});
