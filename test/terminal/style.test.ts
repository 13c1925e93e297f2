import {expect, test} from 'vitest';
import {applySgr, sgr} from '../../source/terminal/sgr.ts';
import {pack, type Style} from '../../source/terminal/style.ts';
import {random} from './emulator.ts';

const parametersOf = (sequence: string): readonly string[] =>
	[...sequence.matchAll(/\x1b\[([\d;]*)m/g)].map(match => match[1] ?? '');

const colors = ['black', 'red', 'white', 'bright-black', 'bright-white', undefined] as const;

const randomStyle = (pick: (limit: number) => number): Style => {
	const foreground = colors[pick(colors.length)];
	const background = colors[pick(colors.length)];
	return {
		...(foreground && {foreground}),
		...(background && {background}),
		bold: pick(2) === 1,
		dim: pick(2) === 1,
		underline: pick(2) === 1,
		inverse: pick(2) === 1,
	};
};

test('the sequence from one style to another, parsed again, gives the other style', () => {
	const pick = random(1);
	for (let count = 0; count < 5000; count++) {
		const [from, to] = [pack(randomStyle(pick)), pack(randomStyle(pick))];
		expect(parametersOf(sgr(from, to)).reduce(applySgr, from)).toBe(to);
	}
});

test('an unchanged style needs no bytes, the default style three', () => {
	const danger = pack({foreground: 'bright-red', bold: true});
	expect(sgr(danger, danger)).toBe('');
	expect(sgr(danger, 0)).toBe('\x1b[m');
	expect(sgr(0, danger)).toBe('\x1b[1;91m');
});

test('without colors bold, dim, underline and inverse remain', () => {
	expect(pack({foreground: 'red', background: 'blue', bold: true, inverse: true}, 'none')).toBe(
		pack({bold: true, inverse: true}),
	);
});

test.each<readonly [string, Style]>([
	['38;5;9', {foreground: 'bright-red'}],
	['48;5;4', {background: 'blue'}],
	['38;5;196', {foreground: 'bright-red'}],
	['38;2;0;128;0', {foreground: 'green'}],
	['38;2;30;30;200', {foreground: 'blue'}],
	['48;2;250;250;250', {background: 'bright-white'}],
	['38;5;232', {foreground: 'black'}],
	['3;31', {foreground: 'red'}],
	['1;38;2;255;0;0;4', {bold: true, foreground: 'bright-red', underline: true}],
	['', {}],
])('the parameters %j become the nearest of the sixteen colors', (parameters, style) => {
	expect(applySgr(pack({}), parameters)).toBe(pack(style));
});
