import {describe, expect, it} from 'vitest';
import {createHeadStart} from '../../../source/adapters/poll/head-start.ts';
import type {Lane, LaneStatus} from '../../../source/adapters/session/lane.ts';
import type {SourceMessage} from '../../../source/core/state/message.ts';
import type {Source} from '../../../source/core/state/source.ts';

const status = (state: LaneStatus['state']): LaneStatus => ({state, since: 0, attempts: 1, generation: 0});

/** A lane that is only told what becomes of it. */
const quietLane = (state: LaneStatus['state']) => {
	const listeners = new Set<(status: LaneStatus) => void>();
	const lane: Lane = {
		run: () => Promise.reject(new Error('Nothing is asked here.')),
		status: () => status(state),
		onStatus: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		cancel: () => {},
		retry: () => {},
		close: async () => {},
	};
	return {lane, become: (state: LaneStatus['state']) => [...listeners].forEach(tell => void tell(status(state)))};
};

/** A head start over a source that sends what it is told to. */
const begun = (state: LaneStatus['state'] = 'connecting') => {
	const {lane, become} = quietLane(state);
	const headStart = createHeadStart();
	let send: (message: SourceMessage) => void = () => {};
	const source: Source = dispatch => {
		send = dispatch;
		return {setInterval: () => {}, refresh: () => {}, watch: () => {}, aim: () => {}, stop: async () => {}};
	};
	const received: SourceMessage[] = [];
	headStart.until(source, lane)(message => received.push(message));
	let isOver = false;
	void headStart.over.then(() => {
		isOver = true;
	});
	return {become, received, send: (message: SourceMessage) => send(message), isOver: () => isOver};
};

const turn = () => new Promise(setImmediate);

describe('the head start of the first list', () => {
	it('ends some turns after the first sample, in which a screen shows it', async () => {
		const {send, received, isOver} = begun();
		send({type: 'link', link: {state: 'connecting'}});
		await turn();
		expect(isOver()).toBe(false);
		send({type: 'sample', sample: {seq: 0, at: '2026-11-30T12:00:00.000000Z', own: [], results: {}}});
		expect(received.map(({type}) => type)).toEqual(['link', 'sample']);
		await turn();
		await turn();
		expect(isOver()).toBe(false);
		await expect.poll(isOver).toBe(true);
	});

	it.each(['ready', 'waiting', 'lost'] as const)('ends some time after the lane became %s, without a sample', async state => {
		const {become, isOver} = begun();
		become('connecting');
		await new Promise(resolve => setTimeout(resolve, 400));
		expect(isOver()).toBe(false);
		become(state);
		await turn();
		expect(isOver()).toBe(false);
		await expect.poll(isOver).toBe(true);
	});

	it('ends some time after its beginning with a lane that has logged in already', async () => {
		const {isOver} = begun('ready');
		await turn();
		expect(isOver()).toBe(false);
		await expect.poll(isOver).toBe(true);
	});
});
