import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {createPoolerAdmin} from '../../source/adapters/pgbouncer/pooler-admin.ts';
import {resolvePooler} from '../../source/adapters/pgbouncer/target.ts';
import type {AdminResult} from '../../source/core/actions/admin.ts';
import type {PoolerCommand, PoolRef} from '../../source/core/actions/pooler.ts';
import {choicesOf} from '../../source/core/keys/menu.ts';
import type {Finding} from '../../source/core/pane/finding.ts';
import type {Row, Sample} from '../../source/core/sample/sample.ts';
import {screen as drawn} from '../../source/core/screen/screen.ts';
import type {State} from '../../source/core/state/state.ts';
import {viewOf} from '../../source/core/state/view.ts';
import {textOf} from '../../source/core/text/line.ts';
import type {Server} from '../../source/demo/server.ts';
import {registry} from '../../source/panes/index.ts';
import {poolerRefOf} from '../../source/panes/pooler/pools.ts';
import {type Beside, watchBeside} from '../postgres/beside.ts';
import {targetOf} from '../postgres/lanes.ts';
import {triage} from '../postgres/poll/triage.ts';
import {runScreenless, type Screenless} from '../postgres/screenless.ts';
import {connect, type Session, startTestServer} from '../postgres/servers.ts';
import {type PgBouncer, startPgBouncer} from './pgbouncer.ts';

// A loopback address where nothing else on this machine listens.
const address = `127.84.${1 + (process.pid % 250)}.${1 + (Math.trunc(process.pid / 250) % 250)}`;

let server: Server;
let admin: Session;
let pooler: PgBouncer;
let other: PgBouncer;
let folder: string;
beforeAll(async () => {
	server = await startTestServer(18, {listen_addresses: address});
	admin = await connect(server);
	await admin.query('create database shop');
	pooler = await startPgBouncer({host: address, port: server.port}, 2);
	other = await startPgBouncer({host: address, port: server.port}, 5);
});
afterAll(async () => {
	await pooler?.remove();
	await other?.remove();
	await server?.remove();
});
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-pooler-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50}));

const consoleOf = ({host, port}: PgBouncer, user = 'postgres'): string => `host=${host} port=${port} user=${user}`;

const nameOf = ({host, port}: PgBouncer): string => `${host}:${port}`;

const watching = (id: string, ...pgbouncer: readonly string[]): Beside => watchBeside(targetOf(server), id, {pgbouncer});

const client = (applicationName: string, through = pooler, database = 'shop'): Promise<Session> =>
	connect({...server, host: through.host, port: through.port} as Server, {applicationName, database});

const newest = ({samples}: Beside): Sample => samples.at(-1) as Sample;

const findingsOf = (watched: Beside, rule = 'pool-waits'): readonly Finding[] =>
	watched.samples.length === 0 ? [] : triage(newest(watched), watched.samples).filter(each => each.rule === rule);

/** Sends commands to a console; those of `SHOW` answer with rows. */
const inConsole = async (through: PgBouncer, command: string): Promise<readonly Row[]> => {
	await using session = await connect({...server, host: through.host, port: through.port} as Server, {database: 'pgbouncer'});
	return (await session.query(command)).rows;
};

const openTransaction = async (
	name: string,
	statement = 'select 1',
	through = pooler,
): Promise<{readonly session: Client; readonly pid: number}> => {
	const session = await client(name, through);
	await session.query('begin');
	const {rows} = await session.query<{pid: number}>('select pg_backend_pid() as pid');
	if (statement !== 'select 1') session.query(statement).catch(() => {});
	return {session, pid: rows[0]?.pid ?? 0};
};

