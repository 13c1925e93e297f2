import {chownSync, writeFileSync} from 'node:fs';
import {type AddressInfo, connect as connectSocket, createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {createAdmin} from '../../../source/adapters/act/admin.ts';
import type {ConnectionTarget} from '../../../source/adapters/connect/connection.ts';
import {createWhereabouts} from '../../../source/adapters/connect/whereabouts.ts';
import {createDoor} from '../../../source/adapters/session/door.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import {serverOwner} from '../../../source/demo/owner.ts';
import type {Server} from '../../../source/demo/server.ts';
import {laneTo, ready, targetOf, until} from '../lanes.ts';
import {startProxy} from '../proxy.ts';
import {connect, startStandby, startTestServer} from '../servers.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

const started = async (starting: Promise<Server>): Promise<Server> => {
	const server = await starting;
	cleanups.push(server.remove);
	return server;
};

/** The three lanes as a monitor opens them. */
const lanesTo = (target: ConnectionTarget): readonly [Lane, Lane, Lane] => {
	const common = {door: createDoor(target), readOnly: true};
	const lanes = [laneTo(target, {...common, leads: true}), laneTo(target, common), laneTo(target, common)] as const;
	cleanups.push(() => Promise.all(lanes.map(lane => lane.close())));
	return lanes;
};

const whereIs = async (lane: Lane): Promise<string | null | undefined> => {
	await ready(lane);
	const sql = "select pg_catalog.current_setting('data_directory')";
	const reply = await lane.run({name: 'where', sql, deadlineMs: 5000});
	return reply.ok ? reply.rows[0]?.[0] : reply.error.code;
};

const allAre = async (lanes: readonly Lane[], server: Server): Promise<void> => {
	await expect.poll(() => Promise.all(lanes.map(whereIs))).toEqual(lanes.map(() => server.directory));
};

/** Target of several servers by their socket directories or ports, before any connection. */
const targetAt = (
	servers: readonly {readonly host: string; readonly port: number}[],
	parameters: Readonly<Record<string, string>> = {},
): ConnectionTarget => ({
	...targetOf(
		{host: servers.map(({host}) => host).join(','), port: 0},
		{
			port: servers.map(({port}) => port).join(','),
			...parameters,
		},
	),
	whereabouts: createWhereabouts(),
});

test('all connections go to the new primary after a failover, whatever became of the old one', async () => {
	const old = await started(startTestServer(17));
	const next = await started(startStandby(old));
	const target = targetAt([old, next], {target_session_attrs: 'read-write'});
	const lanes = lanesTo(target);
	await allAre(lanes, old);
	expect(lanes[0].status().place).toBe(`postgres@${old.host}:5432/postgres`);

	const lost = until(lanes[0], ({state}) => state === 'waiting');
	await old.stop('fast');
	await lost;
	// The old primary returns as a standby before there is a new primary.
	const owner = serverOwner();
	for (const [name, text] of Object.entries({
		'standby.signal': '',
		'postgresql.auto.conf': `primary_conninfo = 'host=${next.host} user=postgres'\n`,
	})) {
		const path = join(old.directory, name);
		writeFileSync(path, text);
		if (owner) chownSync(path, owner.uid, owner.gid);
	}
	await old.restart();
	const nobody = await until(lanes[0], ({failure, state}) => state === 'waiting' && failure?.code === 'session_attrs');
	expect(nobody.failure?.message).toMatch(
		/^None of 2 servers can be reached: .* is a standby, but target_session_attrs=read-write/,
	);
	expect(await createAdmin(target).run({kind: 'reload'})).toMatchObject({failure: {code: 'not_connected'}});

	const admin = await connect(next);
	await admin.query('select pg_promote()');
	await allAre(lanes, next);
	expect(lanes[0].status().place).toBe(`postgres@${next.host}:5432/postgres`);
	expect(await createAdmin(target).run({kind: 'reload'})).toMatchObject({outcome: 'done'});
	await expect.poll(() => next.log()).toMatch(/received SIGHUP/);
	expect(old.log()).not.toMatch(/received SIGHUP/);
});

test('a lost connection returns to the server of the sessions', async () => {
	const first = await started(startTestServer(15));
	const second = await started(startTestServer(15));
	await first.stop();
	const lanes = lanesTo(targetAt([first, second]));
	await allAre(lanes, second);
	await first.restart();
	const [, rest] = lanes;
	const {pid} = rest.status();
	const admin = await connect(second);
	const again = until(rest, ({generation}) => generation === 2);
	await admin.query('select pg_terminate_backend($1)', [pid]);
	expect((await again).place).toBe(`postgres@${second.host}:5432/postgres`);
	await allAre(lanes, second);
});

test('all connections follow the sessions to another server, even if they were not broken', async () => {
	const first = await started(startTestServer(15));
	const second = await started(startTestServer(15));
	const proxies = await Promise.all([first, second].map(({host}) => startProxy(`${host}/.s.PGSQL.5432`)));
	cleanups.push(() => Promise.all(proxies.map(proxy => proxy.close())));
	const [before] = proxies;
	const lanes = lanesTo(targetAt(proxies, {connect_timeout: '2', sslmode: 'disable'}));
	await allAre(lanes, first);
	// The first proxy now passes nothing and closes nothing.
	before?.set('freeze');
	const [activity, ...others] = lanes;
	const reply = await activity.run({name: 'heart', sql: 'select 1', deadlineMs: 300});
	expect(reply).toMatchObject({ok: false, error: {code: 'deadline'}});
	await allAre(lanes, second);
	for (const lane of others) expect(lane.status().generation).toBe(2);
});

/** Balancer that sends each connection to the next server. */
const startBalancer = async (servers: readonly Server[]) => {
	let turn = 0;
	const sockets = new Set<Socket>();
	const balancer = createServer(client => {
		const server = servers[turn++ % servers.length] as Server;
		const upstream = connectSocket(`${server.host}/.s.PGSQL.5432`);
		for (const [from, to] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(from);
			from.on('error', () => {}).on('close', () => to.destroy());
			from.pipe(to);
		}
	});
	await new Promise<void>(resolve => balancer.listen(0, '127.0.0.1', resolve));
	cleanups.push(() => {
		for (const socket of sockets) socket.destroy();
		balancer.close();
	});
	return {host: '127.0.0.1', port: (balancer.address() as AddressInfo).port};
};

test('all connections reach the same server behind an address of several', async () => {
	const first = await started(startTestServer(15));
	const second = await started(startTestServer(15));
	const lanes = lanesTo(targetAt([await startBalancer([first, second])], {sslmode: 'disable'}));
	await allAre(lanes, first);
	for (const lane of lanes.slice(1)) expect(lane.status().place).toBe(lanes[0].status().place);
});

test('the sessions follow an address that now leads to another server', async () => {
	const first = await started(startTestServer(15));
	const second = await started(startTestServer(15));
	const both = [first];
	const lanes = lanesTo(targetAt([await startBalancer(both)], {sslmode: 'disable'}));
	await allAre(lanes, first);
	both[0] = second;
	const admin = await connect(first);
	await admin.query('select pg_terminate_backend($1)', [lanes[1].status().pid]);
	await allAre(lanes, second);
});
