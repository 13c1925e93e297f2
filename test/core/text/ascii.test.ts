import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {cellsInAscii, inAscii} from '../../../source/core/text/ascii.ts';
import {lineInAscii, linesInAscii} from '../../../source/core/text/ascii-lines.ts';
import {graphemes, widthOf} from '../../../source/core/text/clean.ts';
import {line, lineWidth, span, textOf} from '../../../source/core/text/line.ts';

const printable = /^[\x20-\x7e]*$/;

describe('text in ASCII', () => {
	it.each([
		['naïve café', 'naive cafe'],
		['Größe', 'Grosse'],
		['Łódź', 'Lodz'],
		['заказы', 'zakazy'],
		['Щука', 'Shchuka'],
		['Πελάτης', 'Pelatis'],
		['the server’s own host …', "the server's own host ..."],
		['„quoted“ — ‘so’', '"quoted" -- \'so\''],
		['12 × 3 ± 1', '12 x 3 +- 1'],
		['ﬁle ＡＢ²', 'file AB2'],
		['▁▄█', '.=@'],
		['└ ┆ ↻ ▶ ❯', '` : @ > >'],
	])('writes %s as %s', (text, expected) => {
		expect(inAscii(text)).toBe(expected);
	});

	it('escapes what no letter stands for, so that different names stay different', () => {
		expect(inAscii('表_数据')).toBe('\\u8868_\\u6570\\u636e');
		expect(inAscii('paid 💰')).toBe('paid \\u{1f4b0}');
		expect(inAscii('\x1b]0;owned\x07\u202e')).toBe('^[]0;owned^G\\u202e');
	});

	it('is printable, the same when written again, and leaves ASCII alone', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				const ascii = inAscii(text);
				expect(ascii).toMatch(printable);
				expect(inAscii(ascii)).toBe(ascii);
				if (printable.test(text)) expect(ascii).toBe(text);
			}),
		);
	});
});

describe('cells in ASCII', () => {
	it('are as many as before', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), fc.integer({min: 1, max: 2}), (text, cells) => {
				for (const cluster of graphemes(text)) {
					const ascii = cellsInAscii(cluster, cells);
					expect(ascii).toMatch(printable);
					expect(ascii).toHaveLength(cells);
				}
			}),
		);
	});

	it.each([
		['╭', '+'],
		['─', '-'],
		['│', '|'],
		['├', '+'],
		['ß', 's'],
		['ж', 'z'],
		['…', '.'],
	])('draw %s as %s', (cell, expected) => {
		expect(cellsInAscii(cell, 1)).toBe(expected);
	});

	it('of a wide character are question marks', () => {
		expect(cellsInAscii('数', 2)).toBe('??');
	});
});

describe('a line in ASCII', () => {
	it('keeps its tones', () => {
		expect(lineInAscii([span('é', 'danger'), span('ü')]).map(({text, tone}) => [text, tone])).toEqual([
			['e', 'danger'],
			['u', 'calm'],
		]);
	});

	it('of a page continues on the next lines if it has become longer', () => {
		const lines = linesInAscii([span('name  ', 'dim'), span('数据')], 10);
		expect(lines.map(textOf)).toEqual(['name  \\u65', '70\\u636e']);
		for (const each of lines) expect(lineWidth(each)).toBeLessThanOrEqual(10);
		expect(lines[1]?.[0]?.tone).toBe('calm');
		expect(linesInAscii(line('plain'), 10).map(textOf)).toEqual(['plain']);
		expect(widthOf('数据')).toBe(4);
	});
});
