import {PassThrough} from 'node:stream';
import {Box, type Instance, render, Text, useInput, usePaste} from 'ink';
import SelectInput from 'ink-select-input';
import {useState} from 'react';
import {afterEach, expect, test} from 'vitest';
import {line} from '../../source/core/line.ts';
import {createInkStreams, type InkStreams} from '../../source/terminal/ink-streams.ts';
import type {Placement} from '../../source/terminal/overlay.ts';
import {openTerminal, type Terminal} from '../../source/terminal/terminal.ts';
import {cellsOf, emulator, feed as feedEmulator, rowsOf, theme} from '../terminal/emulator.ts';

const [columns, rows] = [60, 14];

type Screen = {
	readonly terminal: Terminal;
	readonly streams: InkStreams;
	readonly output: PassThrough & {columns: number; rows: number};
	readonly emulated: ReturnType<typeof emulator>;
	readonly press: (name: string, text?: string) => boolean;
	readonly shows: (wanted: (rows: readonly string[]) => boolean) => Promise<readonly string[]>;
};

const open: (() => void)[] = [];

afterEach(() => {
	for (const close of open.splice(0)) close();
});

const openScreen = (placement: Placement = 'center'): Screen => {
	const output = Object.assign(new PassThrough(), {columns, rows});
	const terminal = openTerminal({input: new PassThrough(), output, theme, colour: true, now: () => performance.now()});
	const emulated = emulator(columns, rows, true);
	output.on('data', (bytes: Buffer) => emulated.write(bytes));
	const streams = createInkStreams(terminal, () => placement);
	open.push(() => terminal.close());
	const shows: Screen['shows'] = async wanted => {
		for (;;) {
			await new Promise(resolve => setImmediate(resolve));
			await feedEmulator(emulated, '');
			if (wanted(rowsOf(emulated))) return rowsOf(emulated);
		}
	};
	const press: Screen['press'] = (name, text = name.length === 1 ? name : '') => streams.feed({name, text, at: 0, alone: true});
	return {terminal, streams, output, emulated, press, shows};
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

type Chosen = {value: string};

const Menu = ({chosen}: {readonly chosen: Chosen}) => (
	<Box borderStyle="round" flexDirection="column" width={30} paddingX={1}>
		<Text color="red" bold>
			Terminate 漢字?
		</Text>
		<SelectInput
			items={['no', 'cancel', 'terminate'].map(value => ({label: value, value}))}
			onSelect={item => {
				chosen.value = item.value;
			}}
		/>
	</Box>
);

test('an Ink dialog lies in the middle of the base layer, cell by cell', async () => {
	const screen = openScreen();
	screen.terminal.paint(base);
	mount(screen, <Menu chosen={{value: ''}} />);
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

test('keys move the selection of an Ink menu one by one and Enter chooses', async () => {
	const screen = openScreen();
	const chosen = {value: ''};
	screen.terminal.paint(base);
	mount(screen, <Menu chosen={chosen} />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	expect(screen.press('down')).toBe(true);
	await screen.shows(all => all.some(row => row.includes('❯ cancel')));
	screen.press('j');
	await screen.shows(all => all.some(row => row.includes('❯ terminate')));
	screen.press('k');
	await screen.shows(all => all.some(row => row.includes('❯ cancel')));
	screen.press('enter');
	expect(chosen.value).toBe('cancel');
});

const Prompt = () => {
	const [text, setText] = useState('');
	const [escaped, setEscaped] = useState(false);
	useInput((input, key) => {
		if (key.escape) setEscaped(true);
		else if (key.backspace) setText(old => old.slice(0, -1));
		else if (key.ctrl) setText(old => `${old}^${input}`);
		else setText(old => old + input);
	});
	usePaste(pasted => setText(old => `${old}<${pasted}>`));
	return escaped ? null : <Text>{`/${text}_`}</Text>;
};

test('a prompt at the bottom takes text, backspace, control keys and pastes, and covers its whole row', async () => {
	const screen = openScreen('bottom');
	screen.terminal.paint(base);
	mount(screen, <Prompt />);
	await screen.shows(all => all.at(-1) === '/_');
	for (const name of ['a', 'é', 'x', 'backspace', 'ctrl-u']) screen.press(name);
	screen.press('space', ' ');
	screen.press('paste', 'from\x1b[201~\nhere');
	expect((await screen.shows(all => all.at(-1)?.includes('here') ?? false)).slice(-2)).toEqual(['/aé^u <from[201~', 'here>_']);
});

test('Esc reaches Ink at once and an empty frame uncovers the base layer', async () => {
	const screen = openScreen('bottom');
	screen.terminal.paint(base);
	mount(screen, <Prompt />);
	await screen.shows(all => all.at(-1) === '/_');
	screen.press('esc');
	expect((await screen.shows(all => all.at(-1)?.startsWith('13') ?? false)).at(-1)).toBe(`13${'.'.repeat(58)}`);
});

test('keys that Ink does not know, or that nothing waits for, are not kept for later', async () => {
	const screen = openScreen();
	expect(screen.press('j')).toBe(false);
	const chosen = {value: ''};
	mount(screen, <Menu chosen={chosen} />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	expect(screen.press('f9')).toBe(false);
	screen.press('enter');
	expect(chosen.value).toBe('no');
});

test('waiting for Ink to flush is no empty frame', async () => {
	const screen = openScreen();
	const instance = mount(screen, <Text>still here</Text>);
	await screen.shows(all => all.some(row => row.includes('still here')));
	await instance.waitUntilRenderFlush();
	screen.terminal.paint(base);
	expect(await screen.shows(all => all[0]?.startsWith(' 0') ?? false)).toContainEqual(expect.stringContaining('still here'));
});

test('a resize reaches Ink and moves the dialog', async () => {
	const screen = openScreen();
	mount(screen, <Menu chosen={{value: ''}} />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	Object.assign(screen.output, {columns: 20, rows: 8});
	screen.emulated.resize(20, 8);
	screen.output.emit('resize');
	expect((await screen.shows(all => all[1]?.startsWith('╭──') ?? false))[2]).toBe('│ Terminate 漢字?');
});

test('closing the streams takes the overlay away', async () => {
	const screen = openScreen();
	screen.terminal.paint(base);
	const instance = mount(screen, <Menu chosen={{value: ''}} />);
	await screen.shows(all => all.some(row => row.includes('❯ no')));
	instance.unmount();
	screen.streams.close();
	await screen.shows(all => all.every(row => row.endsWith('....')));
});
