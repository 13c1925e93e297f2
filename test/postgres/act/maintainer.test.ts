import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createMaintainer, type Running} from '../../../source/adapters/act/maintainer.ts';
import type {Maintenance, MaintenanceResult, RelationRef} from '../../../source/core/actions/maintenance.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, startStandby, startTestServer} from '../servers.ts';

const rowCount = 20_000;

describe.each([13, 15, 18] as const)('maintenance on PostgreSQL %i', version => {
	let server: Server;
	let admin: Client;

	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off'});
		admin = await connect(server);
	});
	afterAll(() => server?.remove());

	const make = async (name: string): Promise<RelationRef> => {
		await admin.query(`create table ${name} as select id, repeat('x', 100) as filler from generate_series(1, ${rowCount}) as id`);
		return relationOf(name);
	};
	const relationOf = async (name: string, kind: RelationRef['kind'] = 'table'): Promise<RelationRef> => {
		const {rows} = await admin.query<{oid: number}>('select $1::regclass::oid as oid', [name]);
		return {database: 'postgres', oid: rows[0]?.oid ?? 0, kind, name};
	};
	const begin = (
		task: Maintenance,
		relation: RelationRef,
		user = 'postgres',
		onBegun = (_: number | undefined, __: string) => {},
	): Running => createMaintainer(targetOf(server, {user})).begin(task, relation, onBegun);
	const run = (task: Maintenance, relation: RelationRef, user?: string): Promise<MaintenanceResult> =>
		begin(task, relation, user).ended;

	it('VACUUM reports the removed rows and the statement sent', async () => {
		const relation = await make('"Odd "" name"');
		await admin.query('delete from "Odd "" name" where id <= 5000');
		const sent: string[] = [];
		const {ended} = begin('vacuum', relation, 'postgres', (_, statement) => sent.push(statement));
		expect(await ended).toMatchObject({outcome: 'done', removed: 5000, kept: 0, warnings: [], failure: undefined});
		expect(sent).toEqual(['vacuum (verbose, analyze, truncate off) public."Odd "" name"']);
		const {rows} = await admin.query('select reltuples::int as n from pg_class where oid = $1', [relation.oid]);
		expect(rows).toEqual([{n: rowCount - 5000}]);
	});

	it('VACUUM reports the dead rows that it cannot remove yet', async () => {
		const relation = await make('kept');
		const holder = await connect(server);
		await holder.query('begin isolation level repeatable read; select');
		await admin.query('delete from kept where id <= 300');
		expect(await run('vacuum', relation)).toMatchObject({outcome: 'done', removed: 0, kept: 300});
		await holder.query('rollback');
		expect(await run('vacuum', relation)).toMatchObject({outcome: 'done', removed: 300, kept: 0});
	});

	it('ANALYZE collects statistics', async () => {
		const relation = await make('unread');
		expect(await run('analyze', relation)).toMatchObject({outcome: 'done'});
		expect((await admin.query("select from pg_stats where tablename = 'unread'")).rowCount).toBe(2);
	});

	it('does nothing without the privilege and reports it', async () => {
		const relation = await make('foreign_owned');
		for (const task of ['vacuum', 'analyze'] as const) {
			const {outcome, warnings} = await run(task, relation, 'plain');
			expect({task, outcome}).toEqual({task, outcome: 'nothing'});
			expect(warnings.join(' ')).toMatch(/skipp/);
		}
		expect(await run('reindex', relation, 'plain')).toMatchObject({outcome: 'failed', failure: {code: '42501'}});
	});

	it('reports the name that the relation has when the statement is sent', async () => {
		const relation = await make('before_rename');
		await admin.query('alter table before_rename rename to after_rename');
		expect(await run('vacuum', relation)).toMatchObject({outcome: 'done', name: 'public.after_rename'});
	});

	it('reports a relation that no longer exists', async () => {
		const relation = await make('dropped');
		await admin.query('drop table dropped');
		expect(await run('vacuum', relation)).toMatchObject({outcome: 'gone'});
	});

	it('gives up waiting for a lock', async () => {
		const relation = await make('locked');
		const holder = await connect(server);
		await holder.query('begin; lock table locked');
		expect(await run('vacuum', relation)).toMatchObject({outcome: 'failed', failure: {code: '55P03'}});
		await holder.end();
	});

	it('is cancelled while it runs and before it starts', async () => {
		const relation = await make('slow');
		await admin.query(`update slow set filler = ''; create role drag superuser login; alter role drag set vacuum_cost_delay = 100;
			alter role drag set vacuum_cost_limit = 1`);
		const {promise: isBegun, resolve} = Promise.withResolvers<void>();
		const running = begin('vacuum', relation, 'drag', () => resolve());
		await isBegun;
		running.cancel();
		expect(await running.ended).toMatchObject({outcome: 'cancelled', failure: undefined});
		const never = begin('vacuum', relation, 'drag');
		never.cancel();
		expect(await never.ended).toMatchObject({outcome: 'cancelled', failure: undefined});
	});

	it('REINDEX waits for an older transaction without a limit', async () => {
		const relation = await make('outwaited');
		await admin.query('create index outwaited_id on outwaited (id)');
		const holder = await connect(server);
		await holder.query('begin; insert into outwaited values (0)');
		const {ended} = begin('reindex', relation);
		// The others wait for a lock no longer than 3 s.
		const waiting = `select from pg_stat_activity
			where query like '/* pgtriage:reindex */%outwaited' and wait_event_type = 'Lock' and clock_timestamp() > state_change + interval '3.5 s'`;
		await expect.poll(async () => (await admin.query(waiting)).rowCount).toBe(1);
		await holder.query('rollback');
		expect(await ended).toMatchObject({outcome: 'done', leftovers: []});
	});

	it('REINDEX rebuilds indexes without blocking reads and names the leftovers of a cancelled run', async () => {
		const relation = await make('indexed');
		await admin.query('create index indexed_id on indexed (id)');
		const index = await relationOf('indexed_id', 'index');
		const {rows: before} = await admin.query('select relfilenode from pg_class where oid = $1', [index.oid]);
		expect(await run('reindex', index)).toMatchObject({outcome: 'done', leftovers: []});
		expect((await admin.query("select relfilenode from pg_class where relname = 'indexed_id'")).rows).not.toEqual(before);

		const holder = await connect(server);
		await holder.query('begin; insert into indexed values (0)');
		const running = begin('reindex', relation);
		await expect
			.poll(
				async () => (await admin.query("select from pg_index where not indisvalid and indrelid = 'indexed'::regclass")).rowCount,
			)
			.toBe(1);
		running.cancel();
		expect(await running.ended).toMatchObject({outcome: 'cancelled', leftovers: ['public.indexed_id_ccnew']});
		await holder.end();
	});
});

it('a standby refuses maintenance with a sentence', async () => {
	const primary = await startTestServer(15);
	const standby = await startStandby(primary);
	const {rows} = await (await connect(primary)).query<{oid: number}>("select 'pg_catalog.pg_class'::regclass::oid as oid");
	const relation: RelationRef = {database: 'postgres', oid: rows[0]?.oid ?? 0, kind: 'table', name: 'pg_class'};
	const result = await createMaintainer(targetOf(standby)).begin('vacuum', relation, () => {}).ended;
	expect(result).toMatchObject({outcome: 'failed', failure: {code: '25006'}});
});
