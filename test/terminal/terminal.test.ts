import {EventEmitter} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
import {afterEach, expect, test} from 'vitest';
import type {Key, Size} from '../../source/core/state/key.ts';
import {type Line, line} from '../../source/core/text/line.ts';
import {lookOf} from '../../source/terminal/look.ts';
import {parseFrame} from '../../source/terminal/overlay.ts';
import {openTerminal, type Terminal, type TerminalOptions} from '../../source/terminal/terminal.ts';
import {cellsOf, emulator, feed, rowsOf, theme} from './emulator.ts';

type FakeOutput = Writable & {columns?: number; rows?: number};

type Fake = {
	readonly terminal: Terminal;
	readonly input: PassThrough & {readonly raw: boolean[]};
	readonly output: FakeOutput;
	/** Every write, in order. */
	readonly writes: string[];
	/** Accepts or blocks writes; a write that waits ends once they are accepted again. */
	readonly read: (on: boolean) => void;
};

const open: Terminal[] = [];

afterEach(() => {
	for (const terminal of open.splice(0)) terminal.close();
});

const openFake = (options: Partial<TerminalOptions> = {}, size: Partial<Size> = {columns: 40, rows: 6}): Fake => {
	const writes: string[] = [];
	let reading = true;
	let finish: (() => void) | undefined;
	const output: FakeOutput = Object.assign(
		new Writable({
			decodeStrings: false,
			write: (chunk: unknown, _encoding, done) => {
				writes.push(String(chunk));
				if (reading) done();
				else finish = done;
			},
		}),
		size,
	);
	const raw: boolean[] = [];
	const input = Object.assign(new PassThrough(), {raw, setRawMode: (on: boolean) => raw.push(on)});
	const terminal = openTerminal({
		input,
		output,
		look: lookOf(theme, {colors: 'sixteen', ascii: false}),
		now: () => performance.now(),
		...options,
	});
	open.push(terminal);
	const read = (on: boolean): void => {
		reading = on;
		if (on) finish?.();
	};
	return {terminal, input, output, writes, read};
};

const turn = (): Promise<void> => new Promise(resolve => setImmediate(() => setImmediate(resolve)));

const next = <Event>(listen: (listener: (event: Event) => void) => () => void): Promise<Event> =>
	new Promise(resolve => {
		const remove = listen(event => {
			remove();
			resolve(event);
		});
	});

const shownBy = async (writes: readonly string[], columns = 40, rows = 6): Promise<readonly string[]> => {
	const terminal = emulator(columns, rows, true);
	for (const text of writes) await feed(terminal, text);
	return rowsOf(terminal);
};

const lines = (text: string): readonly Line[] => text.split('\n').map(row => line(row));

test('opening takes the alternate screen, hides the cursor, turns autowrap off and bracketed paste and raw mode on', async () => {
	const {writes, input} = openFake();
	expect(writes[0]).toBe('\x1b[?1049h\x1b[m\x1b[?25l\x1b[?7l\x1b[?2004h');
	expect(input.raw.at(-1)).toBe(true);
});

test('closing gives everything back in one synchronous write, once', async () => {
	const {terminal, writes, input} = openFake();
	terminal.paint(lines('hello'));
	await turn();
	const before = writes.length;
	terminal.close();
	expect(writes.slice(before)).toEqual(['\x1b[?2026l\x1b[m\x1b[r\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h']);
	expect(input.raw.at(-1)).toBe(false);
	terminal.close();
	terminal.paint(lines('late'));
	await turn();
	expect(writes).toHaveLength(before + 1);
	const emulated = emulator(40, 6, true);
	for (const text of writes) await feed(emulated, text);
	expect(emulated.buffer.active.type).toBe('normal');
	expect(emulated.modes).toMatchObject({bracketedPasteMode: false, wraparoundMode: true});
});

test('all paints of a turn become one frame, one write in synchronized output', async () => {
	const {terminal, writes} = openFake();
	terminal.paint(lines('one'));
	terminal.paint(lines('two'));
	const cells = parseFrame('box');
	terminal.cover(cells && {cells, placement: 'center'});
	await turn();
	expect(writes).toHaveLength(2);
	expect(writes[1]?.startsWith('\x1b[?2026h')).toBe(true);
	expect(writes[1]?.endsWith('\x1b[?2026l')).toBe(true);
	expect((await shownBy(writes)).slice(0, 3)).toEqual(['two', '', '                  box']);
});

test('a paint that changes nothing writes nothing', async () => {
	const {terminal, writes} = openFake();
	terminal.paint(lines('one'));
	await turn();
	const before = writes.length;
	terminal.paint(lines('one'));
	terminal.cover();
	await turn();
	expect(writes).toHaveLength(before);
});

