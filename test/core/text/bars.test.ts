import {describe, expect, it} from 'vitest';
import {bars, barsInAscii} from '../../../source/core/text/bars.ts';

describe('bars', () => {
	it('have the height of their fraction of the next power of two', () => {
		expect(bars([0, 1, 2, 3, 4])).toBe(' ▂▄▆█');
		expect(bars([0, 1, 2, 3, 5])).toBe(' ▁▂▃▅');
	});

	it('keep their height until a value doubles', () => {
		expect(bars([5, 6])).toBe(bars([5, 6, 8]).slice(0, 2));
	});

	it('show the smallest value, and nothing for zero', () => {
		expect(bars([0.001, 0, 100])).toBe('▁ ▇');
		expect(bars([0, 0])).toBe('  ');
		expect(bars([])).toBe('');
	});

	it('have ASCII equivalents', () => {
		expect(barsInAscii(' ▁▂▃▄▅▆▇█')).toBe(' .:-=+*#@');
	});
});
