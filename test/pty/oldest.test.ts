import {afterAll, beforeAll, expect, it, onTestFinished} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {drive} from './driver.ts';
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
	const {press, row, question, shows, quit} = drive(start([...at(server), '--interval', '250ms', '--filter', 'app=fulfilment']));
	await row('fulfilment').isShown();
	await shows('PostgreSQL 13.');
	await shows('blockers 1');
	press('down', 'b');
	await row(chain.pids.root).isSelected();
	press('K');
	await question.asks(`Terminate session ${chain.pids.root}?`);
	question.says('blocks', '6 sessions');
	await question.confirm();
	await shows(/is gone, seen after .*, [1-6] waiters unblocked/);
	expect(await quit()).toBe(0);
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
