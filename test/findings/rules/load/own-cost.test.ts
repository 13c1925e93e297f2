import {expect, it} from 'vitest';
import {ownCost} from '../../../../source/findings/rules/load/own-cost.ts';
import {pulse} from '../../../../source/queries/server.ts';
import {sessions} from '../../../../source/queries/sessions.ts';
import {answer, findingsOf, makeSample} from '../../samples.ts';

/** Samples whose lists of sessions took so many milliseconds each, while the counters took so many. */
const took = (lists: readonly number[], counters = 1) =>
	findingsOf(
		ownCost,
		...lists.map((tookMs, second) => {
			const sample = makeSample(second, answer(sessions), answer(pulse, {}));
			const {sessions: list, pulse: count} = sample.results;
			return list && count ? {...sample, results: {sessions: {...list, tookMs}, pulse: {...count, tookMs: counters}}} : sample;
		}),
	);

it('a list of sessions that takes a quarter of a second five times is told', () => {
	expect(took([251, 260, 300, 251, 270])).toMatchObject([
		{severity: 'warning', pid: null, summary: 'The server takes 250ms at least to list its sessions for pgtriage.'},
	]);
	expect(took([250, 260, 300, 251, 270])).toEqual([]);
});

it('one slow list is a hiccup, and four are not yet told', () => {
	expect(took([2000, 2000, 9, 2000, 2000])).toEqual([]);
	expect(took([2000, 2000, 2000, 2000])).toEqual([]);
});

it('a long way to the server is not its cost', () => {
	expect(took([320, 320, 320, 320, 320], 310)).toEqual([]);
	expect(took([620, 620, 620, 620, 620], 310)).toHaveLength(1);
});
