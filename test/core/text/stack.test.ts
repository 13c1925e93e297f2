import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import {type Layer, scaleOf, stack} from '../../../source/core/text/stack.ts';

const layers: readonly Layer[] = [
	{tone: 'cpu', letter: 'C'},
	{tone: 'io', letter: 'I'},
	{tone: 'lock', letter: 'L'},
];

const column = fc.option(fc.array(fc.double({min: 0, max: 100, noNaN: true}), {minLength: 3, maxLength: 3}), {nil: undefined});

const drawn = (columns: readonly (readonly number[] | undefined)[], height: number, scale: number, ascii = false) =>
	stack(columns, {layers, height, scale, ascii}).map(textOf);

describe('a stacked chart', () => {
	it('stacks classes from the bottom in eighths of a line', () => {
		expect(drawn([[4, 0, 0], [2, 0, 2], [1, 0, 0], [0, 0, 0], undefined], 2, 4)).toEqual(['██   ', '██▄ ·']);
	});

	it('draws letters where there are no blocks', () => {
		expect(drawn([[2, 0, 2], [0.1, 0, 0], undefined], 2, 4, true)).toEqual(['L  ', 'CC.']);
	});

	it('gives a cell to the class that takes most of it', () => {
		const lines = stack([[1, 0, 3]], {layers, height: 1, scale: 4, ascii: true});
		expect(lines.map(textOf)).toEqual(['L']);
		expect(lines[0]?.[0]?.tone).toBe('lock');
	});

	it('is as high as asked and as wide as its columns, and shows every load above 0', () => {
		fc.assert(
			fc.property(fc.array(column, {maxLength: 60}), fc.integer({min: 1, max: 12}), fc.boolean(), (columns, height, ascii) => {
				const peak = Math.max(0, ...columns.map(values => values?.reduce((sum, value) => sum + value, 0) ?? 0));
				const lines = stack(columns, {layers, height, scale: scaleOf(peak), ascii});
				expect(lines).toHaveLength(height);
				for (const line of lines) expect(lineWidth(line)).toBe(columns.length);
				const bottom = textOf(lines.at(-1) ?? []);
				for (const [index, values] of columns.entries()) {
					const isLoaded = values?.some(value => value > 0) ?? true;
					expect(bottom.charAt(index) !== ' ').toBe(isLoaded);
				}
			}),
		);
	});

	it('never floats: a cell is drawn only over a full one', () => {
		fc.assert(
			fc.property(fc.array(column, {maxLength: 30}), fc.integer({min: 2, max: 8}), (columns, height) => {
				const lines = stack(columns, {layers, height, scale: 256, ascii: false}).map(textOf);
				for (let row = 0; row < height - 1; row++)
					for (const [index, cell] of [...(lines[row] ?? '')].entries())
						if (cell !== ' ') expect(lines[row + 1]?.charAt(index)).toBe('█');
			}),
		);
	});

	it('scales to powers of two, so that it rarely changes', () => {
		expect([0, 0.3, 1, 1.1, 2, 3, 16, 17].map(scaleOf)).toEqual([1, 1, 1, 2, 2, 4, 16, 32]);
	});
});
