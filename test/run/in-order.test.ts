import {setImmediate as turn} from 'node:timers/promises';
import {describe, expect, it, vi} from 'vitest';
import type {SourceMessage} from '../../source/core/state/message.ts';
import {inOrder} from '../../source/run/in-order.ts';
import {makeSample} from '../findings/samples.ts';

const sampleMessage = (seq: number): SourceMessage => ({type: 'sample', sample: makeSample(seq)});
const linkMessage: SourceMessage = {type: 'link', link: {state: 'ready'}};

/** Computes for some milliseconds. */
const work = (ms: number): void => {
	const end = performance.now() + ms;
	while (performance.now() < end);
};

/** Messages taken, and turns that others had while the steps of samples were done: each step takes 4 ms. */
const intake = (stepsOf: (seq: number) => number | undefined, broken = false) => {
	const taken: string[] = [];
	const failed = vi.fn();
	let done = 0;
	const receive = inOrder({
		stepsOf: ({seq}) => {
			const count = stepsOf(seq);
			if (count === undefined) return undefined;
			return (function* () {
				for (let step = 0; step < count; step++) {
					work(4);
					if (broken) throw new Error('broken');
					done++;
					yield;
				}
			})();
		},
		take: message => taken.push(message.type === 'sample' ? `sample ${message.sample.seq}` : message.type),
		failed,
	});
	return {receive, taken, failed, done: () => done};
};

describe('messages of a source', () => {
	it('are taken at once without steps', () => {
		const {receive, taken} = intake(() => undefined);
		receive(sampleMessage(0));
		receive(linkMessage);
		expect(taken).toEqual(['sample 0', 'link']);
	});

	it('leave a turn to keys after each long step, and are taken after the last one, in order', async () => {
		const {receive, taken, done} = intake(seq => (seq === 1 ? 5 : seq === 3 ? 2 : undefined));
		receive(sampleMessage(0));
		receive(sampleMessage(1));
		receive(linkMessage);
		receive(sampleMessage(2));
		receive(sampleMessage(3));
		receive(linkMessage);
		expect(taken).toEqual(['sample 0']);
		const seen: number[] = [];
		while (taken.length < 6) {
			seen.push(done());
			await turn();
		}
		expect(new Set(seen).size).toBeGreaterThanOrEqual(5);
		expect(taken).toEqual(['sample 0', 'sample 1', 'link', 'sample 2', 'sample 3', 'link']);
	});

	it('are no longer taken after a step that fails', async () => {
		const {receive, taken, failed} = intake(() => 1, true);
		receive(sampleMessage(0));
		receive(linkMessage);
		await vi.waitUntil(() => failed.mock.calls.length > 0);
		expect(failed).toHaveBeenCalledExactlyOnceWith(new Error('broken'));
		expect(taken).toEqual([]);
	});
});
