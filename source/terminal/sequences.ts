const letters: Readonly<Record<string, string>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	F: 'end',
	H: 'home',
	P: 'f1',
	Q: 'f2',
	R: 'f3',
	S: 'f4',
};

const numbers: Readonly<Record<string, string>> = {
	1: 'home',
	2: 'insert',
	3: 'delete',
	4: 'end',
	5: 'pgup',
	6: 'pgdn',
	7: 'home',
	8: 'end',
	11: 'f1',
	12: 'f2',
	13: 'f3',
	14: 'f4',
	15: 'f5',
	17: 'f6',
	18: 'f7',
	19: 'f8',
	20: 'f9',
	21: 'f10',
	23: 'f11',
	24: 'f12',
};

const keypad: Readonly<Record<string, string>> = {M: 'enter', j: '*', k: '+', l: ',', m: '-', n: '.', o: '/', X: '='};

const rxvtArrows: Readonly<Record<string, string>> = {a: 'up', b: 'down', c: 'right', d: 'left'};

const controls: Readonly<Record<number, string>> = {
	0: 'ctrl-space',
	8: 'backspace',
	9: 'tab',
	10: 'enter',
	13: 'enter',
	27: 'esc',
	28: 'ctrl-\\',
	29: 'ctrl-]',
	30: 'ctrl-^',
	31: 'ctrl-_',
	32: 'space',
	127: 'backspace',
};

/** The key of one character: a name, ctrl-a to ctrl-z, or the character itself; undefined if no key types it. */
export const nameOfCharacter = (character: string): string | undefined => {
	const code = character.codePointAt(0) ?? 0;
	const named = controls[code];
	if (named !== undefined) return named;
	if (code < 27) return `ctrl-${String.fromCharCode(code + 0x60)}`;
	return (code >= 0x80 && code < 0xa0) || code === 0xfffd ? undefined : character;
};

const shift = 1;
const alt = 2;
const ctrl = 4;

// xterm sends the sum of the modifiers plus one, and so do Linux consoles, VTE, kitty and iTerm.
const modified = (name: string, parameter: string | undefined): string | undefined => {
	const [modifier = '', event] = (parameter ?? '').split(':');
	if (event === '3') return undefined;
	const modifiers = modifier === '' ? 0 : Number(modifier) - 1;
	const prefix = `${modifiers & ctrl ? 'ctrl-' : ''}${modifiers & alt ? 'alt-' : ''}`;
	if (name.length > 1) return `${prefix}${modifiers & shift ? 'shift-' : ''}${name}`;
	return prefix + (modifiers & shift ? name.toUpperCase() : name);
};

const coded = (code: string | undefined, modifier: string | undefined): string | undefined => {
	const point = Number.parseInt(code ?? '', 10);
	if (Number.isNaN(point) || point > 0xffff || (point >= 0xd800 && point < 0xf900)) return undefined;
	const name = nameOfCharacter(String.fromCodePoint(point));
	return name === undefined ? undefined : modified(name, modifier);
};

/**
 * The key of a complete control sequence without its ESC [; undefined for replies, mouse and focus reports and keys without a
 * name. Covers xterm, VT220, rxvt, Linux console, PuTTY, modifyOtherKeys and the kitty protocol.
 */
export const nameOfCsi = (body: string): string | undefined => {
	const linux = /^\[([A-E])$/.exec(body)?.[1];
	if (linux !== undefined) return `f${linux.charCodeAt(0) - 64}`;
	const parts = /^\[?([\d;:]*)([A-Za-z~^$@])$/.exec(body);
	if (parts === null) return undefined;
	const [parameters = '', final = ''] = parts.slice(1);
	const [first = '', second, third] = parameters.split(';');
	if (final === '~' && first === '27') return coded(third, second);
	if (final === 'u') return coded(first.split(':')[0], second);
	const numbered = numbers[first];
	if (final === '~') return numbered === undefined ? undefined : modified(numbered, second);
	if (numbered !== undefined && second === undefined && final === '^') return `ctrl-${numbered}`;
	if (numbered !== undefined && second === undefined && final === '$') return `shift-${numbered}`;
	if (numbered !== undefined && second === undefined && final === '@') return `ctrl-shift-${numbered}`;
	if (final === 'Z' && (first === '' || first === '1')) return 'shift-tab';
	const arrow = rxvtArrows[final];
	if (parameters === '') return arrow === undefined ? letters[final] : `shift-${arrow}`;
	const letter = letters[final];
	// A cursor position report ends in R like F3, but only F3 has row 1 and a column that can be a modifier.
	if (letter === undefined || first !== '1' || third !== undefined || !/^(?:[2-9]|1[0-6])(?::\d)?$/.test(second ?? '')) {
		return undefined;
	}
	return modified(letter, second);
};

/** The key of an ESC O sequence, by its modifier and last letter: application mode arrows, F1 to F4, the keypad, rxvt's Ctrl arrows. */
export const nameOfSs3 = (modifier: string, final: string): string | undefined => {
	const arrow = rxvtArrows[final];
	if (arrow !== undefined) return `ctrl-${arrow}`;
	if (final >= 'p' && final <= 'y') return String.fromCharCode(final.charCodeAt(0) - 64);
	const name = letters[final] ?? keypad[final];
	return name === undefined ? undefined : modified(name, modifier === '' ? undefined : modifier);
};
