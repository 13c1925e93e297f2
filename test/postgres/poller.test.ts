import {setTimeout as delay} from 'node:timers/promises';
import {expect, it} from 'vitest';
import type {Lane} from '../../source/adapters/lane.ts';
import {live} from '../../source/adapters/poller.ts';
import type {Sample} from '../../source/core/sample.ts';
import {heart, questions} from '../../source/queries/plan.ts';
import {waitSamples} from '../../source/queries/waits.ts';
import {laneTo, ready, targetOf} from './lanes.ts';
import {withServer} from './servers.ts';

/** A lane whose every answer takes longer than a screen waits for it. */
const slow = (lane: Lane): Lane => ({
	...lane,
	run: async request => {
		await delay(120);
		return lane.run(request);
	},
});

/** The first sample of a server whose answers, but for the sessions, are slow. */
const firstSample = (mostWaitMs: number | undefined): Promise<Sample> =>
	withServer(15, async server => {
		await using activity = laneTo(targetOf(server));
		await using rest = laneTo(targetOf(server));
		await Promise.all([ready(activity), ready(rest)]);
		const {promise, resolve} = Promise.withResolvers<Sample>();
		const lanes = {activity, rest: slow(rest)};
		const feed = live({
			lanes,
			intervalMs: 1000,
			queriesOf: () => [],
			readings: {},
			...(mostWaitMs !== undefined && {mostWaitMs}),
		})(action => {
			if (action.type === 'sample') resolve(action.sample);
		});
		const sample = await promise;
		await feed.stop();
		return sample;
	});

// The list of sessions is a look at what they wait for, too.
const first = [heart.name, waitSamples.name];
const all = [heart, waitSamples, ...questions([]).map(({query}) => query)].map(({name}) => name).toSorted();

it('a first screen does not wait for answers that are slow', async () => {
	expect(Object.keys((await firstSample(undefined)).results)).toEqual(first);
});

it('a sample to print waits for every answer', async () => {
	expect(Object.keys((await firstSample(5000)).results).toSorted()).toEqual(all);
});