test('frames for a blocked terminal are dropped, and then it gets the newest one', async () => {
	const {terminal, writes, read} = openFake();
	terminal.paint(lines('first'));
	await turn();
	read(false);
	terminal.paint(lines('stuck'));
	await turn();
	const stuck = writes.length;
	for (let count = 0; count < 100; count++) {
		terminal.paint(lines(`dropped ${count}`));
		await turn();
	}
	terminal.paint(lines('newest'));
	await turn();
	expect(writes).toHaveLength(stuck);
	read(true);
	await turn();
	expect(writes).toHaveLength(stuck + 1);
	expect((await shownBy(writes))[0]).toBe('newest');
	expect(writes.join('')).not.toContain('dropped');
});

test('whenShown calls back after the terminal has accepted the frame, not before', async () => {
	const {terminal, read} = openFake();
	await turn();
	const calls: string[] = [];
	terminal.paint(lines('taken'));
	terminal.whenShown(() => calls.push('taken'));
	await turn();
	expect(calls).toEqual(['taken']);
	read(false);
	terminal.paint(lines('stuck'));
	await turn();
	terminal.paint(lines('behind it'));
	terminal.whenShown(() => calls.push('behind it'));
	await turn();
	expect(calls).toEqual(['taken']);
	read(true);
	await turn();
	await turn();
	expect(calls).toEqual(['taken', 'behind it']);
});

test('a blocked terminal is given back too, before and after its pending output', async () => {
	const {terminal, writes, read} = openFake();
	await turn();
	read(false);
	terminal.paint(lines('stuck'));
	await turn();
	terminal.close();
	read(true);
	await turn();
	expect(writes.at(-1)).toContain('\x1b[?1049l');
});

test('an unknown size is 80x24, and every size is from 1x1 to 1000x500', () => {
	expect(openFake({}, {}).terminal.size()).toEqual({columns: 80, rows: 24});
	expect(openFake({}, {columns: 0, rows: 0}).terminal.size()).toEqual({columns: 80, rows: 24});
	expect(openFake({}, {columns: 1, rows: 1}).terminal.size()).toEqual({columns: 1, rows: 1});
	expect(openFake({}, {columns: 65_535, rows: 65_535}).terminal.size()).toEqual({columns: 1000, rows: 500});
});

test('a resize repaints everything for the new size and emits it', async () => {
	const {terminal, output, writes} = openFake();
	terminal.paint(lines('abcdefghij\nsecond'));
	await turn();
	const size = next(terminal.onResize);
	Object.assign(output, {columns: 5, rows: 1});
	output.emit('resize');
	expect(await size).toEqual({columns: 5, rows: 1});
	await turn();
	expect(await shownBy(writes.slice(-1), 5, 1)).toEqual(['abcde']);
});

test('a storm of resizes down to one cell ends with the right cells', async () => {
	const {terminal, output, writes} = openFake();
	const cells = parseFrame('╭──╮\n│漢│\n╰──╯');
	terminal.cover(cells && {cells, placement: 'center'});
	terminal.paint(lines('漢字漢字\n漢字'));
	for (const [columns, rows] of [
		[1, 1],
		[400, 120],
		[3, 2],
		[1, 50],
		[7, 3],
	]) {
		Object.assign(output, {columns, rows});
		output.emit('resize');
		await turn();
	}
	expect(await shownBy(writes.slice(-1), 7, 3)).toEqual(
		[' ╭──╮ 字', ' │漢│', ' ╰──╯'].map((row, at) => (at === 0 ? ' ╭──╮' : row)),
	);
});

test('redraw repairs what another program wrote', async () => {
	const {terminal, writes} = openFake();
	terminal.paint(lines('ours'));
	await turn();
	const emulated = emulator(40, 6, true);
	await feed(emulated, `${writes.join('')}\x1b[3;1HBroadcast message\x1b[31m`);
	const before = writes.length;
	terminal.redraw();
	await turn();
	await feed(emulated, writes.slice(before).join(''));
	expect(rowsOf(emulated)).toEqual(['ours', '', '', '', '', '']);
	expect(cellsOf(emulated)[0]).toBe('o|1|0|0||||');
});

