import stringWidth from 'string-width';

// One UTF-16 unit, one cell, nothing hidden: ASCII, Latin, Greek and Cyrillic letters, dashes, arrows, lines and blocks. The
// general case costs 10 ms on first use, which would be in the first frame.
const plain =
	/^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0384-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*$/;
const layoutSpace = /[\t\n\v\f\r\u2028\u2029]+ */g;
// Controls, format characters (bidi, zero-width, tags), line and paragraph separators, and all that Unicode calls ignorable.
const hostile = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

// Characters that would join the text before or after them instead of taking cells of their own: marks and skin tones without a
// base, piles of marks that reach over other lines, vowels that follow no letter, letters that wait for the next one.
const joining =
	/(?<![\p{L}\p{M}\p{N}\p{P}\p{S}])\p{M}+|(?<=\p{M}{8})\p{M}+|(?<!\p{L}\p{M}*)[\u0e33\u0eb3]+|(?<!\p{Emoji_Modifier_Base})\p{Emoji_Modifier}+|[\u0d4e\u{111c2}\u{111c3}\u{113d1}\u{1193f}\u{11941}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/gu;

const visible = (character: string): string => {
	const code = character.codePointAt(0) ?? 0;
	if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
	if (code === 0x7f) return '^?';
	if (code < 0xa0) return `\\x${code.toString(16)}`;
	return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/**
 * Makes text from a server safe to paint. Line breaks and tabs become one space; other controls, bidi, zero-width and invisible
 * characters, and characters that would join their neighbors, become visible escapes (`^[`, `\u202e`); a lone surrogate becomes
 * U+FFFD. The evidence stays, its effect is gone.
 */
export const clean = (text: string): string =>
	plain.test(text)
		? text
		: text
				.toWellFormed()
				.replace(layoutSpace, ' ')
				.replace(hostile, visible)
				.replace(joining, run => Array.from(run, visible).join(''));

// What is left of a text for a terminal: line breaks and tabs, but nothing else that it obeys or hides.
const obeyed = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Makes whole output safe to print: line breaks and tabs stay, other controls and invisible characters become visible escapes. */
export const neutral = (text: string): string => (/^[\x20-\x7e\n\t]*$/.test(text) ? text : text.replace(obeyed, visible));

// A control sequence, also with the 8-bit introducer: without its first character the rest would be left as text.
const sequence = /(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]/g;

/**
 * Makes text safe to paste: line breaks and tabs stay; control sequences, such as the one that ends a bracketed paste, other
 * controls, bidi, zero-width and invisible characters are left out, and so are line breaks at the end, which would run it in a shell.
 */
export const pasteable = (text: string): string =>
	text
		.toWellFormed()
		.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
		.replace(sequence, '')
		.replace(obeyed, '')
		.replace(/\n+$/, '');

/** Splits text into lines, each one cleaned: the lines of a statement. */
export const cleanLines = (text: string): readonly string[] =>
	text.split(/\r\n|[\n\r\v\f\u2028\u2029]/).map(line => clean(line.replaceAll('\t', '    ')));

/** True if every character is one UTF-16 unit and one cell, so that the width of the text is its length. */
export const isPlain = (text: string): boolean => plain.test(text);

/** Width of a cleaned text in terminal cells. */
export const widthOf = (text: string): number => (plain.test(text) ? text.length : stringWidth(text));

// Creating one takes 10 ms or more, and most frames never need it.
let segmenter: Intl.Segmenter | undefined;

const segmentsOf = (text: string): Intl.Segments => {
	segmenter ??= new Intl.Segmenter('en', {granularity: 'grapheme'});
	return segmenter.segment(text);
};

/** User-perceived characters of a cleaned text, one or two cells each. */
export const graphemes = (text: string): readonly string[] =>
	plain.test(text) ? text.split('') : Array.from(segmentsOf(text), part => part.segment);

/** Part of a cleaned text that fits `width` cells from cell `from`; a wide character cut by an edge becomes spaces. */
export const slice = (text: string, from: number, width: number): string => {
	if (plain.test(text)) return text.slice(from, from + width);
	let cell = 0;
	let out = '';
	for (const grapheme of graphemes(text)) {
		const wide = stringWidth(grapheme);
		const end = cell + wide;
		if (cell >= from && end <= from + width) out += grapheme;
		else if (end > from && cell < from + width) out += ' '.repeat(Math.min(end, from + width) - Math.max(cell, from));
		cell = end;
		if (cell >= from + width) break;
	}
	return out;
};

/** A cleaned text in exactly `width` cells: padded on the side opposite to `align`, or cut with `mark` as its last cell. */
export const toWidth = (text: string, width: number, align: 'left' | 'right' = 'left', mark = '…'): string => {
	if (width <= 0) return '';
	const length = widthOf(text);
	if (length > width) {
		const room = width - widthOf(mark);
		const cut = slice(text, 0, room);
		return cut + ' '.repeat(room - widthOf(cut)) + mark;
	}
	const room = ' '.repeat(width - length);
	return align === 'left' ? text + room : room + text;
};
