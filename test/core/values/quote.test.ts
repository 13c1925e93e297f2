import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {clean} from '../../../source/core/text/clean.ts';
import {identifier, literal} from '../../../source/core/values/quote.ts';

describe('a literal', () => {
	it.each([
		['plain', "'plain'"],
		["it's", "'it''s'"],
		['back\\slash', String.raw`E'back\\slash'`],
		["a\n'b'", String.raw`E'a\u000a''b'''`],
		['\u{e0041}', String.raw`E'\U000e0041'`],
		['名前', "'名前'"],
	])('of %j is %s', (text, written) => {
		expect(literal(text)).toBe(written);
	});

	it('shows on a screen as it is', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				expect(clean(literal(text))).toBe(literal(text));
			}),
		);
	});
});

it.each([
	['shop', 'shop'],
	['Shop', '"Shop"'],
	['odd"name', '"odd""name"'],
	['1st', '"1st"'],
])('the identifier %j is %s', (name, written) => {
	expect(identifier(name)).toBe(written);
});