test('without colors only attributes remain, in overlays too', async () => {
	const {terminal, writes} = openFake({look: lookOf(theme, {colors: 'none', ascii: false})});
	terminal.paint([line('danger', 'danger')]);
	const cells = parseFrame('\x1b[1;31;44mbold\x1b[0m');
	terminal.cover(cells && {cells, placement: 'bottom'});
	await turn();
	expect(writes.join('')).not.toMatch(/\x1b\[[\d;]*\b[349]\dm/);
	const emulated = emulator(40, 6, true);
	await feed(emulated, writes.join(''));
	expect(cellsOf(emulated)[0]).toBe('d|1|0|0|b|||');
	expect(cellsOf(emulated)[200]).toBe('b|1|0|0|b|||');
});

test('keys have the time of their read, a lone Esc comes after the quiet time', async () => {
	const {terminal, input} = openFake({now: () => 42});
	const keys = next(terminal.onKeys);
	input.write('j\x1b[B');
	expect(await keys).toEqual([
		{name: 'j', text: 'j', at: 42, alone: false},
		{name: 'down', text: '', at: 42, alone: false},
	]);
});

test('a lone Esc is emitted without further input', async () => {
	const {terminal, input} = openFake();
	const keys = next<readonly Key[]>(terminal.onKeys);
	input.write('\x1b');
	expect(await keys).toMatchObject([{name: 'esc', alone: true}]);
});

test.each<readonly [string, (fake: Fake) => void]>([
	['output fails with EPIPE', ({output}) => output.destroy(Object.assign(new Error('broken pipe'), {code: 'EPIPE'}))],
	['output closes', ({output}) => output.destroy()],
	['input ends', ({input}) => input.end()],
	['input fails with EIO', ({input}) => input.destroy(Object.assign(new Error('gone'), {code: 'EIO'}))],
])('when %s, the terminal is gone, emitted once, and nothing throws afterwards', async (_what, lose) => {
	const fake = openFake();
	let count = 0;
	fake.terminal.onGone(() => count++);
	const gone = next(fake.terminal.onGone);
	await turn();
	lose(fake);
	await gone;
	fake.terminal.paint(lines('nobody'));
	fake.input.emit('error', new Error('again'));
	fake.output.emit('error', new Error('again'));
	await turn();
	fake.terminal.close();
	expect(count).toBe(1);
});

test('a terminal that is gone before raw mode is set is reported', async () => {
	const input = Object.assign(new PassThrough(), {
		setRawMode: () => {
			throw new Error('setRawMode EIO');
		},
	});
	const {terminal} = openFake({input});
	await next(terminal.onGone);
});

test('suspending gives the screen back before the stop, and continuing repaints it', async () => {
	let writesAtStop = 0;
	const {terminal, writes, input} = openFake({
		stop: () => {
			writesAtStop = writes.length;
		},
	});
	terminal.paint(lines('ours'));
	await turn();
	const before = writes.length;
	const resumed = next<void>(terminal.onResume);
	terminal.suspend();
	expect(writesAtStop).toBe(before + 1);
	expect(writes.slice(before)).toEqual([expect.stringContaining('\x1b[?1049l')]);
	expect(input.raw.at(-1)).toBe(false);
	terminal.paint(lines('painted while stopped'));
	process.emit('SIGCONT');
	await resumed;
	await turn();
	expect(input.raw.at(-1)).toBe(true);
	expect(writes[before + 1]).toContain('\x1b[?1049h');
	expect((await shownBy(writes.slice(before + 1)))[0]).toBe('painted while stopped');
});

test('a host that ignores the stop gets its screen back without a signal', async () => {
	const {terminal} = openFake({stop: () => {}});
	const resumed = next<void>(terminal.onResume);
	terminal.suspend();
	await resumed;
});

test('a closed terminal leaves no signal listener behind', () => {
	const before = process.listenerCount('SIGCONT');
	const {terminal} = openFake();
	expect(process.listenerCount('SIGCONT')).toBe(before + 1);
	terminal.close();
	expect(process.listenerCount('SIGCONT')).toBe(before);
});

test('a copied text goes to the clipboard by OSC 52, in full or not at all', async () => {
	const {terminal, writes} = openFake();
	expect(terminal.copy('sélect 1')).toBe(true);
	await turn();
	expect(writes.join('')).toContain(`\x1b]52;c;${Buffer.from('sélect 1').toString('base64')}\x07`);
	const before = writes.length;
	expect(terminal.copy('x'.repeat(75_000))).toBe(false);
	await turn();
	expect(writes).toHaveLength(before);
});

test('a copied text has no control that ends a paste, rings or hides', async () => {
	const {terminal, writes} = openFake();
	expect(terminal.copy('select 1\x1b[201~\x07\x9b8m\u202e\u200b\n\tfrom t\r\n')).toBe(true);
	await turn();
	expect(writes.join('')).toContain(`\x1b]52;c;${Buffer.from('select 1\n\tfrom t').toString('base64')}\x07`);
});

test('a frame that cannot be painted is reported, not thrown at a caller, and the next one is complete', async () => {
	const {terminal, writes} = openFake();
	terminal.paint(lines('before'));
	await turn();
	const fault = next(terminal.onFault);
	const broken = [line('fine'), new EventEmitter() as unknown as Line];
	expect(() => terminal.paint(broken)).not.toThrow();
	expect(await fault).toBeInstanceOf(TypeError);
	terminal.paint(lines('after'));
	await turn();
	expect((await shownBy(writes))[0]).toBe('after');
});
