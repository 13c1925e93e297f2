import {backgroundOf, bits, foregroundOf, type StyleCode, withBackground, withForeground} from './style.ts';

const colorParameter = (color: number, base: 30 | 40): number => (color <= 8 ? base + color - 1 : base + 60 + color - 9);

const settings = (code: StyleCode): readonly number[] => {
	const out: number[] = [];
	if (code & bits.bold) out.push(1);
	if (code & bits.dim) out.push(2);
	if (code & bits.underline) out.push(4);
	if (code & bits.inverse) out.push(7);
	if (foregroundOf(code) > 0) out.push(colorParameter(foregroundOf(code), 30));
	if (backgroundOf(code) > 0) out.push(colorParameter(backgroundOf(code), 40));
	return out;
};

const delta = (from: StyleCode, to: StyleCode): readonly number[] => {
	const out: number[] = [];
	const weight = bits.bold | bits.dim;
	let have = from;
	// 22 ends bold and dim together; neither can be ended alone.
	if (from & weight & ~to) {
		out.push(22);
		have &= ~weight;
	}
	if (from & bits.underline & ~to) out.push(24);
	if (from & bits.inverse & ~to) out.push(27);
	if (foregroundOf(from) > 0 && foregroundOf(to) === 0) out.push(39);
	if (backgroundOf(from) > 0 && backgroundOf(to) === 0) out.push(49);
	let missing = to & ~have & (weight | bits.underline | bits.inverse);
	if (foregroundOf(from) !== foregroundOf(to)) missing = withForeground(missing, foregroundOf(to));
	if (backgroundOf(from) !== backgroundOf(to)) missing = withBackground(missing, backgroundOf(to));
	out.push(...settings(missing));
	return out;
};

const cache = new Map<number, string>();

/** The shortest SGR sequence that turns one packed style into another; '' if they are equal. */
export const sgr = (from: StyleCode, to: StyleCode): string => {
	if (from === to) return '';
	if (to === 0) return '\x1b[m';
	const key = (from << 14) | to;
	const cached = cache.get(key);
	if (cached !== undefined) return cached;
	const fresh = `\x1b[${['0', ...settings(to)].join(';')}m`;
	const change = `\x1b[${delta(from, to).join(';')}m`;
	const shortest = change.length <= fresh.length ? change : fresh;
	cache.set(key, shortest);
	return shortest;
};

/** Text in a style, on its own. */
export const inStyle = (text: string, style: StyleCode): string => (style === 0 ? text : `${sgr(0, style)}${text}\x1b[0m`);

const cube = [0, 95, 135, 175, 215, 255];

// The sixteen colors are those of the user's palette; another color keeps only its hue and whether it is light.
const nearest = (red: number, green: number, blue: number): number => {
	const most = Math.max(red, green, blue);
	if (most - Math.min(red, green, blue) < 40) return most < 64 ? 1 : most < 140 ? 9 : most < 216 ? 8 : 16;
	const half = most / 2;
	return (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0) + (most > 208 ? 9 : 1);
};

const indexed = (index: number): number => {
	if (index < 16) return index + 1;
	if (index >= 232) return nearest(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
	const place = index - 16;
	return nearest(cube[Math.floor(place / 36)] ?? 0, cube[Math.floor(place / 6) % 6] ?? 0, cube[place % 6] ?? 0);
};

const extended = (parameters: readonly number[], at: number): {readonly color: number; readonly used: number} => {
	const [kind = 0, first = 0, second = 0, third = 0] = parameters.slice(at + 1, at + 5);
	if (kind === 5) return {color: indexed(Math.min(first, 255)), used: 2};
	if (kind === 2) return {color: nearest(first, second, third), used: 4};
	return {color: 0, used: 1};
};

/**
 * The packed style after an SGR sequence's parameters ("1;34", '' resets) are applied to another one. Colors of the 256-color and
 * true-color forms become the nearest of the sixteen; attributes missing from `Style` are ignored.
 */
export const applySgr = (code: StyleCode, parameters: string): StyleCode => {
	const numbers = parameters.split(/[;:]/).map(Number);
	let out = code;
	for (let at = 0; at < numbers.length; at++) {
		const number = numbers[at] ?? 0;
		if (number === 0) out = 0;
		else if (number === 1) out |= bits.bold;
		else if (number === 2) out |= bits.dim;
		else if (number === 4) out |= bits.underline;
		else if (number === 7) out |= bits.inverse;
		else if (number === 22) out &= ~(bits.bold | bits.dim);
		else if (number === 24) out &= ~bits.underline;
		else if (number === 27) out &= ~bits.inverse;
		else if (number === 39) out = withForeground(out, 0);
		else if (number === 49) out = withBackground(out, 0);
		else if (number === 38 || number === 48) {
			const {color, used} = extended(numbers, at);
			out = number === 38 ? withForeground(out, color) : withBackground(out, color);
			at += used;
		} else if (number >= 30 && number <= 37) out = withForeground(out, number - 29);
		else if (number >= 40 && number <= 47) out = withBackground(out, number - 39);
		else if (number >= 90 && number <= 97) out = withForeground(out, number - 81);
		else if (number >= 100 && number <= 107) out = withBackground(out, number - 91);
	}
	return out;
};
