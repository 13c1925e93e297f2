import {describe, expect, it} from 'vitest';
import {csvCell} from '../../../source/core/pane/csv.ts';

describe('a cell of CSV', () => {
	it.each([
		['=1+1', "'=1+1"],
		['+1', "'+1"],
		['@SUM(1)', "'@SUM(1)"],
		["-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0"],
		['\t=1+1', "' =1+1"],
		['\r=1+1', "' =1+1"],
		['  =1+1', "'  =1+1"],
		['\uff1d1+1', "'\uff1d1+1"],
		['-', "'-"],
		['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
	])('is text if it begins like a formula: %j', (value, cell) => {
		expect(csvCell(value)).toBe(cell);
	});

	it.each<readonly [Parameters<typeof csvCell>[0], string]>([
		[-5, '-5'],
		[-0.25, '-0.25'],
		[-1e-7, '-1e-7'],
		['-5', '-5'],
		['-1.5e+30', '-1.5e+30'],
		[7, '7'],
		[true, 'true'],
		[[3, 0], '3 0'],
		['a-b', 'a-b'],
		[null, ''],
	])('keeps numbers and other values: %j', (value, cell) => {
		expect(csvCell(value)).toBe(cell);
	});

	it('is quoted if it has a separator, also that of other languages', () => {
		expect(csvCell('a,b')).toBe('"a,b"');
		expect(csvCell('a;=1')).toBe('"a;=1"');
		expect(csvCell('a, "b"')).toBe('"a, ""b"""');
	});

	it('has no control characters', () => {
		expect(csvCell('a\x1b[2J\nb')).toBe('a^[[2J b');
	});
});
