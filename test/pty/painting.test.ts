import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {RunningIncident} from '../../source/demo/incidents/incident.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer, undo} from '../postgres/servers.ts';
import {question} from './answer.ts';
import {begin} from './incident.ts';
import {at} from './program.ts';
import {type Screen, start} from './screen.ts';

let server: Server;
let chain: RunningIncident;
let admin: Client;

beforeAll(async () => {
	server = await startTestServer(18);
	admin = await connect(server, {applicationName: 'admin'});
	chain = await begin(server, 'lock-chain');
});

afterAll(async () => {
	await chain?.end();
	await server?.remove();
});

const monitor = (columns: number, rows: number, args: readonly string[] = []): Screen =>
	start([...at(server), '--interval', '250ms', ...args], {columns, rows});

/** The cells of the line of column heads, which is as wide as every line: from its first to behind its last. */
const headWidth = (screen: Screen, columns: number): number => {
	const row = screen.rows().findIndex(text => /^ +PID /.test(text));
	return Array.from({length: columns}, (_, column) => screen.cell(row, column)).filter(({inverse}) => inverse).length;
};

describe('a screen of any size', () => {
	it.each([
		[80, 24],
		[200, 50],
		[400, 120],
		[40, 8],
	] as const)('%ix%i shows both panes, its heads to the edge and its keys in the last line', async (columns, rows) => {
		const screen = monitor(columns, rows);
		for (const [key, root] of [
			['1', new RegExp(`^[ !]+${chain.pids.root} `, 'm')],
			['2', new RegExp(`^[ !]${chain.pids.root} .*6 `, 'm')],
		] as const) {
			screen.press(key);
			await screen.until(text => root.test(text) && /\n\? Help[^\n]*$/.test(text));
			expect(headWidth(screen, columns)).toBe(columns);
			expect(screen.rows()).toHaveLength(rows);
			expect(screen.rows()[0]).toMatch(/^pgtriage /);
		}
	});

	it.each([
		[20, 5],
		[39, 24],
		[120, 7],
	] as const)('%ix%i shows one line of status', async (columns, rows) => {
		const screen = monitor(columns, rows);
		await screen.until(/^(?:critical: \d+|sessions 8)/);
		expect(screen.rows().slice(1).join('')).toBe('');
		screen.press('q');
		expect(await screen.exited).toBe(0);
	});

	it('1x1 shows one cell and grows into a complete screen', async () => {
		const screen = monitor(1, 1);
		await screen.until(/^[cs]/);
		screen.resize(160, 30);
		await screen.until(/billing/);
		expect(headWidth(screen, 160)).toBe(160);
	});

	it.each(['K', '?', 'f6', 'enter', '/'])('%s is harmless without room for it', async key => {
		const screen = monitor(160, 30, ['--filter', 'app=billing-worker']);
		await screen.until('billing');
		screen.press('down', key);
		for (const [columns, rows] of [
			[60, 12],
			[20, 5],
			[1, 1],
			[3, 40],
			[40, 8],
		] as const)
			screen.resize(columns, rows);
		screen.press('esc');
		screen.resize(160, 30);
		await screen.until('billing');
	});

	it('a window that is small for a moment is repainted at its old size', async () => {
		const screen = monitor(160, 30);
		await screen.until(/billing/);
		screen.shrink();
		expect(screen.text()).not.toContain('billing');
		screen.signal('SIGWINCH');
		await screen.until(text => text.includes('billing') && headWidth(screen, 160) === 160);
	});

	it('a storm of sizes and keys ends in a complete screen of the last size', async () => {
		const screen = monitor(160, 30);
		await screen.until('billing');
		for (let step = 0; step < 150; step++) {
			screen.resize(1 + ((step * 37) % 200), 1 + ((step * 13) % 60));
			screen.press(['down', '1', '2', 'right', 'left', 'T', 'up'][step % 7] ?? '');
			if (step % 25 === 0) await screen.until(() => true);
		}
		screen.resize(160, 30);
		screen.press('1');
		await screen.until(text => /^\? Help.*Freeze/m.test(text) && text.includes('billing') && headWidth(screen, 160) === 160);
		expect(screen.rows()).toHaveLength(30);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
	});
});

describe('server text', () => {
	const hostile = [
		'\x1b]0;owned\x07',
		'\x1b]52;c;b3duZWQ=\x07',
		'\x1b[2J\x1b[1;1H',
		'\x1b[8m',
		'\u009b2J',
		'\u009d0;owned\u009c',
		'\u0085',
		'\u202e\u2066',
		'\u200b\u200d\ufeff',
		'\u{e0041}',
		'\x7f\x08\x0e',
	].join('');

	it('reaches the terminal only as visible characters', async () => {
		const role = 'ro\u202ele\x1b]0;owned\x07';
		undo(server, `drop role "${role}"`);
		const client = await connect(server, {user: 'monitor', applicationName: 'hostile'});
		await client.query(`select '${hostile}' as seen`);
		client.query(`select '${hostile}' as seen, pg_sleep(600)`).catch(() => {});
		await admin.query(`create role "${role}" superuser login`);
		const other = await connect(server, {user: role, applicationName: 'twin'});
		other.query('select pg_sleep(600)').catch(() => {});
		const screen = monitor(250, 40, ['--filter', 'app=hostile,twin']);
		await screen.until(/\^\[\]0;owned\^G/);
		screen.press('down', 'y');
		await screen.until('Copied');
		screen.press('enter');
		await screen.until('Esc = back');
		await screen.until(/\\u202e/);
		const inspected = screen.text();
		for (const seen of [
			'^[]0;owned^G',
			'^[]52;c;',
			'^[[2J',
			'^[[8m',
			'\\x9b2J',
			'\\x85',
			'\\u202e\\u2066',
			'\\u200b\\u200d\\ufeff',
		])
			expect(inspected).toContain(seen);
		expect(inspected).toContain('\\u{e0041}');
		screen.press('esc');
		await screen.until(/twin/);
		screen.press('v', 'down');
		await screen.until(/▶ .*twin/);
		screen.press('K');
		await screen.until(question);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		const written = screen.written().toString('utf8');
		expect(written).not.toMatch(/\x1b\]0/);
		expect(written).not.toMatch(/[\x80-\x9f]|\u202e|\u2066|\u200b|\u200d|\ufeff|\u{e0041}/u);
		// A backspace of ours moves the cursor; theirs comes with a delete before it and a shift out behind it.
		expect(written).not.toMatch(/\x1b\[8m|\x0e|\x7f/);
		const clips = [...written.matchAll(/\x1b\]52;c;([^\x07]*)\x07/g)].map(([, text = '']) =>
			Buffer.from(text, 'base64').toString(),
		);
		expect(clips).toHaveLength(1);
	});
});
