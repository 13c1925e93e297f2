import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {bareWords, tokensOf} from '../../../source/core/sql/lexer.ts';
import {anyText, seed} from '../arbitraries.ts';

const tokens = (sql: string, escapes = false): readonly string[] =>
	Array.from(tokensOf(sql, escapes), ({kind, from, to}) => `${kind} ${sql.slice(from, to)}`).filter(
		token => !token.startsWith('space '),
	);

const contents = (sql: string, escapes = false): readonly string[] =>
	Array.from(tokensOf(sql, escapes))
		.filter(({kind}) => kind === 'literal' || kind === 'dollar' || kind === 'name')
		.map(({first, last}) => sql.slice(first, last));

describe('the tokens of a statement', () => {
	it.each([
		['select a, 1', ['word select', 'word a', 'other ,', 'number 1']],
		['/* a /* b */ c */ d', ['comment /* a /* b */ c */', 'word d']],
		['/* a /* b */ c', ['comment /* a /* b */ c']],
		["-- it's\nb", ["comment -- it's", 'word b']],
		["-- it's\rb", ["comment -- it's", 'word b']],
		["'it''s' b", ["literal 'it''s'", 'word b']],
		["'a\\' b", ["literal 'a\\'", 'word b']],
		["E'a\\' b' c", ["literal E'a\\' b'", 'word c']],
		["U&'\\0061' n'b' x'ff' b'0'", ["literal U&'\\0061'", "literal n'b'", "literal x'ff'", "literal b'0'"]],
		['"a""b" U&"d\\0061t"', ['name "a""b"', 'name U&"d\\0061t"']],
		["$$a'b$$ $x$ $$ $x$ $é$c$é$", ["dollar $$a'b$$", 'dollar $x$ $$ $x$', 'dollar $é$c$é$']],
		['$a$ $A$ $a$', ['dollar $a$ $A$ $a$']],
		['a$b$c$b$', ['word a$b$c$b$']],
		['$1a$b$1a$', ['parameter $1', 'word a$b$1a$']],
		['$1$a$b$a$', ['parameter $1', 'dollar $a$b$a$']],
		['$ $', ['other $', 'other $']],
		['1.5e-3+.5-1_000', ['number 1.5e-3', 'other +', 'number .5', 'other -', 'number 1_000']],
		['1for 0xff 1e', ['number 1', 'word for', 'number 0', 'word xff', 'number 1', 'word e']],
		["'a", ["literal 'a"]],
		['"a', ['name "a']],
		['$x$a', ['dollar $x$a']],
	])('%j are %j', (sql, expected) => expect(tokens(sql)).toEqual(expected));

	it('end a plain literal after an escaped quote if a backslash escapes', () => {
		expect(tokens("'a\\' b' c", true)).toEqual(["literal 'a\\' b'", 'word c']);
		expect(contents('\'a\\\\\' "b\\" c', true)).toEqual(['a\\\\', 'b\\']);
	});

	it('have the content of a literal, also of one that was cut', () => {
		expect(contents("E'a' $x$b$x$ U&\"c\" 'd''")).toEqual(['a', 'b', 'c', "d''"]);
		expect(contents('$x$b')).toEqual(['b']);
	});
});

describe('a literal on the next line', () => {
	const continued = (sql: string): readonly boolean[] =>
		Array.from(tokensOf(sql)).flatMap(({kind, continues}) => (kind === 'literal' ? [continues] : []));

	it.each(["'a'\n'b'", "'a' \r 'b'", "'a' -- c\n 'b'", "'a'\n-- c\n'b'"])('continues %j', sql =>
		expect(continued(sql)).toEqual([false, true]),
	);

	it.each(["'a' 'b'", "'a'\n, 'b'", "'a'\n/* c */ 'b'", "'a'\nE'b'", "$$a$$\n'b'", "'a' -- c 'b'\n"])(
		'does not continue %j',
		sql => expect(continued(sql)).not.toContain(true),
	);

	it('has the escapes of the literal that it continues', () =>
		expect(tokens("E'a'\n'b\\' c'\n'd\\' e' f")).toEqual(["literal E'a'", "literal 'b\\' c'", "literal 'd\\' e'", 'word f']));
});

it('tokens follow each other without a gap to the end of any text', () => {
	const piece = fc.constantFrom("'", '"', '$$', '$a$', '/*', '*/', '--', '\n', '\r', '\\', '1', '.', 'e', "E'", "u&'", 'u&"');
	fc.assert(
		fc.property(fc.array(fc.oneof(anyText, piece)), fc.boolean(), (parts, escapes) => {
			const text = parts.join('');
			const all = Array.from(tokensOf(text, escapes));
			expect(all.map(({from, to}) => text.slice(from, to)).join('')).toBe(text);
			for (const {from, to, first, last} of all) {
				expect(from).toBeLessThan(to);
				expect(from).toBeLessThanOrEqual(first);
				expect(first).toBeLessThanOrEqual(last);
				expect(last).toBeLessThanOrEqual(to);
			}
		}),
		{seed, numRuns: 3000},
	);
});

it('bare words are those outside literals, comments and quoted names', () => {
	expect(bareWords('SELECT a, \'b\', $$c$$, "d", U&"e" -- f\rFOR /* g */ 1update')).toEqual(['select', 'a', 'for', 'update']);
});
