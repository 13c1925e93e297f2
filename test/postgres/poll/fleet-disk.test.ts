import {readFileSync, writeFileSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {createServerDisks} from '../../../source/adapters/host/server-disks.ts';
import type {OpenDisks} from '../../../source/adapters/poll/fleet-disk.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {fleetFindings} from '../../../source/findings/fleet.ts';
import {thresholds} from '../../../source/findings/thresholds.ts';
import type {FleetServer} from '../../../source/queries/beside/fleet.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {type Fleet, memberAt, watchAll, watchReading} from '../fleet.ts';
import {startProxy} from '../proxy.ts';
import {connect, type ServerVersion, startTestServer} from '../servers.ts';

// Each process has its own part of the loopback network, so that the default port is free.
const network = `127.${60 + ((process.pid >> 8) & 0x1f)}.${process.pid & 0xff}`;

type Listening = {readonly server: Server; readonly address: string};

const startListening = async (version: ServerVersion, address: string): Promise<Listening> => {
	const server = await startTestServer(version, {listen_addresses: address});
	const hba = join(server.directory, 'pg_hba.conf');
	writeFileSync(hba, `${readFileSync(hba, 'utf8')}\nhost all all all trust\n`);
	const admin = await connect(server);
	await admin.query('select pg_reload_conf()');
	await admin.end();
	return {server, address};
};

let newest: Listening;
let oldest: Listening;

beforeAll(async () => {
	[newest, oldest] = await Promise.all([startListening(18, `${network}.1`), startListening(13, `${network}.2`)]);
});

afterAll(async () => {
	await Promise.all([newest?.server.remove(), oldest?.server.remove()]);
});

const hasDisk = ({disk_total_bytes: total}: FleetServer): boolean => total !== null;
const noDisk = {disk_name: null, disk_total_bytes: null, disk_used_bytes: null, disk_free_bytes: null};

/** Rows of a server in the samples so far that it answered. */
const answersFrom = (fleet: Fleet, label: string): readonly FleetServer[] =>
	fleet.samples
		.flatMap(({results}) => (results.fleet?.ok ? (results.fleet.rows as readonly FleetServer[]) : []))
		.filter(row => row.label === label && row.status === 'up');

/** How often a server has answered; a later sample may repeat an answer. */
const readingsOf = (fleet: Fleet, label: string): number => new Set(answersFrom(fleet, label).map(({read_at: at}) => at)).size;

/** Waits for so many more answers of a server. */
const wait = (fleet: Fleet, label: string, more: number): Promise<unknown> => {
	const from = answersFrom(fleet, label).length;
	return vi.waitUntil(() => answersFrom(fleet, label).length >= from + more, {interval: 20, timeout: longestWaitMs});
};

const refusedIn = ({samples}: Fleet) => {
	const answer = samples.at(-1)?.results.fleet;
	return answer?.ok ? answer.refused : undefined;
};

/** Compares the disk of a row with that of the data directory. */
const expectDiskOf = async (row: FleetServer, {directory}: Server): Promise<void> => {
	const {blocks, bsize, bfree, bavail} = await statfs(directory);
	expect(row.disk_name).toBe('data');
	expect(row.disk_total_bytes).toBe(blocks * bsize);
	expect(Math.abs((row.disk_free_bytes ?? 0) - bavail * bsize)).toBeLessThan(2 ** 30);
	expect(Math.abs((row.disk_used_bytes ?? 0) - (blocks - bfree) * bsize)).toBeLessThan(2 ** 30);
};

describe('the disk of a server of a fleet', () => {
	it('is that of its data directory, over a socket and over TCP', async () => {
		const fleet = watchAll(
			...[newest, oldest].flatMap(({server, address}) => [
				memberAt(`socket ${server.version}`, server),
				memberAt(`tcp ${server.version}`, {host: address, port: server.port}),
			]),
		);
		for (const {server} of [newest, oldest])
			for (const way of ['socket', 'tcp']) await expectDiskOf(await fleet.until(`${way} ${server.version}`, hasDisk), server);
		expect(refusedIn(fleet)).toBeUndefined();
	});

	it('is known through a forwarder of this host to a server of this host', async () => {
		const {server} = newest;
		const proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		const fleet = watchAll(memberAt('forwarded', proxy));
		await expectDiskOf(await fleet.until('forwarded', hasDisk), server);
	});

	it('is unknown, and nothing is missing, if our backend is not a process of this host', async () => {
		const {server} = oldest;
		const disksOf = createServerDisks();
		const asked: string[] = [];
		// The pid of a backend in a container is that of another process here.
		const contained: OpenDisks = endpoint => {
			const disks = disksOf(endpoint);
			return {
				...disks,
				isHere: backend => {
					asked.push('backend');
					return disks.isHere({...backend, pid: process.pid});
				},
				fullest: async () => {
					asked.push('disk');
					return undefined;
				},
			};
		};
		const fleet = watchReading(contained, memberAt('contained', server));
		await wait(fleet, 'contained', 8);
		expect(fleet.row('contained')).toMatchObject(noDisk);
		expect(refusedIn(fleet)).toBeUndefined();
		expect(asked).toEqual(['backend']);
	});

	it('is unknown and said not to be read if the role may not read the data directory', async () => {
		const fleet = watchAll(memberAt('plain', newest.server, 'plain'), memberAt('monitor', newest.server, 'monitor'));
		await expectDiskOf(await fleet.until('monitor', hasDisk), newest.server);
		await vi.waitUntil(() => refusedIn(fleet) !== undefined, {interval: 20, timeout: longestWaitMs});
		expect(refusedIn(fleet)).toEqual([
			{fields: ['plain disk'], error: expect.objectContaining({code: '42501', message: 'The role may not read data_directory.'})},
		]);
		const row = fleet.row('plain') as FleetServer;
		expect(row).toMatchObject({status: 'up', ...noDisk});
		const found = fleetFindings(thresholds)(row, fleet.samples.at(-1) as Sample, fleet.samples);
		expect(found.map(({rule, summary}) => `${rule}: ${summary}`)).toContainEqual(
			expect.stringMatching(/^not-read: Not read: disk\. The role may not read data_directory\./),
		);
	});

	it('that hangs delays neither the answers of its server nor those of others', async () => {
		let reads = 0;
		const hanging: OpenDisks = endpoint => ({
			...createServerDisks()(endpoint),
			fullest: () => {
				reads++;
				return new Promise(() => {});
			},
		});
		const fleet = watchReading(hanging, memberAt('one', newest.server), memberAt('two', oldest.server));
		await vi.waitUntil(() => reads === 2, {interval: 20, timeout: longestWaitMs});
		const swift = watchAll(memberAt('swift', newest.server));
		await swift.until('swift', hasDisk);
		const from = {one: readingsOf(fleet, 'one'), two: readingsOf(fleet, 'two'), swift: readingsOf(swift, 'swift')};
		await vi.waitUntil(() => readingsOf(swift, 'swift') > from.swift + 16, {interval: 20, timeout: longestWaitMs});
		for (const label of ['one', 'two'] as const) {
			expect(answersFrom(fleet, label).every(({disk_total_bytes: total}) => total === null)).toBe(true);
			// As often as a server whose disk answers, but for what the machine itself delays.
			expect(readingsOf(fleet, label)).toBeGreaterThan(from[label] + 8);
		}
		expect(reads).toBe(2);
	});

	it('is unknown while a lock keeps the tablespaces from being read, which costs no answer, and known soon after', async () => {
		const {server} = oldest;
		let isOpen = false;
		const disksOf = createServerDisks();
		const later: OpenDisks = endpoint => {
			const disks = disksOf(endpoint);
			return {...disks, isNear: () => isOpen && disks.isNear()};
		};
		const fleet = watchReading(later, memberAt('locked', server));
		await wait(fleet, 'locked', 1);
		const holder = await connect(server);
		await holder.query('begin; lock table pg_catalog.pg_tablespace in access exclusive mode');
		isOpen = true;
		await wait(fleet, 'locked', 6);
		expect(fleet.row('locked')).toMatchObject({status: 'up', ...noDisk});
		expect(refusedIn(fleet)).toBeUndefined();
		await holder.query('rollback');
		await expectDiskOf(await fleet.until('locked', hasDisk), server);
		expect(new Set(answersFrom(fleet, 'locked').map(({started}) => started)).size).toBe(1);
	});
});
