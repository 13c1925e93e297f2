import type {Client} from 'pg';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at} from '../pty/program.ts';
import {start} from '../pty/screen.ts';
import {holdsOut, leave, own, sleeper, watching} from './watching.ts';

let server: Server;
let admin: Client;
let holder: Client;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	await admin.query('create table orders (id int); create table parcels (id int); insert into orders values (1)');
	await sleeper(server);
});

beforeEach(async () => {
	holder = await connect(server, {applicationName: 'holder'});
});

afterAll(() => server?.remove());

const lock = (relation: string): Promise<unknown> =>
	holder.query(`begin; lock table ${relation} in access exclusive mode; select pg_advisory_lock(7)`);

describe('an ACCESS EXCLUSIVE lock', () => {
	it.each(['pg_database', 'pg_authid', 'pg_class'])('on %s delays neither the sessions nor a key', async catalog => {
		const screen = await watching(server);
		await expect.poll(async () => own(admin)).toHaveLength(3);
		const before = await own(admin);
		const late = await connect(server, {applicationName: 'newcomer'});
		await lock(`pg_catalog.${catalog}`);
		await screen.until(/holder/);
		// Names, rates and sizes wait for the lock; the sessions and their ages go on.
		late.query('select pg_sleep(600)').catch(() => {});
		const frames = {all: 0, stale: 0};
		const seen = await screen.until(text => {
			frames.all++;
			if (text.includes('STALE')) frames.stale++;
			return /newcomer +active .* (?:[4-9]\.\d|\d\d(?:\.\d)?)s /.test(text);
		});
		// A busy machine makes one or another late; a lock would make all of them late.
		expect(frames.stale).toBeLessThan(frames.all / 4);
		expect(seen).not.toContain('STALE');
		await holdsOut(screen);
		expect((await own(admin)).filter(pid => before.includes(pid)).length).toBeGreaterThan(0);
		await holder.query('rollback');
		await screen.until(text => !/STALE|Retrying/.test(text));
		await expect.poll(async () => (await own(admin)).length).toBe(3);
		await leave(screen);
	});

	it('on a table hides only the size of that table', async () => {
		await lock('orders');
		const screen = start([...at(server), '--interval', '250ms', '--pane', 'bloat'], {columns: 160});
		await screen.until(text => /parcels/.test(text) && /orders/.test(text));
		await holdsOut(screen);
		await leave(screen);
	});
});
