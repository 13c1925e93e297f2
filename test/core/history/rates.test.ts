import {describe, expect, it} from 'vitest';
import {answersOver, perSecond, type Reading, secondsUntil, trend} from '../../../source/core/history/rates.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {laterBy, msOf} from '../../../source/core/values/instant.ts';

const begin = '2026-11-22T14:00:00.000000+00:00';
const readings = (values: readonly (number | null)[], everySeconds = 10): readonly Reading[] =>
	values.map((value, index) => ({at: laterBy(begin, index * everySeconds * 1000), value}));

describe('a rate', () => {
	const at = (second: number, value: number | null) => ({at: `2026-11-22T14:30:0${second}.500000+00:00`, value});

	it.each([
		['rises by what came each second', at(0, 100), at(4, 140), 10],
		['is nothing while nothing comes', at(0, 100), at(4, 100), 0],
		['is unknown when the counter was reset', at(0, 100), at(4, 40), null],
		['is unknown while no time passed', at(4, 100), at(4, 140), null],
		['is unknown when time went back', at(5, 100), at(4, 140), null],
		['is unknown without a first reading', at(0, null), at(4, 140), null],
		['is unknown without a last reading', at(0, 100), at(4, null), null],
	])('%s', (_, from, to, expected) => expect(perSecond(from, to)).toBe(expected));
});

describe('a trend', () => {
	it('is the slope of a steady growth', () => {
		expect(trend(readings([0, 100, 200, 300]), 30)).toBeCloseTo(10, 9);
	});

	it('averages out noise', () => {
		expect(trend(readings([0, 130, 170, 320, 380]), 30)).toBeCloseTo(9.5, 9);
	});

	it('is unknown until its readings span long enough, and without readings', () => {
		expect(trend(readings([0, 100, 200]), 30)).toBeNull();
		expect(trend(readings([null, null, null, null]), 30)).toBeNull();
		expect(trend([], 0)).toBeNull();
	});

	it('starts again after a fall to less than half', () => {
		expect(trend(readings([1000, 2000, 3000, 0, 50, 100, 150]), 30)).toBeCloseTo(5, 9);
		expect(trend(readings([1000, 2000, 3000, 0, 50]), 30)).toBeNull();
	});
});

describe('the time until a limit', () => {
	it('is what is left divided by the growth, and unknown without growth', () => {
		expect(secondsUntil(100, 10)).toBe(10);
		expect(secondsUntil(-5, 10)).toBe(0);
		expect(secondsUntil(100, 0)).toBeNull();
		expect(secondsUntil(100, -1)).toBeNull();
		expect(secondsUntil(null, 10)).toBeNull();
	});
});

describe('the answers over a window', () => {
	const databases = {name: 'databases', fields: {}};
	const samples = Array.from({length: 30}, (_, second): Sample => {
		const at = laterBy(begin, second * 1000);
		return {seq: second, at, own: [], results: {databases: {ok: true, at, tookMs: 1, rows: []}}};
	});
	const secondsOf = (last: number, windowMs: number): readonly number[] =>
		answersOver(samples[last] as Sample, samples, databases, windowMs).map(({at}) => (msOf(at) - msOf(begin)) / 1000);

	it('are about five seconds apart', () => {
		expect(secondsOf(20, 10_000)).toEqual([10, 15, 20]);
	});

	it('start with the oldest one, so that every count since then is included', () => {
		expect(secondsOf(7, 60_000)).toEqual([0, 2, 7]);
		expect(secondsOf(29, 12_000)).toEqual([17, 19, 24, 29]);
	});
});
