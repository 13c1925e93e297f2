import {graphemes, widthOf} from '../core/text/clean.ts';

/** The content of one cell: a code point, or beyond U+10FFFF the number of a cluster; 0 is the rest of a wide character. */
export type Glyph = number;

/** A cell of a wide character after its first one. */
export const rest: Glyph = 0;

/** An empty cell. */
export const blank: Glyph = 0x20;

const firstCluster = 0x110000;
// Query texts are untrusted: without a limit every new pile of accents would be kept for the life of the process.
const mostClusters = 8192;
const clusters: string[] = [];
const numbers = new Map<string, Glyph>();

const replacement: Glyph = 0xfffd;
const cannotStart = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7fb]/u;

/** The glyph of one grapheme cluster; U+FFFD if it would join the cell before it, or if there are too many clusters. */
const glyphOf = (cluster: string): Glyph => {
	const code = cluster.codePointAt(0) ?? blank;
	if (cannotStart.test(cluster)) return replacement;
	if (cluster.length === (code > 0xffff ? 2 : 1)) return code;
	const existing = numbers.get(cluster);
	if (existing !== undefined) return existing;
	if (clusters.length >= mostClusters) return replacement;
	const glyph = firstCluster + clusters.length;
	clusters.push(cluster);
	numbers.set(cluster, glyph);
	return glyph;
};

/** The text of a glyph on the terminal. */
export const glyphText = (glyph: Glyph): string =>
	glyph < firstCluster ? String.fromCodePoint(glyph) : (clusters[glyph - firstCluster] ?? ' ');

/** True for printable ASCII, the only text on whose width all terminals agree. */
export const isAscii = (glyph: Glyph): boolean => glyph >= 0x20 && glyph <= 0x7e;

/** True for more than one code point, which terminals may draw separately. */
export const isCluster = (glyph: Glyph): boolean => glyph >= firstCluster;

/** True for a single narrow character: Latin, Greek, Cyrillic, punctuation, arrows, boxes, blocks, braille. */
export const isNarrow = (glyph: Glyph): boolean =>
	isAscii(glyph) ||
	(glyph >= 0xa1 && glyph <= 0x2ff && glyph !== 0xad) ||
	(glyph >= 0x384 && glyph <= 0x482) ||
	(glyph >= 0x48a && glyph <= 0x52f) ||
	(glyph >= 0x2010 && glyph <= 0x2027) ||
	(glyph >= 0x2190 && glyph <= 0x21ff) ||
	(glyph >= 0x2500 && glyph <= 0x25fc) ||
	(glyph >= 0x2800 && glyph <= 0x28ff);

/** True for a single character that has been wide on every terminal for decades: kana, ideographs, Hangul, full-width forms. */
export const isWide = (glyph: Glyph): boolean =>
	(glyph >= 0x3041 && glyph <= 0x3096) ||
	(glyph >= 0x30a1 && glyph <= 0x30fa) ||
	(glyph >= 0x3400 && glyph <= 0x4dbf) ||
	(glyph >= 0x4e00 && glyph <= 0x9fff) ||
	(glyph >= 0xac00 && glyph <= 0xd7a3) ||
	(glyph >= 0xff01 && glyph <= 0xff60);

/** Calls `each` with every cluster of a text and its width in cells; clusters without width are left out. */
export const eachCluster = (text: string, each: (glyph: Glyph, width: number) => void): void => {
	for (const cluster of graphemes(text)) {
		const width = widthOf(cluster);
		if (width > 0) each(glyphOf(cluster), width);
	}
};
