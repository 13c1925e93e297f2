import {expect, it} from 'vitest';
import {checkWatches} from '../../../../source/core/actions/flow/watch.ts';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import type {Effect} from '../../../../source/core/state/effect.ts';
import type {Registry} from '../../../../source/core/state/registry.ts';
import type {State, Watch} from '../../../../source/core/state/state.ts';
import {laterBy} from '../../../../source/core/values/instant.ts';
import {registry} from '../../../../source/panes/index.ts';
import {stateConnected} from '../../../screens/driver.ts';

const sentAt = '2026-11-22T14:30:00.000000+00:00';
const watch: Watch = {
	signal: 'terminate',
	sentAt,
	target: {
		pid: 4711,
		backend_start: '2026-11-22T14:00:00.000000+00:00',
		backend_type: 'client backend',
		query_start: null,
		xact_start: null,
		usename: 'app',
		superuser: false,
		datname: 'shop',
		application_name: null,
		client_addr: null,
		state: 'active',
		wait_event: null,
		query: null,
		blocks: 0,
		waiters: () => [],
		own: false,
	},
};

const unseen = registry.delay(watch, {seq: 0, at: sentAt, own: [], results: {}});

const after = (seconds: number): Sample => ({seq: seconds, at: laterBy(sentAt, seconds * 1000), own: [], results: {}});

/** Notes in the journal about a target that ends after some seconds. */
const notesOf = (endsAfter: number, lasts: number): readonly (readonly [number, string])[] => {
	let state: State = {...stateConnected({columns: 80, rows: 24}), watches: [watch]};
	const all: [number, string][] = [];
	for (let second = 1; second <= lasts; second++) {
		const seen: Registry = {
			...registry,
			outcome: () => (second >= endsAfter ? {text: '4711 (app@shop) is gone.', tone: 'good'} : undefined),
		};
		const [next, ...effects] = checkWatches(seen, state, after(second));
		state = next;
		for (const effect of effects as readonly Effect[]) {
			if (effect.type !== 'note') return expect.fail(effect.type);
			expect(effect.entry).toMatchObject({at: after(second).at, kind: 'effect', target: 'terminate 4711 (app@shop)'});
			all.push([second, effect.entry.outcome]);
		}
	}
	expect(state.watches).toHaveLength(lasts >= Math.min(endsAfter, 60) ? 0 : 1);
	return all;
};

it('the end of a terminated session is noted once', () => {
	expect(notesOf(2, 10)).toEqual([[2, '4711 (app@shop) is gone.']]);
});

it('a session that ignores a signal is noted after 5 and 60 seconds', () => {
	expect(notesOf(Number.POSITIVE_INFINITY, 70)).toEqual([
		[5, `No effect on 4711 (app@shop) after 5 s: ${unseen}.`],
		[60, `No effect on 4711 (app@shop) after 60 s: ${unseen}.`],
	]);
});

it('a session that ends late is noted as late and as gone', () => {
	expect(notesOf(20, 30).map(([second]) => second)).toEqual([5, 20]);
});
