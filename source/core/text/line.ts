import {clean, graphemes, slice, toWidth, widthOf} from './clean.ts';

/**
 * Meaning of a piece of text; the theme gives it a look. `calm` is unmarked, `dim` recedes, `strong` is a title, `warn`, `danger`
 * and `good` are trouble and its end, `cursor` is the selected cell, `bar` a column header, `key` the name of a key, `label` the
 * label of a server from the configuration. The others are classes of load in a chart.
 */
export type Tone =
	| 'calm'
	| 'dim'
	| 'strong'
	| 'warn'
	| 'danger'
	| 'good'
	| 'cursor'
	| 'bar'
	| 'key'
	| 'label'
	| 'cpu'
	| 'io'
	| 'lwlock'
	| 'lock'
	| 'client'
	| 'other';

declare const cleaned: unique symbol;

/** A piece of text with one meaning. Only `span` makes one, so that nothing reaches a screen without `clean`. */
export type Span = {readonly text: string; readonly tone: Tone; readonly [cleaned]: true};

/** One line of the screen. */
export type Line = readonly Span[];

/** Makes a span of cleaned text; nothing else makes spans. */
export const span = (text: string, tone: Tone = 'calm'): Span => ({text: clean(text), tone}) as Span;

/** A line of one span. */
export const line = (text: string, tone: Tone = 'calm'): Line => [span(text, tone)];

/** The label of a server in front of a line; nothing without a label. */
export const labelMark = (label: string | undefined): Line =>
	label === undefined ? [] : [span(` ${label} `, 'label'), span(' ')];

/** Width of a line in cells. */
export const lineWidth = (spans: Line): number => spans.reduce((sum, part) => sum + widthOf(part.text), 0);

/** The line in exactly `width` cells: padded with calm blanks, or cut at the edge. */
export const fitLine = (spans: Line, width: number): Line => {
	const out: Span[] = [];
	let used = 0;
	for (const part of spans) {
		if (used >= width) break;
		const wide = widthOf(part.text);
		if (used + wide <= width) {
			if (wide > 0) out.push(part);
			used += wide;
			continue;
		}
		out.push(span(toWidth(slice(part.text, 0, width - used), width - used), part.tone));
		used = width;
	}
	if (used < width) out.push(span(' '.repeat(width - used)));
	return out;
};

/** Pieces of a line that are shown whole or not at all, most important first. */
export type Parts = readonly Line[];

/** As many parts as fit whole into `width` cells, two blanks between them; the first is cut if it does not fit. */
export const joinWhole = (parts: Parts, width: number): Line => {
	const [first = [], ...rest] = parts;
	const out = [...first];
	let used = lineWidth(first);
	for (const part of rest) {
		const wide = lineWidth(part) + 2;
		if (used + wide > width) continue;
		out.push(span('  '), ...part);
		used += wide;
	}
	return out;
};

/** Text of a line without tones. */
export const textOf = (spans: Line): string => spans.map(part => part.text).join('');

/**
 * Text wrapped to lines of at most `width` cells, broken after a blank in the last third of the line, else between two characters.
 * A blank at the edge is dropped; a character wider than the width has a line of its own.
 */
export const wrap = (text: string, width: number): readonly string[] => {
	const safe = clean(text);
	if (width <= 0 || widthOf(safe) <= width) return [safe];
	const lines: string[] = [];
	let current = '';
	let cells = 0;
	for (const grapheme of graphemes(safe)) {
		const wide = widthOf(grapheme);
		if (current !== '' && cells + wide > width) {
			const blank = current.lastIndexOf(' ');
			const cut = grapheme !== ' ' && blank > (current.length * 2) / 3 ? blank + 1 : current.length;
			lines.push(current.slice(0, cut).trimEnd());
			current = current.slice(cut);
			cells = widthOf(current);
			if (grapheme === ' ') continue;
		}
		current += grapheme;
		cells += wide;
	}
	return [...lines, current];
};
