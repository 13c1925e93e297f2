import {describe, expect, it} from 'vitest';
import type {Row, Sample, Value} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {culpritOf} from '../../../source/panes/horizon/culprit.ts';
import {horizonPane} from '../../../source/panes/horizon/horizon.ts';
import {databaseAges} from '../../../source/panes/horizon/wraparound.ts';

const start = '2026-11-22T14:30:00.000000+00:00';

/** Sample at a number of seconds after `start`, with these answers. */
const sampleAt = (seconds: number, answers: Readonly<Record<string, readonly Row[]>>): Sample => {
	const at = laterBy(start, seconds * 1000);
	const results = Object.fromEntries(
		Object.entries(answers).map(([name, rows]) => [name, {ok: true, at, tookMs: 1, rows} as const]),
	);
	return {seq: seconds, at, own: [], results};
};

const database = (xid_age: number): Row => ({
	datid: 5,
	datname: 'shop',
	xid_age,
	mxid_age: 0,
	freeze_max_age: 200_000_000,
	multixact_freeze_max_age: 400_000_000,
	failsafe_age: 1_600_000_000,
});

const oneDatabase = [{datid: 5, datname: 'shop', connectable: true}];
const facts = [{database: 'shop', in_recovery: false}];
const pulseAt = (next_xid: number): readonly Row[] => [{next_xid, in_recovery: false}];

/** Forecast in seconds for the one database after minutes at a rate of transactions, starting at an id. */
const forecast = (minutes: number, perSecond: number, xid_age: number, from = 1000): number | null => {
	const samples = Array.from({length: minutes * 12 + 1}, (_, index) =>
		sampleAt(index * 5, {
			pulse: pulseAt((from + index * 5 * perSecond) % 2 ** 32),
			freeze_ages: [database(xid_age)],
		}),
	);
	return databaseAges(samples.at(-1) as Sample, samples)[0]?.stops_in_seconds ?? null;
};

describe('the time until wraparound', () => {
	const left = 2 ** 31 - 3_000_001;

	it('is forecast from the rate of the last minutes', () => {
		expect(forecast(5, 100, 2_000_000_000)).toBeCloseTo((left - 2_000_000_000) / 100, 0);
	});

	it('is unknown in the first half minute and without new ids', () => {
		expect(forecast(0, 100, 2_000_000_000)).toBeNull();
		expect(forecast(5, 0, 2_000_000_000)).toBeNull();
	});

	it('is forecast across the wrap of the id counter', () => {
		expect(forecast(5, 100, 2_000_000_000, 2 ** 32 - 10_000)).toBeCloseTo((left - 2_000_000_000) / 100, 0);
	});

	it.each([
		[200_000_000, 'calm'],
		[499_999_999, 'calm'],
		[500_000_000, 'warn'],
		[1_600_000_000, 'danger'],
	])('at age %d has the tone %s', (age, tone) => {
		const sample = sampleAt(0, {freeze_ages: [database(age)], pulse: pulseAt(1000), horizon: []});
		const [row] = horizonPane.rows(sample, []);
		const column = horizonPane.columns.find(({id}) => id === 'xid_age');
		expect(column?.tone(column.value(row as Row, sample.at) as Value, row as Row)).toBe(tone);
	});
});

describe('a holder of xmin', () => {
	const prepared = (xmin: number, since = start): Row => ({
		kind: 'prepared transaction',
		name: 'payout',
		datid: 5,
		owner: 'app',
		since,
		xmin: String(xmin),
		catalog_xmin: null,
		active: null,
		active_pid: null,
	});
	const sampleOf = (seconds: number, next: number, row: Row): Sample =>
		sampleAt(seconds, {horizon: [row], pulse: pulseAt(next), facts, database_names: oneDatabase});

	it.each([
		[0, 1000, 5, false],
		[299, 1000, 5, false],
		[301, 1000, 5, true],
		[301, 1000, 0, false],
		[10, 1_001_000, 1_000_000, false],
		[10, 1_001_001, 1_000_001, true],
	])('after %d seconds, with next id %d and age %d, is trouble: %s', (seconds, next, age, trouble) => {
		const culprit = culpritOf(sampleOf(seconds, next, prepared(next - age)));
		expect(culprit?.isTrouble ?? false).toBe(trouble);
	});

	it('has the age of its id, also across the wrap of the id counter', () => {
		const [row] = horizonPane.rows(sampleOf(10, 50, prepared(2 ** 32 - 50)), []);
		expect(row).toMatchObject({xmin_age: 100});
	});

	it('has age 0 if its id was assigned after the next id was read', () => {
		const [row] = horizonPane.rows(sampleOf(10, 50, prepared(51)), []);
		expect(row).toMatchObject({xmin_age: 0});
	});

	it('has an unknown age if the next id could not be read', () => {
		const sample = sampleAt(10, {horizon: [prepared(50)], facts, database_names: oneDatabase});
		expect(horizonPane.rows(sample, [])[0]).toMatchObject({xmin_age: null});
		expect(culpritOf(sample)).toBeUndefined();
	});
});
