import {expect, it} from 'vitest';
import {withRolesAtHand} from '../../../source/adapters/poll/roles-at-hand.ts';
import type {Request} from '../../../source/adapters/session/answering.ts';
import type {Lane, LaneStatus} from '../../../source/adapters/session/lane.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {scriptedSource} from '../../core/state/script.ts';

const at = '2026-11-22T14:30:00.000000+00:00';

const sampleOf = (seq: number, ...sessions: readonly (readonly [role: number, waitsFor: string | null])[]): Sample => ({
	seq,
	at,
	own: [],
	results: {
		sessions: {
			ok: true,
			at,
			tookMs: 1,
			rows: sessions.map(([usesysid, wait_event_type], index) => ({pid: index, backend_start: at, usesysid, wait_event_type})),
		},
	},
});

const createLane = (requests: Request[], status: () => Partial<LaneStatus>): Lane => ({
	run: async request => {
		requests.push(request);
		return {ok: true, at, tookMs: 1, rows: [['1']], types: []};
	},
	status: () => ({state: 'ready', since: 0, attempts: 0, generation: 1, ...status()}),
	onStatus: () => () => {},
	cancel: () => {},
	retry: () => {},
	close: async () => {},
});

/** Number of role lookups after each sample. */
const lookupsAfter = async (samples: readonly Sample[], status: (seen: number) => Partial<LaneStatus> = () => ({})) => {
	const requests: Request[] = [];
	const times: number[] = [];
	let seen = 0;
	const source = withRolesAtHand(
		scriptedSource(samples),
		createLane(requests, () => status(seen)),
	);
	const feed = source(({type}) => {
		if (type === 'sample') seen++;
	});
	for (const _ of samples) {
		await new Promise(resolve => setImmediate(resolve));
		times.push(requests.length);
		feed.refresh();
	}
	return times;
};

it('the connection for signals looks up new roles once', async () => {
	expect(await lookupsAfter([sampleOf(1, [10, null]), sampleOf(2, [10, null]), sampleOf(3, [10, null], [20, null])])).toEqual([
		1, 1, 2,
	]);
});

it('no role is looked up while a session waits for a lock', async () => {
	expect(
		await lookupsAfter([sampleOf(1, [10, null]), sampleOf(2, [10, 'Lock'], [20, null]), sampleOf(3, [10, null], [20, null])]),
	).toEqual([1, 1, 2]);
});

it('a new connection for signals looks up the roles again once it is ready', async () => {
	const same = [1, 2, 3].map(seq => sampleOf(seq, [10, null]));
	expect(await lookupsAfter(same, seen => ({generation: seen, ...(seen === 2 && {state: 'connecting' as const})}))).toEqual([
		1, 1, 2,
	]);
});
