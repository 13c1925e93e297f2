import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseInstant} from '../../../source/core/sample/query.ts';
import {msOf, secondsBetween} from '../../../source/core/values/instant.ts';
import {bytes, duration, parseBytes, parseDuration, percent, shortCount} from '../../../source/core/values/units.ts';
import {seed} from '../arbitraries.ts';

const runs = {seed, numRuns: 5000};
const two = (value: number): string => String(value).padStart(2, '0');

describe('an instant', () => {
	const moments = fc.record({
		at: fc.date({min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true}),
		micros: fc.nat({max: 999}),
		zone: fc.integer({min: -15 * 4 + 1, max: 15 * 4 - 1}).map(quarters => quarters * 15),
	});

	it('has the milliseconds of Date plus its microseconds, in every zone', () => {
		fc.assert(
			fc.property(moments, ({at, micros, zone}) => {
				const local = new Date(at.getTime() + zone * 60_000);
				fc.pre(local.getUTCFullYear() >= 1970 && local.getUTCFullYear() <= 9999);
				const offset = `${zone < 0 ? '-' : '+'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
				const text = `${local.toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}${offset}`;
				expect(text).toHaveLength(32);
				expect(msOf(text)).toBeCloseTo(at.getTime() + micros / 1000, 3);
			}),
			runs,
		);
	});

	it.each([
		['2026-11-22 14:30:00+00', '2026-11-22T14:30:00.000000+00:00'],
		['2026-11-22 14:30:00.12-03:30', '2026-11-22T14:30:00.120000-03:30'],
		['2026-11-22 14:30:00.123456+0530', '2026-11-22T14:30:00.123456+05:30'],
		['infinity', 'infinity'],
		['-infinity', '-infinity'],
	])('%s of the server is %s', (raw, instant) => expect(parseInstant(raw)).toBe(instant));

	it('of invalid text has no milliseconds', () => {
		expect(msOf('infinity')).toBeNaN();
		expect(msOf('')).toBeNaN();
	});

	it('is an exact number of microseconds after another, and unknown if the clock was set back', () => {
		const at = '2026-11-22T14:30:00.000001+00:00';
		expect(secondsBetween(at, '2026-11-22T15:30:01.000003+01:00')).toBe(1.000002);
		expect(secondsBetween('2026-11-22T14:30:01.500000+00:00', at)).toBe(0);
		expect(secondsBetween('2026-11-22T14:30:09.000000+00:00', at)).toBeNull();
		expect(secondsBetween(null, at)).toBeNull();
		expect(secondsBetween('infinity', at)).toBeNull();
	});
});

describe('a duration', () => {
	it.each([
		[0, '0ms'],
		[0.0004, '0ms'],
		[0.012, '12ms'],
		[0.9994, '999ms'],
		[0.9995, '1.0s'],
		[9.94, '9.9s'],
		[9.95, '10s'],
		[59.4, '59s'],
		[59.5, '1m00'],
		[723, '12m03'],
		[3599.4, '59m59'],
		[3599.5, '1h00'],
		[11_220, '3h07'],
		[86_399.4, '23h59'],
		[86_399.6, '1d00h'],
		[1_051_200, '12d04h'],
		[8_639_999, '99d23h'],
		[8_640_000, '100d'],
		[34_560_000, '400d'],
	])('of %f seconds is %s', (seconds, text) => expect(duration(seconds)).toBe(text));

	it('takes at most six cells, up to two hundred years', () => {
		fc.assert(
			fc.property(fc.double({min: 0, max: 6.3e9, noNaN: true}), seconds => {
				expect(duration(seconds).length).toBeLessThanOrEqual(6);
			}),
			runs,
		);
	});

	it('is parsed back from its text', () => {
		const units = {us: 1e-6, ms: 1e-3, s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800} as const;
		fc.assert(
			fc.property(fc.nat({max: 9999}), fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])), (value, unit) => {
				expect(parseDuration(`${value}${unit}`)).toBe(value * units[unit]);
			}),
			runs,
		);
		expect(parseDuration('1.5h')).toBe(5400);
		expect(parseDuration('90')).toBe(90);
		expect(parseDuration(' 5 M ')).toBe(300);
	});

	it.each(['', 'm', '-5s', '5 parsecs', '1e3s', '5m03', '5mm', '1.s'])('cannot be parsed from %j', text =>
		expect(parseDuration(text)).toBeUndefined(),
	);
});

describe('a size', () => {
	it.each([
		[0, '0B'],
		[812, '812B'],
		[1023, '1023B'],
		[1024, '1.0kB'],
		[1536, '1.5kB'],
		[20 * 1024 ** 2, '20.0MB'],
		[99.96 * 1024, '100kB'],
		[1023.6 * 1024, '1.0MB'],
		[312 * 1024 ** 3, '312GB'],
		[5 * 1024 ** 6, '5120PB'],
		[-2048, '-2.0kB'],
	])('of %f bytes is %s', (value, text) => expect(bytes(value)).toBe(text));

	it('takes at most seven cells below an exbibyte and keeps its value', () => {
		fc.assert(
			fc.property(fc.double({min: 0, max: 1024 ** 5 * 999, noNaN: true}), value => {
				const text = bytes(value);
				expect(text.length).toBeLessThanOrEqual(7);
				const read = parseBytes(text);
				expect(read).toBeDefined();
				expect(Math.abs((read ?? 0) - value)).toBeLessThanOrEqual(Math.max(0.5, value * 0.05));
			}),
			runs,
		);
	});

	it.each([
		['10MB', 10 * 1024 ** 2],
		['8kB', 8192],
		['512', 512],
		['1.5 gb', 1.5 * 1024 ** 3],
		['2k', 2000],
		['3M', 3e6],
	])('parsed from %j is %i', (text, value) => expect(parseBytes(text)).toBe(value));

	it.each(['', 'MB', '5x', '-1kB', '1,5MB'])('cannot be parsed from %j', text => expect(parseBytes(text)).toBeUndefined());
});

describe('a count', () => {
	it.each([
		[0, '0'],
		[950, '950'],
		[999.4, '999'],
		[999.6, '1.0k'],
		[1234, '1.2k'],
		[99_949, '99.9k'],
		[99_951, '100k'],
		[35_000_000, '35.0M'],
		[2_100_000_000, '2.1G'],
	])('of %f is %s', (value, text) => expect(shortCount(value)).toBe(text));
});

describe('a percentage', () => {
	it.each([
		[0, '0.0%'],
		[0.004, '0.4%'],
		[0.0994, '9.9%'],
		[0.12, '12%'],
		[0.994, '99%'],
		[0.996, '99.6%'],
		[0.9994, '99.9%'],
		[1, '100%'],
	])('of %d is %s: only 1 is 100%%', (part, written) => {
		expect(percent(part)).toBe(written);
	});
});
