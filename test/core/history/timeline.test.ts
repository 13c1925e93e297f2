import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {bytesOf} from '../../../source/core/history/footprint.ts';
import {lastUntil} from '../../../source/core/history/past.ts';
import {append, emptyTimeline, newest, type Timeline} from '../../../source/core/history/timeline.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {anyRow, seed} from '../arbitraries.ts';

const at = '2026-11-22T14:30:00.000000+00:00';
const ok = (rows: readonly Row[]): Result => ({ok: true, at, tookMs: 1, rows});
const sampleOf = (seq: number, results: Readonly<Record<string, Result>>): Sample => ({seq, at, own: [], results});
const row = (text: string): Row => ({pid: 1, backend_start: at, query: text});

const costFromScratch = ({samples}: Timeline): number =>
	samples
		.slice()
		.reduce((sum, sample, index) => sum + bytesOf(sample, samples.at(index - 1 < 0 ? samples.length : index - 1)), 0);

/** Samples of rows from a small pool, so that neighbors share rows, whole results, or neither. */
const histories = fc
	.tuple(
		fc.array(anyRow, {minLength: 1, maxLength: 6}),
		fc.array(fc.tuple(fc.array(fc.nat({max: 5}), {maxLength: 6}), fc.boolean()), {minLength: 1, maxLength: 30}),
	)
	.map(([pool, steps]) => {
		let known = ok([]);
		return steps.map(([places, same], seq) => {
			if (!same) known = ok(places.map(place => pool[place % pool.length] as Row));
			return sampleOf(seq, {sessions: known});
		});
	});

describe('the timeline', () => {
	it('leaves the empty timeline of the initial state empty', () => {
		const first = emptyTimeline(1_000_000);
		append(append(first, sampleOf(1, {})), sampleOf(2, {}));
		expect(first.shared.samples).toEqual([]);
	});

	it('drops the oldest samples to stay in its budget, and always keeps the newest', () => {
		fc.assert(
			fc.property(histories, fc.integer({min: 0, max: 6000}), (samples, budget) => {
				let timeline = emptyTimeline(budget);
				for (const [index, sample] of samples.entries()) {
					timeline = append(timeline, sample);
					expect(newest(timeline)).toBe(sample);
					expect(timeline.samples.slice()).toEqual(samples.slice(index + 1 - timeline.samples.length, index + 1));
					if (timeline.samples.length > 1) expect(timeline.bytes).toBeLessThanOrEqual(budget);
					expect(timeline.bytes).toBe(costFromScratch(timeline));
				}
			}),
			{seed, numRuns: 500},
		);
	});

	it('drops no more than necessary', () => {
		const samples = Array.from({length: 10}, (_, seq) => sampleOf(seq, {sessions: ok([row(String(seq).repeat(1000))])}));
		const one = bytesOf(samples[0] as Sample, undefined);
		const timeline = samples.reduce(append, emptyTimeline(one * 4));
		expect(timeline.samples.slice().map(({seq}) => seq)).toEqual([6, 7, 8, 9]);
	});

	it('does not change when another one is made from it', () => {
		fc.assert(
			fc.property(histories, fc.integer({min: 0, max: 6000}), fc.nat({max: 29}), (samples, budget, place) => {
				const cut = place % samples.length;
				const before = samples.slice(0, cut).reduce(append, emptyTimeline(budget));
				const kept = before.samples.slice();
				const [one, other] = [samples, samples.toReversed()].map(rest => rest.slice(cut).reduce(append, before));
				expect(before.samples.slice()).toEqual(kept);
				for (const timeline of [one, other]) expect(timeline?.bytes).toBe(costFromScratch(timeline as Timeline));
				expect(newest(one as Timeline)).toBe(samples[cut] === undefined ? kept.at(-1) : samples.at(-1));
			}),
			{seed, numRuns: 300},
		);
	});

	it('grows at constant cost', () => {
		const results = {sessions: ok([row('x')])};
		let timeline = emptyTimeline(Number.POSITIVE_INFINITY);
		const grow = (from: number): number => {
			const begun = performance.now();
			for (let seq = from; seq < from + 10_000; seq++) timeline = append(timeline, sampleOf(seq, results));
			return performance.now() - begun;
		};
		for (let seq = 0; seq < 90_000; seq += 10_000) grow(seq);
		// Copying the samples each time would take a minute.
		expect(grow(90_000)).toBeLessThan(10_000);
		expect(timeline.samples.length).toBe(100_000);
	});

	it('finds the last sample up to a seq like a linear search', () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.nat({max: 40})), fc.integer({min: -1, max: 42}), (numbers, seq) => {
				const samples = numbers.toSorted((a, b) => a - b).map(number => sampleOf(number, {}));
				expect(lastUntil(samples, seq)).toBe(samples.findLastIndex(sample => sample.seq <= seq));
			}),
			{seed},
		);
	});

	it('counts shared rows once', () => {
		const big = row('x'.repeat(10_000));
		const shared = [sampleOf(0, {sessions: ok([big])}), sampleOf(1, {sessions: ok([big])})] as const;
		const apart = [sampleOf(0, {sessions: ok([big])}), sampleOf(1, {sessions: ok([row('y'.repeat(10_000))])})] as const;
		const cost = ([first, second]: readonly [Sample, Sample]): number => bytesOf(first, undefined) + bytesOf(second, first);
		expect(cost(apart) - cost(shared)).toBeGreaterThan(10_000);
		expect(bytesOf(shared[1], shared[0])).toBeLessThan(1000);
		const whole = {sessions: ok([big])};
		expect(bytesOf(sampleOf(1, whole), sampleOf(0, whole))).toBeLessThan(bytesOf(shared[1], shared[0]));
	});

	it('counts unchanged values of a changed row once', () => {
		const before = sampleOf(0, {sessions: ok([{...row('x'.repeat(10_000)), state: 'active'}])});
		const after = sampleOf(1, {sessions: ok([{...row('x'.repeat(10_000)), state: 'idle'}])});
		expect(bytesOf(after, before)).toBeLessThan(1000);
	});

	it('counts text beyond Latin-1 twice', () => {
		const cost = (text: string): number => bytesOf(sampleOf(0, {sessions: ok([row(text)])}), undefined);
		expect(cost('字'.repeat(1000)) - cost('x'.repeat(1000))).toBe(1000);
	});
});
