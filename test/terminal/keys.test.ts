import {expect, test} from 'vitest';
import type {Key} from '../../source/core/state/key.ts';
import {createKeyParser, quietMs} from '../../source/terminal/keys.ts';

const table: readonly (readonly [sequence: string, name: string])[] = [
	...['P', 'Q', 'R', 'S'].map((letter, index) => [`\x1bO${letter}`, `f${index + 1}`] as const),
	...['A', 'B', 'C', 'D', 'E'].map((letter, index) => [`\x1b[[${letter}`, `f${index + 1}`] as const),
	...[11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].map((code, index) => [`\x1b[${code}~`, `f${index + 1}`] as const),
	['\x1b[P', 'f1'],
	['\x1b[1;5P', 'ctrl-f1'],
	['\x1b[1;2R', 'shift-f3'],
	['\x1bO5P', 'ctrl-f1'],
	['\x1b[15;5~', 'ctrl-f5'],
	['\x1b[24;2~', 'shift-f12'],
	['\x1b[A', 'up'],
	['\x1b[B', 'down'],
	['\x1b[C', 'right'],
	['\x1b[D', 'left'],
	['\x1bOA', 'up'],
	['\x1bOB', 'down'],
	['\x1bOC', 'right'],
	['\x1bOD', 'left'],
	['\x1b[1;5A', 'ctrl-up'],
	['\x1b[1;3D', 'alt-left'],
	['\x1b\x1b[D', 'alt-left'],
	['\x1b[1;7C', 'ctrl-alt-right'],
	['\x1b[a', 'shift-up'],
	['\x1bOa', 'ctrl-up'],
	['\x1b[H', 'home'],
	['\x1bOH', 'home'],
	['\x1b[1~', 'home'],
	['\x1b[7~', 'home'],
	['\x1b[7$', 'shift-home'],
	['\x1b[F', 'end'],
	['\x1bOF', 'end'],
	['\x1b[4~', 'end'],
	['\x1b[8~', 'end'],
	['\x1b[8^', 'ctrl-end'],
	['\x1b[5~', 'pgup'],
	['\x1b[6~', 'pgdn'],
	['\x1b[[5~', 'pgup'],
	['\x1b[6;5~', 'ctrl-pgdn'],
	['\x1b[2~', 'insert'],
	['\x1b[3~', 'delete'],
	['\x1b[Z', 'shift-tab'],
	['\x1bx', 'alt-x'],
	['\x1bK', 'alt-K'],
	['\x1b\r', 'alt-enter'],
	['\x1bé', 'alt-é'],
	['\x1bOM', 'enter'],
	['\x1bOw', '7'],
	['\x1b[97;5u', 'ctrl-a'],
	['\x1b[27u', 'esc'],
	['\x1b[27;5;120~', 'ctrl-x'],
	['\r', 'enter'],
	['\t', 'tab'],
	['\x7f', 'backspace'],
	['\b', 'backspace'],
	['\x03', 'ctrl-c'],
	['\x0c', 'ctrl-l'],
	['\x1a', 'ctrl-z'],
	['\0', 'ctrl-space'],
	[' ', 'space'],
	['j', 'j'],
	['K', 'K'],
	['/', '/'],
	['é', 'é'],
	['漢', '漢'],
	['🙂', '🙂'],
];

const swallowed: readonly string[] = [
	'\x1b[<64;10;5M',
	'\x1b[<0;10;5m',
	'\x1b[M !!',
	'\x1b[32;10;5M',
	'\x1b[I',
	'\x1b[O',
	'\x1b[24;80R',
	'\x1b[1;1R',
	'\x1b[?62;22c',
	'\x1b[>0;276;0c',
	'\x1b[0n',
	'\x1b[?1u',
	'\x1b[?2026;2$y',
	'\x1b[8;24;80t',
	'\x1b[97;1:3u',
	'\x1b]11;rgb:1e1e/1e1e/1e1e\x07',
	'\x1b]52;c;S3kK\x1b\\',
	'\x1bP>|XTerm(370)\x1b\\',
	'\x1bP1$r0 q\x1b\\',
	'\x1b_Gi=1;OK\x1b\\',
];

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const names = (keys: readonly Key[]): readonly string[] => keys.map(key => key.name);

