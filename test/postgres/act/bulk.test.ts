import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {BatchStatus, State} from '../../../source/core/state/state.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {startProxy} from '../proxy.ts';
import {runScreenless, type Screenless} from '../screenless.ts';
import {connect, type Session, startTestServer} from '../servers.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-bulk-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50}));

type Line = Readonly<Record<string, unknown>> & {readonly target: {readonly pid: number}};
const audited = (file: string, event: string): readonly Line[] =>
	readFileSync(file, 'utf8')
		.trimEnd()
		.split('\n')
		.map(text => JSON.parse(text) as Line)
		.filter(line => line.event === event);

const pidOf = (client: Session): number => (client as unknown as {readonly processID: number}).processID;

/** Opens sessions in groups, so that the log-ins do not queue. */
const openMany = async (server: Server, count: number, applicationName: string): Promise<readonly Session[]> => {
	const all: Session[] = [];
	while (all.length < count) {
		const size = Math.min(20, count - all.length);
		all.push(...(await Promise.all(Array.from({length: size}, () => connect(server, {applicationName, user: 'plain'})))));
	}
	return all;
};

const begun = (sessions: readonly Session[]): Promise<unknown> => Promise.all(sessions.map(session => session.query('begin')));

const countOf = ({batch}: State, status: BatchStatus): number =>
	batch?.results.filter(result => result?.status === status).length ?? 0;

/** Tags all sessions that a filter shows and asks to terminate them. */
const askAbout = async (screen: Screenless, filter: string, count: number): Promise<void> => {
	await screen.until('a connection', state => state.link.state === 'ready' && state.timeline.samples.length > 0);
	screen.press('/');
	screen.type(filter);
	screen.press('enter');
	// Superusers are read a moment after the sessions.
	const title = `Terminate ${count} sessions?`;
	for (let asked: string | undefined; asked !== title; ) {
		const {length} = screen.state().timeline.samples;
		await screen.until('another sample', state => state.timeline.samples.length > length);
		screen.press('*', 'K');
		const {overlay} = screen.state();
		asked = overlay?.kind === 'confirm' ? overlay.title : undefined;
		if (asked !== undefined && asked !== title) screen.press('esc');
	}
};

const confirm = (screen: Screenless, count: number): void => {
	screen.type(String(count));
	screen.press('enter');
};

