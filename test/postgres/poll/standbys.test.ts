import {createServer, type Socket} from 'node:net';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {withTunnels} from '../../../source/adapters/connect/connection.ts';
import {askStandbys} from '../../../source/adapters/poll/standbys.ts';
import {parseArguments} from '../../../source/command-line/options.ts';
import type {Server} from '../../../source/demo/server.ts';
import {type Fleet, fleetOf} from '../../../source/run/fleet-members.ts';
import {endsWithTest, longestWaitMs} from '../../lifetime.ts';
import {targetOf} from '../lanes.ts';
import {acceptNeighbors, hostAddresses, openRoad, type Road, startNeighbor} from '../neighbors.ts';
import {startPooler} from '../pooler-proxy.ts';
import {connect, connectSender, type ServerVersion, type Session, startStandby, startTestServer} from '../servers.ts';

const [primaryAddress, standbyAddress, cascadedAddress, otherAddress] = hostAddresses;

const at = (host: string, more = ''): string => `host=${host} port=5432 user=postgres dbname=postgres ${more}`;

/** The fleet of a command line with its standbys, and what is said on stderr. */
const fleetWith = async (...connections: readonly string[]): Promise<Fleet & {readonly said: readonly string[]}> => {
	const said: string[] = [];
	const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(text => {
		said.push(String(text));
		return true;
	});
	try {
		const configuration = {servers: [], fleet: []};
		const fleet = await fleetOf(parseArguments(['fleet', ...connections, '--standbys']), configuration, {});
		endsWithTest(fleet.close);
		return {...fleet, said};
	} finally {
		stderr.mockRestore();
	}
};

const labels = ({members}: Fleet): readonly string[] => members.map(({label}) => label);
const servers = ({members}: Fleet): readonly string[] => members.map(({server}) => server);

