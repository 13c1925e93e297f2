import {describe, expect, it} from 'vitest';
import {createWaitSampler} from '../../../source/adapters/poll/wait-sampler.ts';
import type {Reply} from '../../../source/adapters/session/answering.ts';
import type {RawRow} from '../../../source/core/sample/query.ts';

const at = '2026-11-22T14:00:00.000000+00:00';

/** A reply to a look that took the server `serverMs` and `tookMs` in all. */
const reply = (serverMs: number, tookMs: number, ...seen: readonly RawRow[]): Reply => {
	const answered = `2026-11-22 14:00:00.${String(serverMs * 1000).padStart(6, '0')}+00`;
	const rows = seen.length > 0 ? seen : [[null, null, null, '0']];
	return {ok: true, at, tookMs, rows: rows.map(cells => [...cells, answered]), types: []};
};

const failure: Reply = {ok: false, at: undefined, tookMs: 2000, error: {code: 'deadline', message: 'Late.'}};

const session = (pid: number, fields: object = {}) => ({
	pid,
	state: 'active',
	backend_type: 'client backend',
	wait_event_type: null,
	wait_event: null,
	query_id: '7',
	...fields,
});

const rowsOf = (sampler: ReturnType<typeof createWaitSampler>) => {
	const result = sampler.collect(at);
	return result?.ok ? result.rows : undefined;
};

describe('the wait sampler', () => {
	it('sums looks and lists of sessions without own and inactive sessions', () => {
		const sampler = createWaitSampler(() => 0);
		sampler.addLook(reply(1, 1, ['Lock', 'tuple', '7', '3'], [null, null, '8', '1']));
		sampler.addSessions([session(1), session(2), session(3, {state: 'idle'}), session(4, {backend_type: 'walsender'})], [2], 1);
		expect(rowsOf(sampler)).toEqual([
			{wait_event_type: 'Lock', wait_event: 'tuple', query_id: '7', seen: 3, looks: 2},
			{wait_event_type: 'CPU', wait_event: null, query_id: '8', seen: 1, looks: 2},
			{wait_event_type: 'CPU', wait_event: null, query_id: '7', seen: 1, looks: 2},
		]);
		expect(sampler.collect(at)).toBeUndefined();
	});

	it('reports looks without active sessions and shares the row', () => {
		const sampler = createWaitSampler(() => 0);
		const rows = [1, 2].map(() => {
			sampler.addLook(reply(1, 1));
			return rowsOf(sampler)?.[0];
		});
		expect(rows[0]).toEqual({wait_event_type: null, wait_event: null, query_id: null, seen: 0, looks: 1});
		expect(rows[1]).toBe(rows[0]);
	});

	it.each([
		['four times a second if that costs nothing', 0, 1, 250],
		['at most 1 ms of server time a second', 4, 4, 3996],
		['rarely if the network is slow', 1, 300, 1200],
	])('looks %s', (_, serverMs, tookMs, dueInMs) => {
		const sampler = createWaitSampler(() => 0);
		sampler.addLook(reply(serverMs, tookMs));
		expect(sampler.dueInMs()).toBeCloseTo(dueInMs, 6);
		expect(sampler.takesMs()).toBe(tookMs);
	});

	it('pauses after a failed look and while the list of sessions is slow', () => {
		let now = 0;
		const sampler = createWaitSampler(() => now);
		sampler.addLook(failure);
		expect(sampler.dueInMs()).toBe(5000);
		now = 1000;
		sampler.addSessions([], [], 2);
		expect(sampler.dueInMs()).toBe(4000);
		now = 9000;
		sampler.addSessions([], [], 600);
		expect(sampler.dueInMs()).toBe(2400);
	});

	it('drops the sums of another server', () => {
		const sampler = createWaitSampler(() => 0);
		sampler.addLook(reply(1, 1, ['Lock', 'tuple', '7', '3']));
		sampler.forget();
		expect(sampler.collect(at)).toBeUndefined();
	});
});