describe('the pane Pooler', () => {
	it('has the pools of two PgBouncers, and the clients that wait or hold a server', async () => {
		await using watched = watching('pooler', consoleOf(pooler), consoleOf(other));
		await using _elsewhere = await client('elsewhere', other);
		const [one, two] = [await openTransaction('one'), await openTransaction('two')];
		await using waiter = await client('waiter');
		const waits = waiter.query('select 1');
		waits.catch(() => {});
		// The console tells its pools before its clients: a look can fall in between.
		const rows = await watched.until(
			'two busy servers, and the client that waits for them',
			all =>
				all.some(row => row.section === 'pool' && row.bouncer === nameOf(pooler) && row.sv_active === 2) &&
				all.some(row => row.application_name === 'waiter' && row.client_state === 'waiting'),
		);
		const pools = rows.filter(row => row.section === 'pool' && row.database === 'shop');
		expect(pools).toHaveLength(2);
		expect(pools.find(row => row.bouncer === nameOf(pooler))).toMatchObject({
			user: 'postgres',
			pool_mode: 'transaction',
			cl_waiting: 1,
			sv_active: 2,
			sv_idle: 0,
			pool_size: 2,
			paused: false,
			disabled: false,
			host: address,
			dbname: 'shop',
		});
		expect(pools.find(row => row.bouncer === nameOf(other))).toMatchObject({cl_waiting: 0, pool_size: 5});
		expect(rows.find(row => row.application_name === 'waiter')).toMatchObject({
			client_state: 'waiting',
			pid: null,
			bouncer: nameOf(pooler),
		});
		const holders = rows
			.filter(row => row.section === 'client' && row.pid !== null)
			.map(({application_name, pid}) => ({application_name, pid}));
		expect(holders).toEqual(
			expect.arrayContaining([
				{application_name: 'one', pid: one.pid},
				{application_name: 'two', pid: two.pid},
			]),
		);
		await one.session.query('commit');
		await waits;
		await Promise.all([one, two].map(({session}) => session.end()));
	});

	it('has rates and times of its databases', async () => {
		await using watched = watching('pooler', consoleOf(pooler));
		await using busy = await client('busy');
		const end = performance.now() + 6000;
		while (performance.now() < end) await busy.query('select pg_sleep(0.005)');
		const rows = await watched.until('the rates', all =>
			all.some(row => row.database === 'shop' && Number(row.xact_per_second) > 1),
		);
		const pool = rows.find(row => row.section === 'pool' && row.database === 'shop');
		expect(Number(pool?.mean_query_ms)).toBeGreaterThan(4);
		expect(findingsOf(watched)).toEqual([]);
	});

	it('says which PgBouncer could not be read, and has the rows of the other one', async () => {
		const gone = `host=${folder} port=1 user=postgres`;
		await using watched = watching('pooler', consoleOf(other), gone);
		await using _idle = await client('idle', other);
		await watched.until(
			'rows and the failure',
			rows => rows.some(row => row.bouncer === nameOf(other)) && findingsOf(watched, 'not-read').length > 0,
		);
		expect(
			findingsOf(watched, 'not-read')
				.map(({summary}) => summary)
				.join('\n'),
		).toMatch(/Not read: PgBouncer at .*:1\. The console of PgBouncer: There is no server socket/);
	});

	it('a PgBouncer that hangs delays nothing and is told', async () => {
		const hung = await startPgBouncer(server);
		try {
			await using watched = watchBeside(targetOf(server), 'pooler', {
				pgbouncer: [consoleOf(hung), consoleOf(other)],
				eager: false,
			});
			await watched.until('the consoles', () => newest(watched)?.results.poolers?.ok === true);
			process.kill(hung.pid, 'SIGSTOP');
			const first = watched.samples.length;
			await watched.until('its failure', () =>
				findingsOf(watched, 'not-read').some(({summary}) => summary.includes(nameOf(hung))),
			);
			expect(findingsOf(watched, 'not-read')[0]?.summary).toMatch(/did not answer within 2 s/);
			expect(watched.samples.length - first).toBeGreaterThan(4);
			process.kill(hung.pid, 'SIGCONT');
			await watched.until('its return', () => findingsOf(watched, 'not-read').length === 0);
		} finally {
			await hung.remove();
		}
	});
});

