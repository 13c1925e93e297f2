import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {clean, graphemes, widthOf} from '../../../source/core/text/clean.ts';
import {fitLine, joinWhole, type Line, line, lineWidth, span, type Tone, textOf, wrap} from '../../../source/core/text/line.ts';
import {anyText, seed, unsafe} from '../arbitraries.ts';

const runs = {seed, numRuns: 2000};
const tones: readonly Tone[] = ['calm', 'dim', 'strong', 'warn', 'danger', 'good', 'cursor', 'bar', 'key', 'cpu', 'lock'];
const anyLine: fc.Arbitrary<Line> = fc.array(
	fc.tuple(anyText, fc.constantFrom(...tones)).map(([text, tone]) => span(text, tone)),
	{maxLength: 6},
);

describe('a line', () => {
	it('has nothing unsafe, whatever its spans are made of', () => {
		fc.assert(
			fc.property(anyLine, spans => {
				expect(textOf(spans)).not.toMatch(unsafe);
			}),
			runs,
		);
	});

	it('is fitted to exactly the requested width', () => {
		fc.assert(
			fc.property(anyLine, fc.nat({max: 120}), (spans, width) => {
				const fitted = fitLine(spans, width);
				expect(lineWidth(fitted)).toBe(width);
				expect(textOf(fitted)).not.toMatch(unsafe);
			}),
			runs,
		);
	});

	it('keeps what fits with its tones, and fills up with calm blanks', () => {
		expect(fitLine([span('ab', 'warn'), span('cd', 'danger')], 6)).toEqual([
			span('ab', 'warn'),
			span('cd', 'danger'),
			span('  '),
		]);
		expect(fitLine([span('ab', 'warn'), span('cd', 'danger')], 3)).toEqual([span('ab', 'warn'), span('c', 'danger')]);
		expect(fitLine([span('a', 'warn'), span('漢', 'danger')], 2)).toEqual([span('a', 'warn'), span(' ', 'danger')]);
	});
});

describe('parts of a line', () => {
	it('are whole or left out, except the first one', () => {
		const parts = [line('first'), line('a long second'), line('3rd')];
		expect(textOf(joinWhole(parts, 40))).toBe('first  a long second  3rd');
		expect(textOf(joinWhole(parts, 24))).toBe('first  a long second');
		expect(textOf(joinWhole(parts, 19))).toBe('first  3rd');
		expect(textOf(joinWhole(parts, 2))).toBe('first');
	});
});

describe('a wrapped text', () => {
	const withoutBlanks = (text: string): string => text.replaceAll(' ', '');

	it('loses only blanks at line ends', () => {
		fc.assert(
			fc.property(anyText, fc.integer({min: 1, max: 40}), (text, width) => {
				expect(withoutBlanks(wrap(text, width).join(''))).toBe(withoutBlanks(clean(text)));
			}),
			runs,
		);
	});

	it('has no line wider than requested, unless one character is', () => {
		fc.assert(
			fc.property(anyText, fc.integer({min: 1, max: 40}), (text, width) => {
				for (const part of wrap(text, width))
					if (graphemes(part).length > 1 || width > 1) expect(widthOf(part)).toBeLessThanOrEqual(width);
			}),
			runs,
		);
	});

	it('breaks after a word that ends near the edge, else within it', () => {
		expect(wrap('update accounts set balance', 17)).toEqual(['update accounts', 'set balance']);
		expect(wrap('update accounts set balance', 15)).toEqual(['update accounts', 'set balance']);
		expect(wrap('a bbbbbbbbbbbbbbbb', 8)).toEqual(['a bbbbbb', 'bbbbbbbb', 'bb']);
		expect(wrap('漢字漢字漢', 5)).toEqual(['漢字', '漢字', '漢']);
		expect(wrap('👩👩👩', 5)).toEqual(['👩👩', '👩']);
		expect(wrap('', 5)).toEqual(['']);
	});
});