describe.each([13, 18] as const)('a bulk on PostgreSQL %i', version => {
	let server: Server;
	let admin: Session;
	beforeAll(async () => {
		server = await startTestServer(version, {max_connections: '450', shared_buffers: '32MB'});
		admin = await connect(server);
	});
	afterAll(() => server?.remove());

	const alive = async (sessions: readonly Session[]): Promise<ReadonlySet<number>> => {
		const {rows} = await admin.query<{pid: number}>('select pid from pg_stat_activity where pid = any ($1)', [
			sessions.map(pidOf),
		]);
		return new Set(rows.map(({pid}) => pid));
	};

	it('of 400 sessions spares the half that becomes active or idle meanwhile', async () => {
		const crowd = await openMany(server, 400, 'crowd');
		const [innocent] = await openMany(server, 1, 'innocent');
		await begun([...crowd, ...(innocent ? [innocent] : [])]);
		const file = join(folder, 'audit');
		let spared: ReadonlySet<number> = new Set();
		const screen = runScreenless(targetOf(server), file, async signals => {
			if (signals !== 10) return;
			// The first round has half of its signals out: of those to come, the last 200 get to work or finish.
			const targets = screen.state().batch?.targets ?? [];
			spared = new Set(targets.slice(200).map(({pid}) => pid));
			await Promise.all(
				crowd
					.filter(session => spared.has(pidOf(session)))
					.map((session, index) => {
						if (index % 2 === 0) return session.query('commit');
						session.query('select pg_sleep(600)').catch(() => {});
						return undefined;
					}),
			);
			await expect
				.poll(
					async () =>
						(await admin.query("select from pg_stat_activity where application_name = 'crowd' and state = 'active'")).rowCount,
				)
				.toBe(100);
		});
		await askAbout(screen, 'app=crowd state="idle in transaction"', 400);
		expect(screen.state().overlay).toMatchObject({word: '400'});
		confirm(screen, 400);
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		expect(countOf(over, 'done')).toBe(200);
		expect(countOf(over, 'spared')).toBe(200);
		expect(over.toast?.text).toBe('Terminate: 200 gone, 200 spared, no longer match.');
		expect(screen.notes.at(-1)).toBe('Terminate: 200 gone, 200 spared, no longer match.');
		expect(await alive(crowd)).toEqual(spared);
		expect((await alive(innocent ? [innocent] : [])).size).toBe(1);
		const before = audited(file, 'before');
		expect(before).toHaveLength(200);
		for (const {target} of before) expect(spared).not.toContain(target.pid);
		await expect.poll(() => audited(file, 'after').length).toBe(200);
	});

	it('stops at Esc between two signals', async () => {
		const crowd = await openMany(server, 60, 'crowd');
		await begun(crowd);
		const screen = runScreenless(targetOf(server), join(folder, 'audit'), signals => {
			if (signals === 25) screen.press('esc');
		});
		await askAbout(screen, 'app=crowd state="idle in transaction"', 60);
		confirm(screen, 60);
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		expect(over.batch).toMatchObject({attempts: 26, stopped: true});
		expect(over.toast?.text).toBe('Terminate: 26 gone, 34 not signaled.');
		expect((await alive(crowd)).size).toBe(34);
	});

	it('never hits a session that reused the pid of another', async () => {
		const crowd = await openMany(server, 30, 'crowd');
		await begun(crowd);
		const file = join(folder, 'audit');
		let reused = 0;
		const screen = runScreenless(targetOf(server), file, signals => {
			if (signals !== 5) return;
			// As if the session asked about had ended and another one had its pid.
			const {batch} = screen.state();
			const target = batch?.targets[25];
			if (!target) return;
			reused = target.pid;
			Object.assign(target, {backend_start: '2020-01-01T00:00:00.000000+00:00'});
		});
		await askAbout(screen, 'app=crowd', 30);
		confirm(screen, 30);
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		expect(over.toast?.text).toBe('Terminate: 29 gone, 1 ended by themselves.');
		expect(await alive(crowd)).toEqual(new Set([reused]));
		expect(audited(file, 'before').map(({target}) => target.pid)).not.toContain(reused);
	});

	it('says what is known and what is not after the link is cut', async () => {
		const crowd = await openMany(server, 60, 'crowd');
		await begun(crowd);
		const proxy = await startProxy(`${server.socketDirectory}/.s.PGSQL.${server.port}`);
		const screen = runScreenless(targetOf(proxy), join(folder, 'audit'), signals => {
			if (signals === 30) proxy.set('refuse');
		});
		await askAbout(screen, 'app=crowd state="idle in transaction"', 60);
		confirm(screen, 60);
		const cut = await screen.until('the stop', ({batch}) => batch?.stopped === true);
		expect(cut.batch?.reason).toMatch(/connection was lost|could not be sent|no answer/);
		proxy.set('pass');
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		const left = await alive(crowd);
		const unsent = over.batch?.targets.slice(over.batch.attempts) ?? [];
		expect(unsent.length).toBeGreaterThanOrEqual(29);
		for (const {pid} of unsent) expect(left).toContain(pid);
		// The signals before the cut are known to be done; that of the cut is known or named unknown.
		expect(countOf(over, 'done')).toBeGreaterThanOrEqual(30);
		expect(over.toast?.text).toMatch(/gone.*not signaled\. Stopped: /);
		expect(left.size).toBeGreaterThanOrEqual(unsent.length);
		expect(60 - left.size).toBeGreaterThanOrEqual(countOf(over, 'done'));
	});

	it('sends nothing more once the audit cannot be written', async () => {
		const crowd = await openMany(server, 30, 'crowd');
		await begun(crowd);
		const screen = runScreenless(targetOf(server), '/dev/full');
		await askAbout(screen, 'app=crowd', 30);
		confirm(screen, 30);
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		expect(over.batch).toMatchObject({attempts: 1, stopped: true, reason: 'the audit cannot be written'});
		expect(over.toast?.text).toBe('Terminate: 1 failed, 29 not signaled. Stopped: the audit cannot be written.');
		expect((await alive(crowd)).size).toBe(30);
	});

	it('counts the clients that come back at once', async () => {
		const crowd = await openMany(server, 30, 'crowd');
		await begun(crowd);
		// Before the last signal, so that the summary knows them however long they take to log in.
		const screen = runScreenless(targetOf(server), join(folder, 'audit'), async signals => {
			if (signals === 29) await openMany(server, 18, 'crowd');
		});
		await askAbout(screen, 'app=crowd', 30);
		confirm(screen, 30);
		const over = await screen.until('the summary', ({batch}) => batch?.isTold === true);
		expect(over.toast?.text).toBe(
			'Terminate: 30 gone. 18 came back within 5 s (18 crowd as plain): limit the role or pause the pool.',
		);
	});
});
