import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import {cpus, tmpdir, totalmem} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {createHostReading} from '../../../source/adapters/host/host.ts';
import {followLinks, isSameMount, type Mount, mountOf, mountsOf} from '../../../source/adapters/host/mounts.ts';
import type {Neighbour} from '../../../source/adapters/host/neighbour.ts';
import type {Row} from '../../../source/core/sample/sample.ts';
import {directories} from '../../../source/queries/beside/host.ts';
import type {PollState} from '../../../source/queries/plan.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pgtriage-host-')));
afterAll(() => rmSync(folder, {recursive: true}));

// This process acts as the backend: it has our mount namespace.
const here: Neighbour = {postmaster: process.ppid, backend: process.pid};

const stateWith = (...rows: readonly Row[]): PollState => ({
	results: {[directories.name]: {ok: true, at: '', tookMs: 1, rows}},
	ageMs: () => 0,
});

const makeFolder = (name: string): string => {
	const path = join(folder, name);
	mkdirSync(path);
	return path;
};

describe('the reading of the host', () => {
	it('returns nothing if the server is on another host', async () => {
		const data = {kind: 'data', name: 'data', path: folder};
		expect(await createHostReading(() => undefined)(stateWith(data))).toBeUndefined();
	});

	it('returns CPUs, load and memory', async () => {
		const rows = await createHostReading(() => here)(stateWith());
		expect(rows).toEqual([
			expect.objectContaining({kind: 'host', cpus: cpus().length, memory_total_bytes: totalmem(), path: null}),
		]);
		expect(rows?.[0]?.memory_available_bytes).toBeGreaterThan(0);
		expect(rows?.[0]?.memory_available_bytes).toBeLessThan(totalmem());
		expect(rows?.[0]?.load_average).toBeGreaterThanOrEqual(0);
	});

	it('returns the disk space of each directory, and of the target of the pg_wal link', async () => {
		const data = makeFolder('data');
		const elsewhere = makeFolder('elsewhere');
		symlinkSync(elsewhere, join(data, 'pg_wal'));
		mkdirSync(join(data, 'log'));
		const rows = await createHostReading(() => here)(
			stateWith(
				{kind: 'data', name: 'data', path: data},
				{kind: 'log', name: 'log', path: 'log'},
				{kind: 'tablespace', name: 'fast', path: elsewhere},
			),
		);
		const {blocks, bsize, bavail} = await statfs(data);
		const disks = rows?.filter(({kind}) => kind !== 'host') ?? [];
		expect(disks.map(({kind, name, path}) => [kind, name, path])).toEqual([
			['data', 'data', data],
			['wal', 'wal', elsewhere],
			['log', 'log', join(data, 'log')],
			['tablespace', 'fast', elsewhere],
		]);
		for (const disk of disks) {
			expect(disk.total_bytes).toBe(blocks * bsize);
			expect(Math.abs(Number(disk.free_bytes) - bavail * bsize)).toBeLessThan(2 ** 30);
			expect(disk.device).toBe(disks[0]?.device);
		}
	});

	it('leaves out directories that are missing, unknown or on a file system that might not answer', async () => {
		const rows = await createHostReading(() => here)(
			stateWith(
				{kind: 'data', name: 'data', path: null},
				{kind: 'log', name: 'log', path: 'log'},
				{kind: 'tablespace', name: 'gone', path: join(folder, 'gone')},
				{kind: 'tablespace', name: 'odd', path: '/proc/self'},
				{kind: 'tablespace', name: 'there', path: folder},
			),
		);
		expect(rows?.map(({kind, name}) => (kind === 'host' ? kind : name))).toEqual(['host', 'there']);
	});
});

describe('mounts', () => {
	const mount = (point: string, device = '8:1', type = 'ext4'): Mount => ({device, root: '/', point, type});

	it('a path is on the last mount with the longest mount point above it', () => {
		const mounts = [mount('/'), mount('/srv/pg', '8:2'), mount('/srv/pg', '8:3'), mount('/srv/pgdata', '8:4')];
		const deviceOf = (path: string): string | undefined => mountOf(mounts, path)?.device;
		expect(deviceOf('/srv/pg/15/main')).toBe('8:3');
		expect(deviceOf('/srv/pg')).toBe('8:3');
		expect(deviceOf('/srv/pgdata')).toBe('8:4');
		expect(deviceOf('/srv/pg2')).toBe('8:1');
	});

	it('the same path on another device is a different mount, as in a container', () => {
		expect(isSameMount(mount('/'), mount('/'))).toBe(true);
		expect(isSameMount(mount('/'), mount('/', '0:52', 'overlay'))).toBe(false);
		expect(isSameMount(mount('/'), {...mount('/'), root: '/docker/1'})).toBe(false);
		expect(isSameMount(undefined, undefined)).toBe(false);
	});

	it('links are followed step by step but not to a network file system', async () => {
		const from = makeFolder('from');
		const to = makeFolder('to');
		symlinkSync('../to', join(from, 'relative'));
		// One level up from the target of the link, not from the link.
		symlinkSync('relative/..', join(from, 'back'));
		const mounts = mountsOf('self');
		expect(await followLinks(join(from, 'relative'), mounts)).toBe(to);
		expect(await followLinks(join(from, 'back'), mounts)).toBe(realpathSync.native(join(from, 'back')));
		expect(await followLinks(join(from, 'relative'), [...mounts, mount(to, '0:99', 'nfs4')])).toBeUndefined();
		symlinkSync('loop', join(from, 'loop'));
		expect(await followLinks(join(from, 'loop'), mounts)).toBeUndefined();
	});
});
