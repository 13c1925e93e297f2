import {PassThrough} from 'node:stream';
import {Box, type Instance, render, Text} from 'ink';
import SelectInput from 'ink-select-input';
import {afterEach, expect, test} from 'vitest';
import {line} from '../../source/core/text/line.ts';
import {createInkStreams, type InkStreams} from '../../source/terminal/ink-streams.ts';
import {lookOf} from '../../source/terminal/look.ts';
import type {Placement} from '../../source/terminal/overlay.ts';
import {openTerminal, type Terminal} from '../../source/terminal/terminal.ts';
import {cellsOf, emulator, feed as feedEmulator, rowsOf, theme} from '../terminal/emulator.ts';

const [columns, rows] = [60, 14];

type Screen = {
	readonly terminal: Terminal;
	readonly streams: InkStreams;
	readonly output: PassThrough & {columns: number; rows: number};
	readonly emulated: ReturnType<typeof emulator>;
	readonly shows: (matches: (rows: readonly string[]) => boolean) => Promise<readonly string[]>;
};

const open: (() => void)[] = [];

afterEach(() => {
	for (const close of open.splice(0)) close();
});

const openScreen = (placement: Placement = 'center'): Screen => {
	const output = Object.assign(new PassThrough(), {columns, rows});
	const terminal = openTerminal({
		input: new PassThrough(),
		output,
		look: lookOf(theme, {colors: 'sixteen', ascii: false}),
		now: () => performance.now(),
	});
	const emulated = emulator(columns, rows, true);
	output.on('data', (bytes: Buffer) => emulated.write(bytes));
	const streams = createInkStreams(terminal, () => placement);
	open.push(() => terminal.close());
	const shows: Screen['shows'] = async matches => {
		for (;;) {
			await new Promise(resolve => setImmediate(resolve));
			await feedEmulator(emulated, '');
			if (matches(rowsOf(emulated))) return rowsOf(emulated);
		}
	};
	return {terminal, streams, output, emulated, shows};
};

const mount = (screen: Screen, node: React.ReactNode): Instance => {
	const instance = render(node, {
		stdout: screen.streams.stdout,
		stdin: screen.streams.stdin,
		debug: true,
		patchConsole: false,
		interactive: true,
		exitOnCtrlC: false,
	});
	open.unshift(() => instance.unmount());
	return instance;
};

const base = Array.from({length: rows}, (_, row) => line(`${row}`.padStart(2).padEnd(columns, '.')));

const Menu = () => (
	<Box borderStyle="round" flexDirection="column" width={30} paddingX={1}>
		<Text color="red" bold>
			Terminate 漢字?
		</Text>
		<SelectInput items={['no', 'cancel', 'terminate'].map(value => ({label: value, value}))} isFocused={false} />
	</Box>
);

test('an Ink dialog is in the middle of the base layer, cell by cell', async () => {
	const screen = openScreen();
	screen.terminal.paint(base);
	mount(screen, <Menu />);
	const shown = await screen.shows(all => all.some(row => row.includes('╯')));
	expect(shown.slice(3, 11)).toEqual([
		` 3${'.'.repeat(58)}`,
		` 4.............╭────────────────────────────╮${'.'.repeat(15)}`,
		` 5.............│ Terminate 漢字?            │${'.'.repeat(15)}`,
		` 6.............│ ❯ no                       │${'.'.repeat(15)}`,
		` 7.............│   cancel                   │${'.'.repeat(15)}`,
		` 8.............│   terminate                │${'.'.repeat(15)}`,
		` 9.............╰────────────────────────────╯${'.'.repeat(15)}`,
		`10${'.'.repeat(58)}`,
	]);
	const cells = cellsOf(screen.emulated).slice(5 * columns);
	expect(cells[17]).toBe('T|1|2|0|b|||');
	expect(cells[27]).toBe('漢|2|2|0|b|||');
	expect(cells[28]).toBe('|0|2|0|b|||');
	expect(cells[15]).toBe('│|1|0|0||||');
});

test('an empty frame uncovers the base layer', async () => {
	const screen = openScreen('bottom');
	screen.terminal.paint(base);
	const instance = mount(screen, <Text>/</Text>);
	await screen.shows(all => all.at(-1) === '/');
	instance.rerender(null);
	await screen.shows(all => all.at(-1) === `13${'.'.repeat(58)}`);
});

test('waiting for Ink to flush does not count as an empty frame', async () => {
	const screen = openScreen();
	const instance = mount(screen, <Text>still here</Text>);
	await screen.shows(all => all.some(row => row.includes('still here')));
	await instance.waitUntilRenderFlush();
	screen.terminal.paint(base);
	expect(await screen.shows(all => all[0]?.startsWith(' 0') ?? false)).toContainEqual(expect.stringContaining('still here'));
});

test('a resize reaches Ink and moves the dialog', async () => {
	const screen = openScreen();
	mount(screen, <Menu />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	Object.assign(screen.output, {columns: 20, rows: 8});
	screen.emulated.resize(20, 8);
	screen.output.emit('resize');
	expect((await screen.shows(all => all[1]?.startsWith('╭──') ?? false))[2]).toBe('│ Terminate 漢字?');
});

test('closing the streams removes the overlay', async () => {
	const screen = openScreen();
	screen.terminal.paint(base);
	const instance = mount(screen, <Menu />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	instance.unmount();
	screen.streams.close();
	await screen.shows(all => all.every(row => row.endsWith('....')));
});
