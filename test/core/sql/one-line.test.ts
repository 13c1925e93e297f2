import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {tokensOf} from '../../../source/core/sql/lexer.ts';
import {oneLine} from '../../../source/core/sql/one-line.ts';
import {queries} from '../../../source/queries/index.ts';
import {anyText, seed} from '../arbitraries.ts';

/** What the server reads: every token but white space and line comments. */
const read = (sql: string): readonly string[] =>
	Array.from(tokensOf(sql), ({kind, from, to}) => (kind === 'space' ? '' : sql.slice(from, to))).filter(
		text => text !== '' && !text.startsWith('--'),
	);

describe('a statement on one line', () => {
	it.each([
		['\n\tselect\n\t\ta,\n\tb \n', 'select a, b'],
		["select 'two\n\tlines',\n1", "select 'two\n\tlines', 1"],
		['select "two\nlines"\n', 'select "two\nlines"'],
		['$$\nbegin\n$$\n;\n', '$$\nbegin\n$$ ;'],
		['select 1 -- one\n, 2', 'select 1 , 2'],
		['select 1--one', 'select 1'],
		['/* kept */\nselect 1', '/* kept */ select 1'],
		["select 'a' -- joined\n\n\t'b'", "select 'a'\n'b'"],
		['', ''],
	])('of %j is %j', (sql, line) => {
		expect(oneLine(sql)).toBe(line);
	});

	it('is read by the server as the statement was', () => {
		fc.assert(
			fc.property(anyText, sql => {
				expect(read(oneLine(sql))).toEqual(read(sql));
				expect(oneLine(oneLine(sql))).toBe(oneLine(sql));
			}),
			{seed, numRuns: 500},
		);
	});

	it('holds every query', () => {
		const rungs = [...queries.values()].flatMap(({ladder}) => ladder);
		expect(rungs.length).toBeGreaterThan(50);
		for (const {sql} of rungs) {
			expect(oneLine(sql)).not.toMatch(/[\n\r\t]/);
			expect(read(oneLine(sql))).toEqual(read(sql));
		}
	});
});
