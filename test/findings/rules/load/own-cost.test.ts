import {expect, it} from 'vitest';
import {ownCost} from '../../../../source/findings/rules/load/own-cost.ts';
import {sessions} from '../../../../source/queries/activity/sessions.ts';
import {pulse} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, makeSample} from '../../samples.ts';

/** Findings in samples whose lists of sessions took these milliseconds, and their counters `counters`. */
const took = (lists: readonly number[], counters = 1) =>
	findingsOf(
		ownCost,
		...lists.map((tookMs, second) => {
			const sample = makeSample(second, answer(sessions), answer(pulse, {}));
			const {sessions: list, pulse: count} = sample.results;
			return list && count ? {...sample, results: {sessions: {...list, tookMs}, pulse: {...count, tookMs: counters}}} : sample;
		}),
	);

it('five lists of sessions above a quarter of a second are a warning', () => {
	expect(took([251, 260, 300, 251, 270])).toMatchObject([
		{severity: 'warning', pid: null, summary: 'pgtriage costs the server at least 250ms per list of sessions.'},
	]);
	expect(took([250, 260, 300, 251, 270])).toEqual([]);
});

it('one slow list or four slow lists are not reported', () => {
	expect(took([2000, 2000, 9, 2000, 2000])).toEqual([]);
	expect(took([2000, 2000, 2000, 2000])).toEqual([]);
});

it('network latency does not count as cost', () => {
	expect(took([320, 320, 320, 320, 320], 310)).toEqual([]);
	expect(took([620, 620, 620, 620, 620], 310)).toHaveLength(1);
});

it('nor does the time that an answer takes over a slow link', () => {
	const slow = Array.from({length: 5}, (_, second) => {
		const sample = makeSample(second, answer(sessions), answer(pulse, {}));
		const {sessions: list, pulse: count} = sample.results;
		if (!list?.ok || !count?.ok) expect.unreachable();
		return (serverMs: number) => ({
			...sample,
			results: {sessions: {...list, tookMs: 2600, serverMs}, pulse: {...count, tookMs: 310, serverMs: 0.2}},
		});
	});
	expect(findingsOf(ownCost, ...slow.map(of => of(9)))).toEqual([]);
	expect(findingsOf(ownCost, ...slow.map(of => of(300)))).toMatchObject([
		{summary: 'pgtriage costs the server at least 300ms per list of sessions.'},
	]);
});