/** Streams WAL and reports it as pg_receivewal --synchronous does: written and flushed, never replayed. */
const receiveWal = async (server: Server, admin: Session): Promise<void> => {
	const {rows} = await admin.query<{lsn: string}>('select pg_current_wal_flush_lsn() as lsn');
	const [high = '', low = ''] = (rows[0]?.lsn ?? '').split('/');
	const receiver = await connectSender(server, 'pg_receivewal');
	receiver.query(`START_REPLICATION ${high}/${low}`).catch(() => {});
	const report = Buffer.alloc(39);
	report.write('d');
	report.writeUInt32BE(38, 1);
	report.write('r', 5);
	for (const at of [6, 14]) report.writeBigUInt64BE((BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`), at);
	const streaming = "select from pg_stat_replication where application_name = 'pg_receivewal' and state = 'streaming'";
	await expect.poll(async () => (await admin.query(streaming)).rowCount, {timeout: longestWaitMs}).toBe(1);
	(receiver as unknown as {readonly connection: {readonly stream: Socket}}).connection.stream.write(report);
};

describe.each<ServerVersion>([13, 18])('the standbys of a fleet on PostgreSQL %i', version => {
	let primary: Server;
	let standby: Server;
	let cascaded: Server;
	const roads: Road[] = [];

	beforeAll(async () => {
		primary = await startTestServer(version, {listen_addresses: primaryAddress, wal_level: 'logical'});
		await acceptNeighbors(primary);
		const first = await startNeighbor({server: primary, address: primaryAddress}, standbyAddress, 'berlin');
		standby = first.server;
		await acceptNeighbors(standby);
		const second = await startNeighbor({server: standby, address: standbyAddress}, cascadedAddress, 'walreceiver');
		cascaded = second.server;
		roads.push(first.road, second.road);
	});
	afterAll(async () => {
		await cascaded?.remove();
		await standby?.remove();
		await Promise.all(roads.map(road => road.close()));
		await primary?.remove();
	});

	it('are found from the primary, those behind a standby too, with its role and database', async () => {
		const fleet = await fleetWith(at(primaryAddress, 'target_session_attrs=read-write password=secret'));
		expect(fleet.said).toEqual([]);
		expect(fleet.missing).toEqual([]);
		expect(labels(fleet)).toEqual([`${primaryAddress}:5432`, 'berlin', `${cascadedAddress}:5432`]);
		expect(servers(fleet)).toEqual([primaryAddress, standbyAddress, cascadedAddress].map(host => `${host}:5432/postgres`));
		expect(fleet.members[1]?.target).toMatchObject({user: 'postgres', host: standbyAddress, targetSessionAttrs: 'any'});
		expect(await fleet.members[1]?.target.password()).toEqual({password: 'secret'});
	});

	it('are not found again if they are named, over a Unix socket too', async () => {
		const named = [at(primaryAddress), at(cascadedAddress), `host=${standby.host} user=postgres dbname=postgres`];
		const fleet = await fleetWith(...named);
		expect(fleet.said).toEqual([]);
		expect(servers(fleet)).toEqual([primaryAddress, cascadedAddress, standby.host].map(host => `${host}:5432/postgres`));
	});

	it('are without logical subscribers and pg_receivewal', async () => {
		const admin = await connect(primary);
		await admin.query('create publication all_tables for all tables');
		await admin.query("select pg_create_logical_replication_slot('sub', 'pgoutput')");
		const subscriber = await startTestServer(version, {listen_addresses: otherAddress});
		const road = await openRoad(otherAddress, {host: primaryAddress, port: 5432});
		endsWithTest(async () => {
			await subscriber.remove();
			await road.close();
			await admin.query("select pg_drop_replication_slot('sub')").catch(() => {});
			await admin.query('drop publication all_tables');
		});
		const other = await connect(subscriber);
		await other.query(`create subscription sub
			connection 'host=127.0.0.1 port=${road.port} user=postgres dbname=postgres' publication all_tables
			with (create_slot = false, slot_name = 'sub', copy_data = false)`);
		await receiveWal({...primary, host: road.host, port: road.port}, admin);
		const senders = 'select application_name, flush_lsn is null, replay_lsn is null from pg_stat_replication order by 1';
		await expect
			.poll(async () => (await admin.query({text: senders, rowMode: 'array'})).rows, {timeout: longestWaitMs})
			.toEqual([
				['berlin', false, false],
				['pg_receivewal', false, true],
				['sub', false, false],
			]);
		const fleet = await fleetWith(at(primaryAddress));
		expect(fleet.said).toEqual([]);
		expect(servers(fleet)).toHaveLength(3);
	});

	it('are hidden from a role without pg_monitor, which is said with the remedy', async () => {
		const fleet = await fleetWith(at(primaryAddress).replace('user=postgres', 'user=plain'));
		expect(servers(fleet)).toHaveLength(1);
		const sentence = `The role plain cannot see 1 WAL sender of ${primaryAddress}:5432 that may be a standby.`;
		expect(fleet.said).toEqual([`pgtriage: ${sentence} GRANT pg_monitor TO plain shows them.\n`]);
		expect(fleet.missing).toMatchObject([{fields: [`standbys of ${primaryAddress}:5432`], error: {code: 'hidden'}}]);
		const monitor = await fleetWith(at(primaryAddress).replace('user=postgres', 'user=monitor'));
		expect(servers(monitor)).toHaveLength(3);
	});

	it('on the host of the primary have a port that is not known, which is said unless they are named', async () => {
		const local = await startStandby(primary, {}, 'local');
		endsWithTest(local.remove);
		const fleet = await fleetWith(at(primaryAddress));
		expect(servers(fleet)).toHaveLength(3);
		expect(fleet.said).toEqual([
			`pgtriage: 1 standby connects to ${primaryAddress}:5432 from its own host (local), over a Unix socket or a local address, so the port is not known. Name each of them with its port.\n`,
		]);
		const named = await fleetWith(at(primaryAddress), `host=${local.host} user=postgres dbname=postgres`);
		expect(named.said).toEqual([]);
		expect(servers(named)).toHaveLength(4);
	});
});

it.each([
	['a tunnel', 'reached through a tunnel'],
	['a connection pooler', 'reached through a connection pooler'],
])('the standbys of a server behind %s are not looked for, and a sentence says so', async (way, sentence) => {
	const server = await startTestServer(15);
	const pooler = await startPooler(`${server.host}/.s.PGSQL.${server.port}`);
	endsWithTest(pooler.close);
	const port = async (): Promise<number> => expect.fail('The tunnel is opened.');
	const plain = targetOf(way === 'a tunnel' ? server : pooler);
	const target = way === 'a tunnel' ? withTunnels(plain, () => ({port})) : plain;
	expect(await askStandbys(target)).toMatchObject({ok: false, error: {message: expect.stringContaining(sentence)}});
});

describe('a standby that cannot be asked', () => {
	let primary: Server;
	let standby: Server;
	let road: Road;
	beforeAll(async () => {
		primary = await startTestServer(18, {listen_addresses: primaryAddress});
		await acceptNeighbors(primary);
		({server: standby, road} = await startNeighbor({server: primary, address: primaryAddress}, standbyAddress, 'berlin', {
			listen_addresses: standbyAddress,
			port: '5433',
		}));
	});
	afterAll(async () => {
		await standby?.remove();
		await road?.close();
		await primary?.remove();
	});

	/** Something else than the standby listens at its address. */
	const listen = async (onConnection: () => void): Promise<void> => {
		const listener = createServer(onConnection);
		await new Promise<void>(resolve => listener.listen(5432, standbyAddress, resolve));
		endsWithTest(() => void listener.close());
	};

	it('is not in the list where nothing listens, and a sentence says why', async () => {
		const fleet = await fleetWith(at(primaryAddress));
		expect(labels(fleet)).toEqual([`${primaryAddress}:5432`]);
		expect(fleet.said.join('')).toMatch(
			/^pgtriage: The port of berlin, a standby of \S+, is not known: No server is listening at \S+\. Name it with its port\.\n$/,
		);
		expect(fleet.missing).toMatchObject([{error: {code: 'ECONNREFUSED'}}]);
	});

	it('is not found if it is named with its own port', async () => {
		const fleet = await fleetWith(at(primaryAddress), `host=${standbyAddress} port=5433 user=postgres dbname=postgres`);
		expect(fleet.said).toEqual([]);
		expect(servers(fleet)).toEqual([`${primaryAddress}:5432/postgres`, `${standbyAddress}:5433/postgres`]);
	});

	it('delays the start by two seconds if it hangs', async () => {
		let count = 0;
		await listen(() => count++);
		const begun = performance.now();
		const fleet = await fleetWith(at(primaryAddress));
		expect(performance.now() - begun).toBeLessThan(8000);
		expect(count).toBe(1);
		expect(labels(fleet)).toContain('berlin');
		expect(fleet.missing).toMatchObject([{error: {code: 'deadline'}}]);
	});

	it('is not watched if a server of another cluster is at its address', async () => {
		const other = await startTestServer(13, {listen_addresses: standbyAddress});
		endsWithTest(other.remove);
		const fleet = await fleetWith(at(primaryAddress));
		expect(labels(fleet)).toEqual([`${primaryAddress}:5432`]);
		expect(fleet.said.join('')).toContain(`berlin at ${standbyAddress}:5432/postgres is not a standby of ${primaryAddress}:5432`);
	});

	it('says that of a named server too, which stays in the fleet', async () => {
		const fleet = await fleetWith('host=127.0.0.1 port=1 user=postgres dbname=postgres');
		expect(labels(fleet)).toEqual(['127.0.0.1:1']);
		expect(fleet.said).toEqual([expect.stringMatching(/^pgtriage: The standbys of 127\.0\.0\.1:1 are not known: No server is/)]);
	});
});
