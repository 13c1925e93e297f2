import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from '../postgres/servers.ts';
import {answered, question} from './answer.ts';
import {settled} from './polled.ts';
import {at, folder} from './program.ts';
import {type Screen, start} from './screen.ts';

const recording = join(import.meta.dirname, '../recordings/lock-chain.ndjson');

/** The only cell in inverse video of the prompt's line, as `text@column`; undefined before it is there. */
const caretOf = (screen: Screen): string | undefined => {
	const row = screen.rows().findLastIndex(text => text.startsWith('/'));
	if (row < 0) return undefined;
	const inverse = Array.from({length: 80}, (_, column) => ({column, ...screen.cell(row, column)})).filter(cell => cell.inverse);
	return inverse.map(({text, column}) => `${text}@${column}`).join(' ');
};

describe('the caret of the prompt', () => {
	it.each<[name: string, args: readonly string[], env: Readonly<Record<string, string>>]>([
		['--no-color', ['--no-color'], {}],
		['NO_COLOR', [], {NO_COLOR: '1'}],
		['FORCE_COLOR=0', [], {FORCE_COLOR: '0'}],
		['TERM=foot', [], {TERM: 'foot'}],
		['TERM=alacritty', [], {TERM: 'alacritty'}],
		['tmux without COLORTERM', [], {TERM: 'tmux-256color', TMUX: '/tmp/tmux,1,0'}],
		['screen without COLORTERM', [], {TERM: 'screen'}],
		['TERM=linux', [], {TERM: 'linux'}],
		['TERM=vt100', [], {TERM: 'vt100'}],
		['CI=true', [], {CI: 'true'}],
		['--ascii', ['--ascii'], {}],
		['the light theme', ['--theme', 'light'], {}],
		['the colorblind theme', ['--theme', 'colorblind'], {}],
	])('is in inverse video with %s', async (_, args, env) => {
		const screen = start(['replay', recording, ...args], {columns: 80, rows: 24, env});
		await screen.until('1 Sessions');
		screen.press('/', 'a', 'b', 'left');
		await screen.until(() => caretOf(screen) === 'b@2');
		expect(caretOf(screen)).toBe('b@2');
	});

	it('has no screen to be on if TERM=dumb, which a sentence says', async () => {
		const screen = start(['replay', recording], {env: {TERM: 'dumb'}});
		expect(await screen.exited).toBe(2);
		expect(screen.text()).toContain('TERM=dumb does not support a full screen.');
	});
});

describe('a terminal that shows only ASCII', () => {
	let server: Server;
	let foreign: Client;

	beforeAll(async () => {
		server = await startTestServer(18);
		foreign = await connect(server, {applicationName: 'foreign', user: 'plain'});
		foreign.query(`select pg_sleep(600) as "Größe" -- заказы 数据 “naïve” 💰 \x1b]0;x\x07`).catch(() => {});
	});

	afterAll(async () => {
		await server?.remove();
	});

	/** The cursor is on the only session. */
	const selected = async (screen: Screen): Promise<void> => {
		await screen.until('select pg_sleep');
		screen.press('down');
		await screen.until(/^[▶>] +\d/m);
	};

	/** Opens everything that draws: table, page, help, menus, prompts, question, Triage, Locks. */
	const story = async (screen: Screen): Promise<void> => {
		await selected(screen);
		await screen.until('zakazy');
		for (const [key, shown] of [
			['enter', 'Esc = back'],
			['?', 'Keys  '],
			['f9', 'Actions'],
			['f6', 'Sort by'],
			['/', '/application'],
		] as const) {
			screen.press(key);
			await screen.until(shown);
			await settled();
			screen.press('esc');
			await screen.until(text => !text.includes(shown));
			await settled();
		}
		screen.press('K');
		await screen.until(question);
		await answered(screen, 'esc');
		for (const pane of ['2', '3', 'w', '0']) {
			screen.press(pane);
			await settled();
		}
		screen.press(':');
		await screen.until(/^:/m);
		screen.press('esc');
		// Esc and q in one read would be Alt-q.
		await screen.until(text => !/^:/m.test(text));
		screen.press('q', 'q');
		await screen.exited;
	};

	it.each<[name: string, args: readonly string[], env: Readonly<Record<string, string>>]>([
		['--ascii', ['--ascii'], {}],
		['LANG=C', [], {LANG: 'C'}],
		['LC_ALL=POSIX before a LANG of UTF-8', [], {LC_ALL: 'POSIX', LANG: 'en_US.UTF-8'}],
		['LC_CTYPE=de_DE.ISO-8859-1', [], {LC_CTYPE: 'de_DE.ISO-8859-1'}],
	])('receives no byte beyond it with %s, whatever is opened and whatever the server says', async (_, args, env) => {
		const screen = start([...at(server), '--interval', '250ms', '--application', 'foreign', ...args], {
			columns: 200,
			rows: 40,
			env,
		});
		await story(screen);
		const beyond = screen.written().filter(byte => byte > 0x7e);
		expect(Array.from(beyond)).toEqual([]);
	});

	it('is not meant by a locale of UTF-8, which shows every letter', async () => {
		const screen = start([...at(server), '--application', 'foreign'], {columns: 200, rows: 40, env: {LANG: 'de_DE.UTF-8'}});
		await screen.until('заказы');
		expect(screen.text()).toContain('Größe');
	});

	it.each([
		['with colors', [], true],
		['without colors', ['--no-color', '--ascii'], false],
	] as const)('or another shows the label of the server in the header and in the question %s', async (_, args, coloured) => {
		const file = join(folder, 'labels.json');
		writeFileSync(file, JSON.stringify({servers: [{host: '*', database: 'postgres', label: 'PROD', color: 'red'}]}));
		const screen = start([...at(server), '--config', file, '--application', 'foreign', ...args], {columns: 100, rows: 30});
		await selected(screen);
		expect(screen.rows()[0]).toMatch(/^ PROD {2}pgtriage/);
		const label = screen.cell(0, 1);
		expect([label.text, label.coloured, label.inverse]).toEqual(['P', coloured, !coloured]);
		screen.press('K');
		const asked = await screen.until(question);
		expect(asked).toMatch(/ PROD {2}Terminate session \d+\?/);
		const row = screen.rows().findIndex(text => text.includes('Terminate session'));
		const cell = screen.cell(row, screen.rows()[row]?.indexOf('PROD') ?? 0);
		expect([cell.text, cell.coloured, cell.inverse]).toEqual(['P', coloured, !coloured]);
		await answered(screen, 'esc');
	});
});
