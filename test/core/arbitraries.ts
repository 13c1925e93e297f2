import fc from 'fast-check';
import type {Row, Value} from '../../source/core/sample/sample.ts';

/** Seed of every property test, so that a failure is reproducible. */
export const seed = 20_261_122;

const traps = [
	'\u001b[2J',
	'\u009b31m',
	'\u202e',
	'\u2066',
	'\u200b',
	'\u200d',
	'\u{e0041}',
	'\ufe0f',
	'\u2028',
	'\u3164',
	'\u180e',
	'\ud83d',
	'\udc00',
	'\r\n\t',
	'\u0007',
	'\u00ad',
] as const;
const visible = [
	'漢字',
	'한국어',
	'ｗ',
	'👩',
	'👍🏽',
	'🇩🇪',
	'e\u0301',
	'\u0301',
	'หิ',
	'ß',
	'  ',
	'select ',
	'from',
	' ',
	',',
] as const;

/** Any text, more than a server can send: every code unit, lone surrogates included, often wide, combining or hostile. */
export const anyText: fc.Arbitrary<string> = fc
	.array(
		fc.oneof(
			fc.integer({min: 0, max: 0xffff}).map(code => String.fromCharCode(code)),
			fc.integer({min: 0, max: 0x10ffff}).map(code => String.fromCodePoint(code)),
			fc.integer({min: 0x20, max: 0x7e}).map(code => String.fromCharCode(code)),
			fc.constantFrom(...traps),
			fc.constantFrom(...visible),
		),
		{maxLength: 40},
	)
	.map(parts => parts.join(''));

const anyValue: fc.Arbitrary<Value> = fc.oneof(
	anyText,
	fc.integer(),
	fc.double({noNaN: true, noDefaultInfinity: true}).map(value => value + 0),
	fc.boolean(),
	fc.constant(null),
	fc.array(fc.integer(), {maxLength: 3}),
);

/** A row of any fields. */
export const anyRow: fc.Arbitrary<Row> = fc.dictionary(fc.constantFrom('pid', 'query', 'état', '\u202e'), anyValue, {maxKeys: 4});

/** Characters that must not leave the core: controls, format characters, line separators, and everything invisible. */
export const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
