import {describe, expect, it} from 'vitest';
import {abilitiesOf} from '../../source/terminal/abilities.ts';
import {lookOf} from '../../source/terminal/look.ts';
import {pack} from '../../source/terminal/style.ts';
import {monochrome, themes} from '../../source/views/theme.ts';

const usual = {color: true, ascii: false};
type Environment = Parameters<typeof abilitiesOf>[0];

describe('the colors of a terminal', () => {
	it.each<[colors: string, environment: Environment]>([
		['sixteen', {TERM: 'xterm-256color', COLORTERM: 'truecolor'}],
		['sixteen', {TERM: 'tmux-256color'}],
		['sixteen', {TERM: 'screen'}],
		['sixteen', {TERM: 'foot'}],
		['sixteen', {TERM: 'alacritty'}],
		['sixteen', {TERM: 'xterm-kitty'}],
		['sixteen', {}],
		['sixteen', {TERM: 'xterm', NO_COLOR: ''}],
		['sixteen', {TERM: 'vt100', FORCE_COLOR: '1'}],
		['eight', {TERM: 'linux'}],
		['eight', {TERM: 'xterm-8color'}],
		['none', {TERM: 'xterm', NO_COLOR: '1'}],
		['none', {TERM: 'xterm', NO_COLOR: '1', FORCE_COLOR: '1'}],
		['none', {TERM: 'xterm', FORCE_COLOR: '0'}],
		['none', {TERM: 'xterm', FORCE_COLOR: 'false'}],
		['none', {TERM: 'dumb'}],
		['none', {TERM: 'vt100'}],
		['none', {TERM: 'vt220'}],
		['none', {TERM: 'xterm-mono'}],
	])('are %s in %j', (colors, environment) => {
		expect(abilitiesOf(environment, usual).colors).toBe(colors);
	});

	it('are none with --no-color, whatever the environment says', () => {
		expect(abilitiesOf({TERM: 'xterm', FORCE_COLOR: '3'}, {...usual, color: false}).colors).toBe('none');
	});
});

describe('the charset of a terminal', () => {
	it.each<[ascii: boolean, environment: Environment]>([
		[false, {}],
		[false, {LANG: 'de_DE.UTF-8'}],
		[false, {LANG: 'C.utf8'}],
		[false, {LC_CTYPE: 'UTF-8'}],
		[false, {LANG: 'ca_ES.UTF-8@valencia'}],
		[false, {LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.UTF-8'}],
		[false, {LC_ALL: 'en_US.UTF-8', LC_CTYPE: 'C', LANG: 'C'}],
		[false, {LC_CTYPE: 'C.UTF-8', LANG: 'C'}],
		[true, {LANG: 'C'}],
		[true, {LANG: 'POSIX'}],
		[true, {LC_ALL: 'C', LANG: 'en_US.UTF-8'}],
		[true, {LC_CTYPE: 'POSIX', LANG: 'en_US.UTF-8'}],
		[true, {LC_CTYPE: '', LANG: 'de_DE.ISO-8859-1'}],
		[true, {LANG: 'de_DE@euro'}],
		[true, {LANG: 'ja_JP.eucJP'}],
		[true, {LANG: 'de_DE'}],
	])('is ASCII: %s in %j', (ascii, environment) => {
		expect(abilitiesOf(environment, usual).ascii).toBe(ascii);
	});

	it('is ASCII with --ascii', () => {
		expect(abilitiesOf({LANG: 'C.UTF-8'}, {...usual, ascii: true}).ascii).toBe(true);
	});
});

describe('a theme', () => {
	const all = Object.entries({...themes, monochrome});
	const troubles = ['warn', 'danger', 'cursor', 'label'] as const;

	it.each(all)('%s tells trouble, the cursor and the label from plain text and from each other', (_, theme) => {
		for (const colors of ['sixteen', 'eight'] as const) {
			const {styles} = lookOf(theme, {colors, ascii: false});
			expect(new Set(['calm' as const, ...troubles].map(tone => styles[tone])).size).toBe(troubles.length + 1);
		}
	});

	it('without colors tells them apart too', () => {
		const {styles} = lookOf(monochrome, {colors: 'none', ascii: false});
		expect(new Set(['calm' as const, ...troubles].map(tone => styles[tone])).size).toBe(troubles.length + 1);
	});

	it('on eight colors has bold for bright ones and dim for gray', () => {
		expect(pack({foreground: 'bright-red'}, 'eight')).toBe(pack({foreground: 'red', bold: true}));
		expect(pack({foreground: 'bright-black'}, 'eight')).toBe(pack({dim: true}));
		expect(pack({foreground: 'black', background: 'bright-yellow'}, 'eight')).toBe(
			pack({foreground: 'black', background: 'yellow'}),
		);
	});
});
