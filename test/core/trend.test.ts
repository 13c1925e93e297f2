import {describe, expect, it} from 'vitest';
import type {Reading} from '../../source/core/rate.ts';
import {secondsUntil, trend} from '../../source/core/trend.ts';
import {laterBy} from '../../source/core/units.ts';

const begin = '2026-11-22T14:00:00.000000+00:00';
const readings = (values: readonly (number | null)[], everySeconds = 10): readonly Reading[] =>
	values.map((value, index) => ({at: laterBy(begin, index * everySeconds * 1000), value}));

describe('a trend', () => {
	it('is the slope of a figure that grows steadily', () => {
		expect(trend(readings([0, 100, 200, 300]), 30)).toBeCloseTo(10, 9);
	});

	it('evens out what scatters', () => {
		expect(trend(readings([0, 130, 170, 320, 380]), 30)).toBeCloseTo(9.5, 9);
	});

	it('is unknown before its readings span long enough, and where there are none', () => {
		expect(trend(readings([0, 100, 200]), 30)).toBeNull();
		expect(trend(readings([null, null, null, null]), 30)).toBeNull();
		expect(trend([], 0)).toBeNull();
	});

	it('begins anew where the figure fell to less than half', () => {
		expect(trend(readings([1000, 2000, 3000, 0, 50, 100, 150]), 30)).toBeCloseTo(5, 9);
		expect(trend(readings([1000, 2000, 3000, 0, 50]), 30)).toBeNull();
	});
});

describe('the time until a figure has taken what is left', () => {
	it('is what is left by its pace, and none where it does not grow', () => {
		expect(secondsUntil(100, 10)).toBe(10);
		expect(secondsUntil(-5, 10)).toBe(0);
		expect(secondsUntil(100, 0)).toBeNull();
		expect(secondsUntil(100, -1)).toBeNull();
		expect(secondsUntil(null, 10)).toBeNull();
	});
});
