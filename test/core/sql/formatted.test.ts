import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {formattedStatement} from '../../../source/core/sql/formatted.ts';
import {clean, widthOf} from '../../../source/core/text/clean.ts';
import {textOf} from '../../../source/core/text/line.ts';

const linesOf = (sql: string, width = 60): readonly string[] => formattedStatement(sql, width).map(textOf);
const solid = (text: string): string => text.replaceAll(/\s+/g, '');

describe('a formatted statement', () => {
	it('has a line for each clause', () => {
		expect(
			linesOf("select a, (select max(b) from c where d = 1) from e left join f on e.id = f.id where g = 'x' order by a limit 5"),
		).toEqual([
			'select a, (select max(b) from c where d = 1)',
			'from e',
			'left join f on e.id = f.id',
			"where g = 'x'",
			'order by a',
			'limit 5',
		]);
		expect(linesOf('update a set b = 1 from c where a.id = c.id returning b')).toEqual([
			'update a',
			'set b = 1',
			'from c',
			'where a.id = c.id',
			'returning b',
		]);
	});

	it('does not break words that belong together', () => {
		expect(linesOf('delete from a using b where a.id = b.id')).toEqual(['delete from a', 'using b', 'where a.id = b.id']);
		expect(linesOf('select distinct on (a) a from b union all select c from d')).toEqual([
			'select distinct on (a) a',
			'from b',
			'union all select c',
			'from d',
		]);
	});

	it('keeps the lines of a statement that has several, and their indentation', () => {
		expect(linesOf('\n\tselect a\n\tfrom b\n\t\twhere c = 1\n')).toEqual(['select a', 'from b', '  where c = 1']);
	});

	it('ends a line after a comment and reads no keyword inside of quotes', () => {
		expect(linesOf('select 1 as "from", \'where\' -- the end')).toEqual(['select 1 as "from", \'where\' -- the end']);
	});

	it('makes keywords stand out and comments recede', () => {
		const [first] = formattedStatement('select a /* note */', 60);
		expect(first?.map(({text, tone}) => [text.trim(), tone]).filter(([text]) => text !== '')).toEqual([
			['select', 'strong'],
			['a', 'calm'],
			['/* note */', 'dim'],
		]);
	});

	it('differs from the statement in white space only, and fits its width', () => {
		const part = fc.oneof(
			fc.constantFrom(
				'select',
				'from',
				'WHERE',
				'left',
				'join',
				'(',
				')',
				',',
				' ',
				'\n',
				'\t',
				"'",
				'"',
				'--',
				'/*',
				'*/',
				'$1',
				';',
				'é',
				'好',
				'\u202e',
			),
			fc.string({maxLength: 12}),
		);
		fc.assert(
			fc.property(fc.array(part, {maxLength: 40}), fc.integer({min: 8, max: 120}), (parts, width) => {
				const sql = parts.join(' ');
				const lines = linesOf(sql, width);
				expect(solid(lines.join(''))).toBe(solid(clean(sql)));
				for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width + 1);
			}),
			{numRuns: 500},
		);
	});
});