describe('the finding pool-waits', () => {
	it('names the session that is idle in transaction and holds the servers', async () => {
		await using watched = watching('triage', consoleOf(pooler));
		const [one, two] = [await openTransaction('checkout'), await openTransaction('checkout')];
		await using waiter = await client('waiter');
		const waits = waiter.query('select 1');
		waits.catch(() => {});
		await watched.until('the finding', () => findingsOf(watched).length > 0);
		const [finding] = findingsOf(watched);
		expect(finding?.summary).toMatch(
			new RegExp(
				`^(${one.pid}|${two.pid}) \\(postgres@shop, checkout\\) and 1 more are idle in transaction and hold 2 of 2 servers of pool postgres@shop: 1 client waits, the longest for [\\d.]+s\\.$`,
			),
		);
		expect(finding).toMatchObject({severity: 'warning', sessions: 1, leads: {pane: 'sessions'}});
		expect(finding?.evidence).toMatch(/transaction pooling: 2 of 2 servers open, 2 in use\./);
		expect(finding?.action).toMatch(/K terminates the session.*:pooler shows the pool\./);
		await one.session.query('commit');
		await waits;
		await watched.until('its end', () => findingsOf(watched).length === 0);
		await Promise.all([one, two].map(({session}) => session.end()));
	});

	it('names the session that blocks those in the pool', async () => {
		await using direct = await connect(server, {applicationName: 'migration', database: 'shop'});
		await direct.query('create table orders (id int)');
		await direct.query('begin; lock table orders');
		await using watched = watching('triage', consoleOf(pooler));
		const held = [await openTransaction('api', 'select * from orders'), await openTransaction('api', 'select * from orders')];
		await using waiter = await client('waiter');
		const waits = waiter.query('select 1');
		waits.catch(() => {});
		await watched.until('the finding', () => findingsOf(watched).some(({summary}) => summary.includes('blocks')));
		expect(findingsOf(watched)[0]?.summary).toMatch(
			/^\d+ \(postgres@shop, migration\) blocks 2 of 2 servers of pool postgres@shop: 1 client waits/,
		);
		await direct.query('rollback');
		for (const {session} of held) await session.query('commit');
		await waits;
		await Promise.all(held.map(({session}) => session.end()));
		await direct.query('drop table orders');
	});

	it('names slow statements', async () => {
		await using watched = watching('triage', consoleOf(pooler));
		const held = [await openTransaction('report', 'select pg_sleep(8)'), await openTransaction('report', 'select pg_sleep(8)')];
		await using waiter = await client('waiter');
		const waits = waiter.query('select 1');
		waits.catch(() => {});
		await watched.until('the finding', () => findingsOf(watched).length > 0);
		expect(findingsOf(watched)[0]?.summary).toMatch(/^\d+ \(postgres@shop, report\) and 1 more run statements on 2 of 2 servers/);
		for (const {session} of held) await session.end();
		await waits;
	});

	it('names a database that was paused in the console', async () => {
		await using watched = watching('triage', consoleOf(other));
		await using idle = await client('idle', other);
		await idle.query('select 1');
		await inConsole(other, 'PAUSE shop');
		const waits = idle.query('select 1');
		await watched.until('the finding', () => findingsOf(watched).some(({sessions}) => sessions > 0));
		expect(findingsOf(watched)[0]).toMatchObject({
			severity: 'warning',
			summary: expect.stringMatching(/^PgBouncer at .* has database shop PAUSED: 1 client waits, the longest for /),
			leads: {pane: 'pooler'},
		});
		await inConsole(other, 'RESUME shop');
		await waits;
		await watched.until('its end', () => findingsOf(watched).length === 0);
	});
});

const questionOf = ({overlay}: State) => (overlay?.kind === 'confirm' ? overlay : undefined);

const screenText = (state: State): string => drawn(registry, state).map(textOf).join('\n');

/** The pane Pooler on a PgBouncer, with the cursor on the first row that a filter leaves. */
const atRow = async (filter: string, through = pooler, user = 'postgres'): Promise<Screenless> => {
	const screen = runScreenless(targetOf(server), join(folder, 'audit'), () => {}, [consoleOf(through, user)]);
	screen.press(':');
	screen.type('pooler');
	screen.press('enter', '/');
	screen.type(filter);
	screen.press('enter');
	await screen.until('the row', state => viewOf(registry, state).rows.length === 1);
	screen.press('down');
	return screen;
};