const readAll = (chunks: readonly Uint8Array[], gap = 1): readonly Key[] => {
	const parser = createKeyParser();
	const keys = chunks.flatMap((chunk, index) => parser.feed(chunk, index * gap));
	return [...keys, ...parser.flush(chunks.length * gap + 10_000)];
};

const splits = (bytes: Uint8Array): readonly (readonly Uint8Array[])[] =>
	Array.from({length: bytes.length - 1}, (_, at) => [bytes.slice(0, at + 1), bytes.slice(at + 1)]);

test.each(table)('%j is the key %s, alone in its read', (sequence, name) => {
	expect(createKeyParser().feed(bytesOf(sequence), 7)).toEqual([
		{name, text: name === 'space' ? ' ' : [...name].length === 1 ? name : '', at: 7, alone: true},
	]);
});

test.each(table)('%j is the key %s, however it is split, even byte by byte', (sequence, name) => {
	const bytes = bytesOf(sequence);
	for (const chunks of [...splits(bytes), Array.from(bytes, byte => Uint8Array.of(byte))]) {
		expect(names(readAll(chunks))).toEqual([name]);
	}
});

test.each(swallowed)('%j is a reply of the terminal, not a key', sequence => {
	const bytes = bytesOf(sequence);
	expect(readAll([bytes])).toEqual([]);
	for (const chunks of splits(bytes)) expect(readAll(chunks)).toEqual([]);
	for (const chunks of splits(bytes)) expect(names(readAll([...chunks, bytesOf('q')]))).toEqual(['q']);
});

test.each(swallowed)('%j split by a slow link is still not a key', sequence => {
	const parser = createKeyParser();
	for (const [first = bytesOf(''), second = bytesOf('')] of splits(bytesOf(sequence)).slice(1)) {
		expect(parser.feed(first, 1000)).toEqual([]);
		expect(parser.flush(1000 + quietMs)).toEqual([]);
		expect(parser.feed(second, 1300)).toEqual([]);
	}
});

test('a lone ESC is the Esc key after the quiet time, not before', () => {
	const parser = createKeyParser();
	expect(parser.feed(bytesOf('\x1b'), 100)).toEqual([]);
	expect(parser.pending()).toBe(true);
	expect(parser.flush(100 + quietMs - 1)).toEqual([]);
	expect(parser.flush(100 + quietMs)).toEqual([{name: 'esc', text: '', at: 100, alone: true}]);
	expect(parser.pending()).toBe(false);
	expect(parser.flush(10_000)).toEqual([]);
});

test('an arrow whose tail comes after the quiet time is Esc and an arrow, never a letter that acts on the server', () => {
	const parser = createKeyParser();
	parser.feed(bytesOf('\x1b'), 0);
	expect(names(parser.flush(quietMs))).toEqual(['esc']);
	expect(parser.feed(bytesOf('[A'), quietMs + 60)).toEqual([{name: 'up', text: '', at: quietMs + 60, alone: false}]);
});

test('keys typed after Esc are separate keys', () => {
	const parser = createKeyParser();
	parser.feed(bytesOf('\x1b'), 0);
	expect(names(parser.flush(quietMs))).toEqual(['esc']);
	expect(names(parser.feed(bytesOf('['), 200))).toEqual(['[']);
	expect(names(parser.feed(bytesOf('A'), 300))).toEqual(['A']);
});

test('Alt with a bracket is a key after a silence', () => {
	const parser = createKeyParser();
	expect(parser.feed(bytesOf('\x1b['), 0)).toEqual([]);
	expect(parser.flush(quietMs)).toEqual([]);
	expect(names(parser.flush(500))).toEqual(['alt-[']);
});

test('Alt with a bracket and then a letter are two keys', () => {
	expect(names(createKeyParser().feed(bytesOf('\x1b]x'), 0))).toEqual(['alt-]', 'x']);
});

test('several keys in one read are several keys, none alone', () => {
	const keys = createKeyParser().feed(bytesOf('jjK\x1b[A\x1bOP y'), 3);
	expect(names(keys)).toEqual(['j', 'j', 'K', 'up', 'f1', 'space', 'y']);
	expect(keys.every(key => !key.alone && key.at === 3)).toBe(true);
});

