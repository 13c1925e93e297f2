import {setTimeout as delay} from 'node:timers/promises';
import type pg from 'pg';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {createSignaller, type Signaller} from '../../../source/adapters/act/signaller.ts';
import {parseInstant} from '../../../source/core/sample/query.ts';
import type {Server} from '../../../source/demo/server.ts';
import {laneTo, ready, targetOf, until} from '../lanes.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';

type SignalTarget = Parameters<Signaller['send']>[1];

describe.each<ServerVersion>([13, 15, 18])('on PostgreSQL %i', version => {
	let server: Server;
	let admin: pg.Client;
	let lane: ReturnType<typeof laneTo>;
	beforeAll(async () => {
		server = await startTestServer(version);
		admin = await connect(server);
	});
	beforeEach(async () => {
		lane = laneTo(targetOf(server));
		await ready(lane);
	});
	afterAll(() => server?.remove());

	const targetNow = async (pid: number): Promise<SignalTarget> => {
		const {rows} = await admin.query(
			"select backend_start::text, query_start::text, backend_type from pg_stat_activity where pid = $1 and state = 'active'",
			[pid],
		);
		const row = rows[0];
		return {
			pid,
			backend_start: parseInstant(row.backend_start),
			backend_type: row.backend_type,
			query_start: parseInstant(row.query_start),
		};
	};

	/** A session that runs `sql` until it is ended, and the outcome. */
	const victim = async (sql = 'select pg_sleep(600)') => {
		const client = await connect(server);
		const {rows} = await client.query('select pg_backend_pid() as pid');
		const pid: number = rows[0].pid;
		const end = client.query(sql).then(
			() => 'finished',
			(error: {code: string}) => error.code,
		);
		const isRunning = async () => {
			const found = await admin.query("select from pg_stat_activity where pid = $1 and query = $2 and state = 'active'", [
				pid,
				sql,
			]);
			return found.rowCount;
		};
		await expect.poll(isRunning, {interval: 5}).toBe(1);
		return {client, pid, end, target: await targetNow(pid)};
	};

	test('a cancel hits the identified statement and the session goes on', async () => {
		const one = await victim();
		const other = await victim();
		const result = await createSignaller([lane], 'postgres').send('cancel', one.target);
		expect(result).toEqual({outcome: 'sent', at: expect.stringMatching(/^20/)});
		expect(await one.end).toBe('57014');
		expect((await one.client.query('select 1')).rowCount).toBe(1);
		expect(await targetNow(other.pid)).toEqual(other.target);
		expect((await createSignaller([lane], 'postgres').send('terminate', other.target)).outcome).toBe('sent');
		expect(await other.end).toBe('57P01');
	});

	test('a terminated session cannot be terminated again', async () => {
		const one = await victim();
		const signaller = createSignaller([lane], 'postgres');
		expect((await signaller.send('terminate', one.target)).outcome).toBe('sent');
		expect(await one.end).toBe('57P01');
		await expect.poll(async () => (await signaller.send('terminate', one.target)).outcome).toBe('gone');
	});

	test('a target that differs by a microsecond, a type or a statement is gone', async () => {
		const one = await victim();
		const signaller = createSignaller([lane], 'postgres');
		const shifted = (instant: string) => instant.replace(/(\d)(?=\+)/, digit => String((Number(digit) + 1) % 10));
		const {target} = one;
		const others: readonly SignalTarget[] = [
			{...target, backend_start: shifted(target.backend_start)},
			{...target, backend_type: 'walsender'},
			{...target, pid: lane.status().pid ?? 0},
		];
		for (const wrong of others) {
			expect((await signaller.send('terminate', wrong)).outcome).toBe('gone');
			expect((await signaller.send('cancel', wrong)).outcome).toBe('gone');
		}
		const later = {...target, query_start: shifted(target.query_start ?? '')};
		expect((await signaller.send('cancel', later)).outcome).toBe('gone');
		expect((await signaller.send('cancel', {...target, query_start: null})).outcome).toBe('gone');
		// A signal is sent before the statement that sends it is answered; what it interrupts would be over soon.
		await delay(100);
		expect(await targetNow(one.pid)).toEqual(target);
		expect((await signaller.send('terminate', target)).outcome).toBe('sent');
		expect(await one.end).toBe('57P01');
	});

	test('a finished statement is not cancelled, nor is the next one of its session', async () => {
		const holder = await connect(server);
		await holder.query('select pg_advisory_lock(1)');
		const one = await victim('select pg_advisory_lock(1)');
		await holder.query('select pg_advisory_unlock(1)');
		expect(await one.end).toBe('finished');
		expect((await createSignaller([lane], 'postgres').send('cancel', one.target)).outcome).toBe('gone');
		await holder.query('select pg_advisory_lock(2)');
		const next = one.client.query('select pg_advisory_lock(2)');
		const waiting = "select from pg_stat_activity where pid = $1 and wait_event = 'advisory'";
		await expect.poll(async () => (await admin.query(waiting, [one.pid])).rowCount).toBe(1);
		expect((await createSignaller([lane], 'postgres').send('cancel', one.target)).outcome).toBe('gone');
		await holder.query('select pg_advisory_unlock(2)');
		expect((await next).rowCount).toBe(1);
	});

	test("a superuser's session is refused to other roles with the SQLSTATE", async () => {
		await using monitor = laneTo(targetOf(server, {user: 'monitor'}));
		await ready(monitor);
		const one = await victim();
		const result = await createSignaller([monitor], 'monitor').send('terminate', {...one.target, superuser: true});
		expect(result).toMatchObject({
			outcome: 'refused',
			failure: {code: '42501', hint: 'Only a superuser can signal the sessions of a superuser.'},
		});
		expect((await createSignaller([lane], 'postgres').send('terminate', one.target)).outcome).toBe('sent');
		await one.end;
	});

	test('a signal fails over a broken lane and uses a second one that is ready', async () => {
		await using broken = laneTo(targetOf(server, {dbname: 'nowhere'}));
		await until(broken, ({state}) => state === 'lost');
		const one = await victim();
		const alone = await createSignaller([broken], 'postgres').send('terminate', one.target);
		expect(alone).toMatchObject({outcome: 'failed', failure: {code: '3D000'}});
		expect((await createSignaller([broken, lane], 'postgres').send('terminate', one.target)).outcome).toBe('sent');
		expect(await one.end).toBe('57P01');
	});
});
