import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {type Actor, createActor} from '../../../source/adapters/act/actor.ts';
import {createAdmin} from '../../../source/adapters/act/admin.ts';
import {createAudit} from '../../../source/adapters/act/audit.ts';
import {createMaintainer} from '../../../source/adapters/act/maintainer.ts';
import {createSignaller} from '../../../source/adapters/act/signaller.ts';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {KnownTarget} from '../../../source/core/actions/target.ts';
import type {JournalEntry} from '../../../source/core/sample/journal.ts';
import type {ActionEffect} from '../../../source/core/state/effect.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {Server} from '../../../source/demo/server.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer, undo, undoPrepared} from '../servers.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-audit-'));
});
// The outcome of an action is written after its answer.
afterEach(() => rmSync(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50}));

const answered = (actor: Actor, effect: ActionEffect): Promise<Message> =>
	new Promise(resolve => {
		actor.perform(effect, action => {
			if (action.type !== 'maintenance-begun') resolve(action);
		});
	});

type Line = Readonly<Record<string, unknown>>;
const audited = (file: string): readonly Line[] =>
	readFileSync(file, 'utf8')
		.trimEnd()
		.split('\n')
		.map(text => JSON.parse(text) as Line);

describe.each([13, 15, 18] as const)('actions on PostgreSQL %i', version => {
	let server: Server;
	let admin: Client;
	let lane: Awaited<ReturnType<typeof laneTo>>;
	let file: string;
	let entries: JournalEntry[];
	let actor: Actor;

	beforeAll(async () => {
		server = await startTestServer(version, {max_prepared_transactions: '5'});
		admin = await connect(server);
		await admin.query('create database shop');
		lane = laneTo(targetOf(server), {readOnly: false});
		await ready(lane);
	});
	afterAll(async () => {
		await lane?.close();
		await server?.remove();
	});
	beforeEach(() => {
		file = join(folder, 'state', 'audit.ndjson');
		entries = [];
		const note = (entry: JournalEntry): void => void entries.push(entry);
		actor = createActor({
			signaller: createSignaller([lane], 'postgres', note),
			maintainer: createMaintainer(targetOf(server)),
			admin: createAdmin(targetOf(server)),
			explainer: createExplainer(targetOf(server)),
			audit: createAudit(file, () => 'dba@db1:5432/postgres', '203.0.113.7 50000 203.0.113.1 22'),
			note,
		});
	});

	const victim = async (): Promise<KnownTarget> => {
		const client = await connect(server, {user: 'plain', applicationName: 'victim'});
		const {rows} = await client.query<{pid: number; at: string; kind: string}>(
			`select pid, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as at, backend_type as kind
			from pg_stat_activity where pid = pg_backend_pid()`,
		);
		const {pid = 0, at = '', kind = ''} = rows[0] ?? {};
		return {
			pid,
			backend_start: at,
			backend_type: kind,
			query_start: null,
			xact_start: null,
			usename: 'plain',
			superuser: false,
			datname: 'postgres',
			application_name: 'victim',
			client_addr: null,
			state: 'idle',
			wait_event: null,
			query: '',
			blocks: 0,
			waiters: () => [],
			own: false,
		};
	};

	it('are audited before and after with user and origin in a file that only its owner can read', async () => {
		const target = await victim();
		expect(await answered(actor, {type: 'signal', signal: 'terminate', target})).toMatchObject({result: {outcome: 'sent'}});
		await expect.poll(() => audited(file)).toHaveLength(2);
		const [before, after] = audited(file);
		expect(before).toMatchObject({
			event: 'before',
			action: 'terminate',
			server: 'dba@db1:5432/postgres',
			ssh_connection: '203.0.113.7 50000 203.0.113.1 22',
			process: process.pid,
			target: {pid: target.pid, backend_start: target.backend_start, usename: 'plain'},
			outcome: null,
		});
		expect(before?.os_user).toEqual(expect.any(String));
		expect(before?.statement).toContain('pg_catalog.pg_terminate_backend');
		expect(after).toMatchObject({event: 'after', outcome: 'sent', took_ms: expect.any(Number)});
		expect(statSync(file).mode & 0o777).toBe(0o600);
	});

	it('are not sent if the audit cannot be written', async () => {
		// A folder instead of the file: not even root can append to it.
		mkdirSync(file, {recursive: true});
		chmodSync(file, 0o700);
		const target = await victim();
		expect(await answered(actor, {type: 'signal', signal: 'terminate', target})).toMatchObject({
			result: {outcome: 'failed', failure: {code: 'no_audit', message: expect.stringContaining('cannot be written (EISDIR)')}},
		});
		expect((await admin.query('select from pg_stat_activity where pid = $1', [target.pid])).rowCount).toBe(1);
		expect(await answered(actor, {type: 'admin', command: {kind: 'reload'}})).toMatchObject({
			result: {outcome: 'failed', failure: {code: 'no_audit'}},
		});
		const relation = {database: 'postgres', oid: 1259, kind: 'table', name: 'pg_catalog.pg_class'} as const;
		expect(await answered(actor, {type: 'maintain', maintenance: 'analyze', relation})).toMatchObject({
			result: {outcome: 'failed', failure: {code: 'no_audit'}},
		});
	});

	it('roll back a prepared transaction in its database and no other with its gid', async () => {
		undoPrepared(server);
		const shop = await connect(server, {database: 'shop'});
		await shop.query(`create table if not exists orders (id int); begin; insert into orders values (1);
			prepare transaction 'pay''out \\ 1'`);
		const {rows} = await admin.query<{at: string}>(
			`select to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as at from pg_prepared_xacts`,
		);
		const transaction = {gid: "pay'out \\ 1", database: 'shop', prepared: rows[0]?.at ?? '', owner: 'postgres'};
		const other = {...transaction, prepared: '2020-01-01T00:00:00.000000+00:00'};
		const roll = (which: typeof transaction): Promise<Message> =>
			answered(actor, {type: 'admin', command: {kind: 'rollback-prepared', transaction: which}});
		expect(await roll(other)).toMatchObject({result: {outcome: 'gone'}});
		expect(await roll(transaction)).toMatchObject({result: {outcome: 'done'}});
		expect((await admin.query('select from pg_prepared_xacts')).rowCount).toBe(0);
		expect(await roll(transaction)).toMatchObject({result: {outcome: 'gone'}});
	});

	it('reload the configuration and reset the statistics of the named database', async () => {
		undo(server, 'alter system reset log_min_duration_statement', 'select pg_reload_conf()');
		await admin.query("alter system set log_min_duration_statement = '7s'");
		expect(await answered(actor, {type: 'admin', command: {kind: 'reload'}})).toMatchObject({result: {outcome: 'done'}});
		const fresh = await connect(server);
		await expect
			.poll(async () => (await fresh.query('show log_min_duration_statement')).rows)
			.toEqual([{log_min_duration_statement: '7s'}]);
		const resetAt = async (): Promise<unknown> =>
			(await admin.query("select stats_reset::text as at from pg_stat_database where datname = 'shop'")).rows[0]?.at;
		const before = await resetAt();
		const order = {kind: 'reset-statistics', database: 'shop'} as const;
		expect(await answered(actor, {type: 'admin', command: order})).toMatchObject({result: {outcome: 'done'}});
		await expect.poll(resetAt).not.toBe(before);
	});

	it('name the missing right to a role without it', async () => {
		const weak = createActor({
			signaller: createSignaller([lane], 'plain'),
			maintainer: createMaintainer(targetOf(server, {user: 'plain'})),
			admin: createAdmin(targetOf(server, {user: 'plain'})),
			explainer: createExplainer(targetOf(server, {user: 'plain'})),
			audit: createAudit(file, () => 'plain', undefined),
			note: () => {},
		});
		for (const order of [{kind: 'reload'}, {kind: 'reset-statistics', database: 'postgres'}] as const)
			expect(await answered(weak, {type: 'admin', command: order})).toMatchObject({
				result: {outcome: 'failed', failure: {code: '42501'}},
			});
	});

	it('are in the journal', async () => {
		await answered(actor, {type: 'admin', command: {kind: 'reload'}});
		expect(entries).toMatchObject([{kind: 'action', statement: 'select pg_catalog.pg_reload_conf()', outcome: 'done'}]);
	});

	it('are in the journal with every statement sent for them', async () => {
		let sent: JournalEntry[] = [];
		const note = (entry: JournalEntry): void => void sent.push(entry);
		const {rows} = await admin.query<{oid: number}>("select 'pg_catalog.pg_class'::regclass::oid as oid");
		const relation = {database: 'postgres', oid: rows[0]?.oid ?? 0, kind: 'table', name: 'pg_catalog.pg_class'} as const;
		await createMaintainer(targetOf(server), note).begin('analyze', relation, () => {}).ended;
		expect(sent.map(({kind}) => kind)).toEqual(['session', 'session', 'measure']);
		expect(sent.at(-1)).toMatchObject({statement: expect.stringContaining('pgtriage:relation'), target: relation.name});
		sent = [];
		const transaction = {gid: 'no such', database: 'shop', prepared: '2020-01-01T00:00:00.000000+00:00', owner: null};
		await createAdmin(targetOf(server), note).run({kind: 'rollback-prepared', transaction});
		expect(sent.map(({kind}) => kind)).toEqual(['session', 'session', 'measure']);
		sent = [];
		const statement = {pid: 1, database: 'postgres', role: 'plain', query: 'select 1', truncated: false, queryId: null};
		const asked = {...statement, analyze: false, accepted: []};
		const outcome = await createExplainer(targetOf(server), note).explain(asked, new AbortController().signal);
		expect(outcome.outcome).toBe('planned');
		expect(sent.map(({statement: text}) => text).join('\n')).toMatch(/create function pg_temp\.pgtriage_explain/);
	});
});
