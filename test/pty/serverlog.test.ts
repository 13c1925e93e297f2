import {expect, it} from 'vitest';
import {connect, startTestServer} from '../postgres/servers.ts';
import {at, run} from './program.ts';
import {start} from './screen.ts';

type Printed = {
	readonly panes: Readonly<
		Record<string, {readonly ok: boolean; readonly rows: readonly Record<string, unknown>[]; readonly error?: unknown}>
	>;
};

it('the server log is printed by --once only if it is named, and says why it cannot be read', async () => {
	const server = await startTestServer(18, {logging_collector: 'on', log_destination: 'jsonlog'});
	const client = await connect(server, {applicationName: 'shop'});
	await client.query('select 1 from nothing_here').catch(() => {});
	const named = await run(['--once', '--pane', 'serverlog', '--format', 'json', ...at(server)]);
	expect(named.status).toBe(0);
	const {rows} = (JSON.parse(named.stdout) as Printed).panes.serverlog ?? {rows: []};
	expect(rows.find(({sqlstate}) => sqlstate === '42P01')).toMatchObject({
		severity: 'ERROR',
		application_name: 'shop',
		message: 'relation "nothing_here" does not exist',
		statement: 'select 1 from nothing_here',
	});
	const all = await run(['--once', '--pane', 'all', '--format', 'json', ...at(server)]);
	expect(Object.keys((JSON.parse(all.stdout) as Printed).panes)).not.toContain('serverlog');
	const refused = await run(['--once', '--pane', 'serverlog', '--format', 'json', ...at(server, 'plain')]);
	expect(refused.status).toBe(3);
	expect((JSON.parse(refused.stdout) as Printed).panes.serverlog).toMatchObject({
		ok: false,
		error: {code: '42501', message: 'The role plain may not read the server log.'},
	});
});

it(':serverlog shows new entries, and Enter shows one as a page', async () => {
	const server = await startTestServer(13, {logging_collector: 'on', log_destination: 'stderr', log_line_prefix: '%m [%p] %e '});
	const client = await connect(server);
	const screen = start([...at(server), '--interval', '250ms']);
	await screen.until('postgres');
	screen.type(':serverlog\r');
	await screen.until(/log\/postgresql-.* \(stderr, /);
	await client.query('select 1 /* \u001b]0;owned\u0007 */ from nothing_here').catch(() => {});
	await screen.until(/ERROR +42P01 .*relation "nothing_here" does not exist/);
	screen.type('/severity=ERROR\r');
	screen.press('down');
	screen.press('enter');
	await screen.until(/Statement\n[\s\S]*select 1 \/\* \^\[\]0;owned\^G \*\/ from nothing_here/);
});
