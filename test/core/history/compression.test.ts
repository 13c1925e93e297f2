import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {answersOf} from '../../../source/core/history/past.ts';
import {append, emptyTimeline, newest, type Timeline} from '../../../source/core/history/timeline.ts';
import {createDecoder, createEncoder} from '../../../source/core/recording/lines.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {historyCodec} from '../../../source/run/history-codec.ts';
import {anyRow, seed} from '../arbitraries.ts';

const begin = '2026-11-22T14:30:00.000000+00:00';
const at = (seq: number): string => laterBy(begin, seq * 1000);
const ok = (seq: number, rows: readonly Row[]): Result => ({ok: true, at: at(seq), tookMs: 1.5, serverMs: 0.5, rows});
const failed = (seq: number): Result => ({ok: false, at: at(seq), tookMs: 1, error: {code: '57014', message: 'canceling'}});
const sampleOf = (seq: number, results: Readonly<Record<string, Result>>): Sample => ({seq, at: at(seq), own: [7], results});

const nobody = {name: 'locks', fields: {}};

/** A list of rows in which each sample changes every tenth. */
const busyRows = (seq: number, length = 300): readonly Row[] =>
	Array.from({length}, (_, index) => ({
		pid: index,
		backend_start: begin,
		query: `select ${index % 10 === seq % 10 ? seq : index}`,
		share: index / 3,
	}));

/** The samples of a list of rows that changes, and of one that is read every seventh time. */
const busySamples = (count: number): readonly Sample[] => {
	let slow = ok(0, busyRows(0));
	return Array.from({length: count}, (_, seq) => {
		if (seq % 7 === 0) slow = ok(seq, busyRows(seq, 30));
		return sampleOf(seq, {locks: ok(seq, busyRows(seq)), slow});
	});
};

const plainResult = (result: Result): Result => (result.ok ? {...result, rows: result.rows} : result);

/** A sample as JSON would not keep it: with its numbers as they are, and rows that are read where they are compressed. */
const plain = (sample: Sample): Sample =>
	structuredClone({
		...sample,
		results: Object.fromEntries(Object.entries(sample.results).map(([name, result]) => [name, plainResult(result)])),
	});

const filled = (samples: readonly Sample[], budget: number): Timeline =>
	samples.reduce((timeline, sample) => append(timeline, sample), emptyTimeline(budget, historyCodec));

/** Lists of rows from a small pool, in any order, and failures between them; some answers stay for several samples. */
const histories = fc
	.tuple(
		fc.array(anyRow, {minLength: 1, maxLength: 12}),
		fc.array(
			fc.record({
				places: fc.array(fc.nat({max: 11}), {minLength: 10, maxLength: 24}),
				kind: fc.constantFrom('new', 'new', 'same', 'failed'),
			}),
			{minLength: 60, maxLength: 90},
		),
	)
	.map(([pool, steps]) => {
		let known = ok(0, []);
		return steps.map(({places, kind}, seq) => {
			const rows = places.map(place => pool[place % pool.length] as Row);
			known = kind === 'same' ? known : kind === 'failed' ? failed(seq) : ok(seq, rows);
			return sampleOf(seq, {locks: known, slow: seq % 5 === 0 ? ok(seq, rows.toReversed()) : known});
		});
	});

describe('compressed samples', () => {
	it('are what was read, whatever was read', () => {
		fc.assert(
			fc.property(histories, fc.integer({min: 1000, max: 400_000}), (samples, budget) => {
				const read = samples.map(plain);
				const timeline = filled(samples, budget);
				const kept = timeline.samples.slice();
				expect(kept.map(plain)).toEqual(read.slice(read.length - kept.length));
				expect(newest(timeline)).toBe(samples.at(-1));
				if (kept.length > 1) expect(timeline.bytes).toBeLessThanOrEqual(budget);
			}),
			{seed, numRuns: 100},
		);
	});

	it('keep numbers that JSON has not', () => {
		const odd = [Number.POSITIVE_INFINITY, Number.NaN, -0, 1e308, 2 ** 53];
		const samples = Array.from({length: 60}, (_, seq) =>
			sampleOf(seq, {
				locks: ok(
					seq,
					odd.flatMap(share => busyRows(seq, 4).map(row => ({...row, share}))),
				),
			}),
		);
		const timeline = filled(samples, 300_000);
		expect(timeline.blocks.length).toBeGreaterThan(1);
		const [first] = timeline.samples.slice();
		const result = first?.results.locks;
		expect(result?.ok && result.rows.map(({share}) => share)).toEqual(odd.flatMap(share => [share, share, share, share]));
	});

	it('are many more than plain ones in the same budget', () => {
		const samples = busySamples(2000);
		const budget = 2_000_000;
		const many = filled(samples, budget).samples.length;
		const few = samples.reduce((timeline, sample) => append(timeline, sample), emptyTimeline(budget)).samples.length;
		expect(many).toBeGreaterThan(5 * few);
	});

	it('share an answer that several of them have, also where they were compressed at different times', () => {
		const {samples, blocks} = filled(busySamples(200), 2_000_000);
		expect(blocks.length).toBeGreaterThan(3);
		const answers = samples.slice().map(({results}) => results.slow);
		const distinct = new Set(answers);
		expect(distinct.size).toBe(new Set(answers.map(answer => answer?.at)).size);
		expect(answers.every((answer, index) => answer === answers[index - 1] || answer?.at !== answers[index - 1]?.at)).toBe(true);
	});

	it('are the past that rates and rules look back at', () => {
		const read = busySamples(200);
		const times = [...answersOf(read.at(-1) as Sample, read.map(plain), nobody)].map(answer => [answer.at, answer.rows]);
		const {samples} = filled(read, 2_000_000);
		const found = [...answersOf(samples.at(-1) as Sample, samples, nobody)].map(answer => [answer.at, answer.rows]);
		expect(found).toEqual(times.slice(0, found.length));
		expect(found.length).toBeGreaterThan(100);
	});

	it('are recorded like plain ones', () => {
		const linesOf = (samples: readonly Sample[]): readonly string[] => {
			const encode = createEncoder();
			return samples.map(sample => encode(sample, sample.seq * 1000));
		};
		const read = busySamples(120);
		const copies = read.map(plain);
		const {samples, blocks} = filled(read, 2_000_000);
		expect(blocks.length).toBeGreaterThan(3);
		const decode = createDecoder();
		const back = linesOf(samples.slice()).map(line => decode(line).sample);
		expect(back).toEqual(copies.slice(copies.length - back.length));
	});

	it('give the same rows while they are looked at', () => {
		const {samples} = filled(busySamples(100), 2_000_000);
		const rowsOf = (): unknown => {
			const result = samples.at(0)?.results.locks;
			return result?.ok && result.rows;
		};
		expect(rowsOf()).toBe(rowsOf());
	});

	it('do not change the samples of a timeline from which two others continue', () => {
		const samples = busySamples(150);
		const copies = samples.map(plain);
		const before = filled(samples.slice(0, 90), 2_000_000);
		const kept = before.samples.slice().map(plain);
		for (const rest of [samples.slice(90), samples.slice(91)]) {
			const timeline = rest.reduce((grown, sample) => append(grown, sample), before);
			expect(timeline.bytes).toBeLessThanOrEqual(timeline.budget);
			for (const sample of timeline.samples.slice()) expect(plain(sample)).toEqual(copies[sample.seq]);
		}
		expect(before.samples.slice().map(plain)).toEqual(kept);
	});
});