test('a key that shares its read with a reply of the terminal or half a sequence is not alone', () => {
	expect(createKeyParser().feed(bytesOf('\x1b[Iy'), 0)).toMatchObject([{name: 'y', alone: false}]);
	const parser = createKeyParser();
	expect(parser.feed(bytesOf('y\x1b'), 0)).toMatchObject([{name: 'y', alone: false}]);
	expect(parser.feed(bytesOf('[A'), 5)).toMatchObject([{name: 'up', alone: false}]);
	expect(parser.feed(bytesOf('y'), 9)).toMatchObject([{name: 'y', alone: true}]);
});

const paste = '\x1b[200~select 1;\rdrop table x;\r\ny\x1b[31mK漢\x1b[201~';

test('a bracketed paste is one key with its text, however it is split, and its content is never a key', () => {
	const text = 'select 1;\ndrop table x;\ny\x1b[31mK漢';
	expect(readAll([bytesOf(paste)])).toMatchObject([{name: 'paste', text, alone: true}]);
	for (const chunks of splits(bytesOf(paste))) expect(readAll(chunks)).toMatchObject([{name: 'paste', text}]);
	expect(readAll(Array.from(bytesOf(paste), byte => Uint8Array.of(byte)))).toMatchObject([{name: 'paste', text}]);
	expect(names(readAll([bytesOf(`a${paste}b`)]))).toEqual(['a', 'paste', 'b']);
});

test('a paste without an end does not block the keyboard', () => {
	const parser = createKeyParser();
	expect(parser.feed(bytesOf('\x1b[200~abc'), 0)).toEqual([]);
	expect(parser.flush(500)).toEqual([]);
	expect(parser.flush(5000)).toMatchObject([{name: 'paste', text: 'abc', alone: false}]);
	expect(names(parser.feed(bytesOf('q'), 6000))).toEqual(['q']);
});

test('a paste of many megabytes is cut', () => {
	const parser = createKeyParser();
	parser.feed(bytesOf('\x1b[200~'), 0);
	for (let count = 0; count < 40; count++) parser.feed(bytesOf('x'.repeat(65_536)), 0);
	const [key] = parser.feed(bytesOf('\x1b[201~'), 0);
	expect(key?.text.length).toBe(1024 * 1024);
});

test('invalid UTF-8 and broken sequences do not lose the keys after them', () => {
	expect(names(readAll([Uint8Array.of(0xff, 0xc3), bytesOf('j')]))).toEqual(['j']);
	expect(names(readAll([bytesOf('\x1b[1;\x1b[Aj')]))).toEqual(['up', 'j']);
	expect(names(readAll([bytesOf('\x1b[1;\x03')]))).toEqual(['ctrl-c']);
	expect(names(readAll([bytesOf(`\x1b]0;${'x'.repeat(9000)}`), bytesOf('q')])).at(-1)).toBe('q');
});

test('Ctrl-C works at once after any input', () => {
	for (const before of ['\x1b', '\x1b[', '\x1b[1', '\x1bO']) {
		const parser = createKeyParser();
		parser.feed(bytesOf(before), 0);
		expect(names(parser.feed(bytesOf('\x03'), 1)).at(-1)).toBe('ctrl-c');
	}
});

test.each([
	['\x1b[<0;12;5M', 'click', {column: 11, row: 4}],
	['\x1b[<64;1;1M', 'wheel-up', {column: 0, row: 0}],
	['\x1b[<65;300;99M', 'wheel-down', {column: 299, row: 98}],
	['\x1b[<16;2;2M', 'click', {column: 1, row: 1}],
])('the mouse report %j is the key %s', (report, name, cell) => {
	expect(createKeyParser(true).feed(bytesOf(report), 3)).toEqual([{name, text: '', at: 3, alone: true, cell}]);
	expect(createKeyParser().feed(bytesOf(report), 3)).toEqual([]);
});

test.each(['\x1b[<0;12;5m', '\x1b[<1;12;5M', '\x1b[<35;12;5M', '\x1b[<66;1;1M', '\x1b[<0;12M', '\x1b[<0;12;5;7M'])(
	'the mouse report %j is dropped',
	report => {
		expect(createKeyParser(true).feed(bytesOf(report), 3)).toEqual([]);
	},
);

test('a mouse report split between two reads is one key', () => {
	const parser = createKeyParser(true);
	expect(parser.feed(bytesOf('\x1b[<0;1'), 0)).toEqual([]);
	expect(parser.feed(bytesOf('2;5M'), 1)).toMatchObject([{name: 'click', cell: {column: 11, row: 4}}]);
});
