import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {startProxy} from '../postgres/proxy.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {drive} from './driver.ts';
import {at} from './program.ts';
import {type Screen, start} from './screen.ts';

let first: Server;
let same: Server;
let newer: Server;

const socketOf = (server: Server): string => `${server.host}/.s.PGSQL.${server.port}`;

const withSleeper = async (version: 15 | 18): Promise<Server> => {
	const server = await startTestServer(version);
	const sleeper = await connect(server, {applicationName: 'payroll'});
	sleeper.query('select pg_sleep(600)').catch(() => {});
	return server;
};

beforeAll(async () => {
	[first, same, newer] = await Promise.all([withSleeper(15), withSleeper(15), withSleeper(18)]);
});
afterAll(() => Promise.all([first?.remove(), same?.remove(), newer?.remove()]));

describe('behind one port of a balancer', () => {
	const watching = (proxy: Pick<Server, 'host' | 'port'>): Screen =>
		start([...at(proxy), '--interval', '250ms', '--application', 'payroll'], {columns: 180});

	it.each([
		['a copy of the same cluster', () => same, /Another server answers at .*: it was running before/],
		['a server of another major version', () => newer, /Another server answers at .*: its system identifier is another/],
	] as const)('%s is told from the first one, and K asks for a word', async (_, other, told) => {
		await using proxy = await startProxy(socketOf(first));
		const {press, row, question, shows, showsNo, quit} = drive(watching(proxy));
		await row(' payroll ').select();
		await shows('PostgreSQL 15');
		press('K');
		await question.asks('Terminate session ');
		proxy.failOver(socketOf(other()));
		await shows(told);
		await showsNo('[any other key] abort');
		await row(' payroll ').isShown();
		press('down');
		await shows(/PostgreSQL 1[58]/);
		await row(' payroll ').select();
		press('K');
		await shows('Type "terminate" + Enter to confirm');
		await question.abort();
		expect(await quit()).toBe(0);
	});

	it('a return to the same server is none of that', async () => {
		await using proxy = await startProxy(socketOf(first));
		const screen = watching(proxy);
		const {row, shows, quit} = drive(screen);
		await row(' payroll ').select();
		proxy.failOver(socketOf(first));
		await shows(/closed the connection|Retrying|Reconnecting/);
		await row(' payroll ').isShown();
		expect(screen.text()).not.toContain('Another server');
		expect(await quit()).toBe(0);
	});
});
