import {afterAll, beforeAll, expect, it, onTestFinished} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {answered, rolesKnown} from './answer.ts';
import {begin} from './incident.ts';
import {at, run} from './program.ts';
import {start} from './screen.ts';

let server: Server;

beforeAll(async () => {
	server = await startTestServer(13);
});

afterAll(() => server?.remove());

it('the root of the lock chain is found and terminated on PostgreSQL 13', async () => {
	const chain = await begin(server, 'lock-chain');
	onTestFinished(() => chain.end());
	const screen = start([...at(server), '--interval', '250ms', '--filter', 'app=fulfilment']);
	await screen.until(/\d+ postgres .*fulfilment/);
	await screen.until('PostgreSQL 13.');
	screen.press('down', 'b');
	await screen.until(new RegExp(`▶ +${chain.pids.root} `));
	await rolesKnown(screen);
	screen.press('K');
	await screen.until(/blocks +6 sessions/);
	await answered(screen, 'y');
	await screen.until(/is gone, seen after .*, [1-6] waiters unblocked/);
	screen.press('q', 'q');
});

it('fields that PostgreSQL 13 does not have are null, not missing', async () => {
	await connect(server, {applicationName: 'admin'});
	const {stdout, status} = await run([...at(server), '--once', '--pane', 'all', '--filter', 'pid>0']);
	expect(status).toBe(0);
	const {panes} = JSON.parse(stdout);
	const row = panes.sessions.rows.find((each: {application_name: string}) => each.application_name === 'admin');
	expect(row).toMatchObject({query_id: null, state: 'idle'});
	expect(panes.locks).toMatchObject({ok: true, rows: []});
});
