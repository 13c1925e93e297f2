import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {identifier, relationName} from '../../../source/core/values/quote.ts';
import {parseRelationName} from '../../../source/core/values/relation-name.ts';

describe('a relation name', () => {
	it.each([
		['orders', {schema: null, name: 'orders', rest: ''}],
		['  Public.Orders ', {schema: 'public', name: 'orders', rest: ''}],
		['"Order Items" alter table', {schema: null, name: 'Order Items', rest: 'alter table'}],
		['shop."a.b""c"', {schema: 'shop', name: 'a.b"c', rest: ''}],
		['orders  share', {schema: null, name: 'orders', rest: 'share'}],
	])('%s is read as SQL reads it', (text, parsed) => {
		expect(parseRelationName(text)).toEqual(parsed);
	});

	it.each(['', '   ', '.', 'a.', 'a.b.c', '"open', 'a"b'])('%j is not one', text => {
		expect(parseRelationName(text)).toBeUndefined();
	});

	it('is the one that SQL would write, for any name', () => {
		const name = fc.string({unit: 'grapheme', minLength: 1, maxLength: 20});
		fc.assert(
			fc.property(name, name, (schema, table) => {
				expect(parseRelationName(relationName(schema, table))).toEqual({schema, name: table, rest: ''});
				expect(parseRelationName(`${identifier(table)} x`)).toEqual({schema: null, name: table, rest: 'x'});
			}),
		);
	});
});