/** Takes a command of the menu for the row at the cursor. */
const ask = (screen: Screenless, word: string): void => {
	screen.press('f9');
	const names = choicesOf(registry, screen.state()).map(({name}) => name);
	const {overlay} = screen.state();
	if (overlay?.kind !== 'action-menu') expect.fail('The menu is not open.');
	for (let place = overlay.place; names[place] !== `${word} (PgBouncer)`; place++) screen.press('down');
	screen.press('enter');
};

const audit = (): readonly Record<string, unknown>[] =>
	readFileSync(join(folder, 'audit'), 'utf8')
		.split('\n')
		.filter(line => line !== '')
		.map(line => JSON.parse(line));

const said = (screen: Screenless, what: RegExp): Promise<State> =>
	screen.until(String(what), ({toast}) => what.test(toast?.text ?? ''));

describe('commands of the pane Pooler', () => {
	it('PAUSE needs the name of the database, RESUME lets the clients go on; both are audited', async () => {
		await using idle = await client('idle', other);
		await idle.query('select 1');
		const screen = await atRow('section=pool database=shop', other);
		ask(screen, 'PAUSE');
		const question = questionOf(screen.state());
		expect(question).toMatchObject({title: 'PAUSE database shop in PgBouncer?', word: 'shop', sql: 'PAUSE shop'});
		expect(question?.facts[0]?.text).toMatch(/^\d+ clients? active, 0 waiting; 0 of its servers in use$/);
		screen.press('y', 'enter');
		expect(screen.state().toast?.text).toMatch(/nothing done/);
		ask(screen, 'PAUSE');
		screen.type('shop');
		screen.press('enter');
		await said(screen, /^PAUSE shop in PgBouncer .*: done\. shop is PAUSED; 0 clients wait\./);
		const paused = await screen.until('PAUSED in the header', state => screenText(state).includes('PgBouncer PAUSED: shop'));
		expect(screenText(paused)).toContain('has database shop PAUSED');
		const waits = idle.query('select 1');
		ask(screen, 'RESUME');
		expect(questionOf(screen.state())).toMatchObject({word: undefined, sql: 'RESUME shop'});
		screen.press('y');
		await said(screen, /^RESUME shop .*: done\. shop is not paused/);
		await waits;
		await screen.until('no PAUSED', state => !screenText(state).includes('PgBouncer PAUSED'));
		await expect
			.poll(() => audit().map(({event, action, statement, outcome}) => `${event} ${action} ${statement}: ${outcome}`))
			.toEqual([
				'before pooler-pause PAUSE shop: null',
				'after pooler-pause PAUSE shop: done',
				'seen effect PAUSE shop: shop is PAUSED; 0 clients wait.',
				'before pooler-resume RESUME shop: null',
				'after pooler-resume RESUME shop: done',
				expect.stringMatching(/^seen effect RESUME shop: shop is not paused; \d clients? waits?\.$/),
			]);
	});

	it('a PAUSE that waits for a transaction is canceled by RESUME', async () => {
		const held = await openTransaction('held');
		const screen = await atRow('section=pool database=shop');
		ask(screen, 'PAUSE');
		screen.type('shop');
		screen.press('enter');
		await said(screen, /^PAUSE shop waits until its servers are idle/);
		await screen.until('PAUSED', state => screenText(state).includes('PgBouncer PAUSED: shop'));
		ask(screen, 'RESUME');
		expect(screen.state().toast?.text).toMatch(/PAUSE shop still waits; PAUSE again cancels it/);
		ask(screen, 'PAUSE');
		await said(screen, /^PAUSE shop .*: canceled\. shop was resumed: its clients go on\./);
		expect(await inConsole(pooler, 'SHOW DATABASES')).toContainEqual(expect.objectContaining({name: 'shop', paused: 0}));
		await expect.poll(() => audit().at(-1)).toMatchObject({event: 'after', statement: 'PAUSE shop; RESUME shop'});
		await held.session.query('commit');
		await held.session.end();
	});

	it('RECONNECT replaces the servers', async () => {
		const held = await openTransaction('held');
		const screen = await atRow('section=pool database=shop');
		ask(screen, 'RECONNECT');
		expect(questionOf(screen.state())).toMatchObject({sql: 'RECONNECT shop', word: undefined});
		screen.press('y');
		await said(screen, /^RECONNECT shop .*: done\. 1 old server still in use/);
		await held.session.query('commit');
		await expect
			.poll(async () => (await admin.query('select from pg_stat_activity where pid = $1', [held.pid])).rowCount)
			.toBe(0);
		await held.session.end();
	});

	it('KILL_CLIENT ends a client where SHOW HELP offers it, and is refused elsewhere', async () => {
		const held = await openTransaction('culprit');
		const screen = await atRow('application_name=culprit');
		const [row] = viewOf(registry, screen.state()).rows;
		const sample = screen.state().timeline.samples.at(-1) as Sample;
		const isOffered = poolerRefOf(row as never, row as never, sample)?.pool.commands.includes('KILL_CLIENT');
		const left = new Promise(resolve => held.session.once('end', resolve));
		ask(screen, 'KILL_CLIENT');
		if (isOffered) {
			expect(
				questionOf(screen.state())
					?.facts.map(({text}) => text)
					.join('\n'),
			).toMatch(new RegExp(`culprit[\\s\\S]*holds backend ${held.pid}`));
			screen.press('y');
			await said(screen, /^KILL_CLIENT \d+ .*: done\. The client is gone\./);
			await left;
		} else {
			expect(questionOf(screen.state())).toBeUndefined();
			expect(screen.state().toast?.text).toMatch(
				/^KILL_CLIENT is not offered by PgBouncer 1\.\d+\.\d+ at .*; it exists since PgBouncer 1\.24\./,
			);
			await held.session.end();
		}
	});

	it('a client that left between question and answer is told, and nothing is sent', async () => {
		const {session} = await openTransaction('leaver');
		const screen = await atRow('application_name=leaver');
		const sample = screen.state().timeline.samples.at(-1) as Sample;
		const [row] = viewOf(registry, screen.state()).rows;
		const ref = poolerRefOf(row as never, row as never, sample)?.client;
		if (!ref) expect.fail('There is no client.');
		await session.end();
		const command: PoolerCommand = {kind: 'pooler-kill-client', client: ref};
		await screen.until('the client gone', state => {
			const now = state.timeline.samples.at(-1) as Sample;
			return registry.poolClientNow(ref, now, sample.at) === undefined;
		});
		expect(await sent(command)).toMatchObject({outcome: 'gone'});
	});

	it('a user that only reads statistics is refused with the remedy', async () => {
		await using _idle = await client('idle', other);
		const screen = await atRow('section=pool database=shop', other, 'stats');
		ask(screen, 'RECONNECT');
		screen.press('y');
		await said(screen, /failed: PgBouncer: admin access needed\. Commands need a user of admin_users in pgbouncer\.ini/);
	});

	it('nothing is sent for a pool that is paused or leads elsewhere since the question', async () => {
		await using _idle = await client('idle', other);
		await using watched = watching('pooler', consoleOf(other));
		await watched.until('the pool', rows => rows.some(row => row.database === 'shop'));
		const pool = poolerRefOf({bouncer: nameOf(other), database: 'shop'}, undefined, newest(watched))?.pool as PoolRef;
		expect(await sent({kind: 'pooler-pause', pool: {...pool, port: 1}}, other)).toMatchObject({failure: {code: 'changed'}});
		expect(await sent({kind: 'pooler-pause', pool: {...pool, database: 'nowhere'}}, other)).toMatchObject({outcome: 'gone'});
		await inConsole(other, 'PAUSE shop');
		expect(await sent({kind: 'pooler-pause', pool}, other)).toMatchObject({
			failure: {message: expect.stringMatching(/was paused meanwhile/)},
		});
		await inConsole(other, 'RESUME shop');
	});
});

const sent = (command: PoolerCommand, through = pooler): Promise<AdminResult> =>
	createPoolerAdmin([resolvePooler(consoleOf(through), 'postgres', {})]).run(command, () => {});
