import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {redacted} from '../../../source/core/sql/redact.ts';
import {anyText, seed} from '../arbitraries.ts';

describe('only literals are replaced', () => {
	it.each([
		["select * from t where a = 'secret'", 'select * from t where a = ?'],
		["update t1 set a2 = a2 - 25, b = E'it\\'s' where id = 42", 'update t1 set a2 = a2 - ?, b = ? where id = ?'],
		["select 'it''s', n", 'select ?, n'],
		["select b'01' , X'ff', U&'\\0061', N'x'", 'select ?, …'],
		['select 1.5e-3 + .5 - 0xff * 1_000', 'select ? + ? - ? * ?'],
		["select $$a'b$$ || $x$ $$ $x$ || $1", 'select ? || ? || $1'],
		["do $f$ begin perform 'secret'; end $f$;", 'do ?;'],
		[
			"select a$1, \"it's 5\", t1.c2 from s3.t1 -- 5 'x'\nwhere 6 = 6",
			"select a$1, \"it's 5\", t1.c2 from s3.t1 -- 5 'x'\nwhere ? = ?",
		],
		["select /* a /* 'b' */ 1 */ 2", "select /* a /* 'b' */ 1 */ ?"],
		["-- a\r'secret'", '-- a\r?'],
		["insert into t values (1, 'a', null), (2, 'b', null)", 'insert into t values (?, …, null), (?, …, null)'],
		["where id in (1, 2, 3,4) and x = 'a'", 'where id in (?, …) and x = ?'],
		["where a = 'it is cut off he", 'where a = ?'],
		['where a = $q$it is cut off', 'where a = ?'],
		["select interval '1 day', date '2026-11-22'", 'select interval ?, date ?'],
		['select $A$ $a$ b $A$, $x1$c', 'select ?, …'],
		["select /* a /* b */ 'c", "select /* a /* b */ 'c"],
		['select "it\'s', 'select "it\'s'],
		["select U&\"d\\0061t'a\" from U&'\\0061'", 'select U&"d\\0061t\'a" from ?'],
		['select 1e5, 1_000.5, 0xff, 1from t', 'select ?, … t'],
		["select E'a\\\\' , e'b\\'' , 'c'", 'select ?, …'],
		['', ''],
	])('%j becomes %j', (sql, expected) => expect(redacted(sql)).toBe(expected));
});

describe('if the end of a literal is uncertain', () => {
	it.each([
		["select 'a\\' , 'secret' , '", 'select ?…'],
		["select E'a'\n'\\' secret '", 'select ?\n?…'],
		["select 0x1$a$ 'b $a$ secret'", 'select ?…'],
		["select ***secret'", 'select …'],
		["select 1e'a\\' secret '", 'select ??…'],
		["select U&'a\\' secret '", 'select ?…'],
		["select 'it is cut off\\'", 'select ?…'],
		["select\u00a0$a$ 'secret' $a$", '…'],
	])('%j is cut to %j', (sql, expected) => expect(redacted(sql)).toBe(expected));

	it('a literal with an escaped backslash at its end ends in both readings', () =>
		expect(redacted("select 'a\\\\', b, 'c'")).toBe('select ?, b, ?'));
});

it('a redacted text stays redacted, and any text is read to its end', () => {
	fc.assert(
		fc.property(
			fc.array(fc.oneof(anyText, fc.constantFrom("'", '"', '$$', '$a$', '/*', '*/', '--', '\n', '\\', '1', 'e', ','))),
			parts => {
				const once = redacted(parts.join(''));
				expect(redacted(once).length).toBeLessThanOrEqual(once.length + 1);
				expect(once.replace(/--[^\n\r]*|"[^"]*"?|\/\*[\s\S]*|[$\w\u0080-\uffff]+/g, '')).not.toMatch(/'|\d/);
			},
		),
		{seed, numRuns: 3000},
	);
});
