import {describe, expect, it} from 'vitest';
import {createStore} from '../../../source/core/state/store.ts';

type Action = 'more' | 'twice' | 'nothing';
type Effect = {readonly type: 'again'; readonly seen: number};

const storeWith = (log: string[]) =>
	createStore<number, Action, Effect>(
		(state, action) =>
			action === 'nothing' ? [state] : action === 'more' ? [state + 1] : [state + 1, {type: 'again', seen: state + 1}],
		0,
		(effect, dispatch) => {
			log.push(`effect at ${effect.seen}`);
			dispatch('more');
		},
	);

describe('the store', () => {
	it('tells everyone of a new state, after its effects were run', () => {
		const log: string[] = [];
		const store = storeWith(log);
		store.subscribe(() => log.push(`state ${store.state()}`));
		store.dispatch('twice');
		expect(log).toEqual(['effect at 1', 'state 2', 'state 2']);
	});

	it('tells nobody of what changed nothing', () => {
		const log: string[] = [];
		const store = storeWith(log);
		store.subscribe(() => log.push('told'));
		store.dispatch('nothing');
		expect(log).toEqual([]);
		expect(store.state()).toBe(0);
	});

	it('tells nobody who has left', () => {
		const log: string[] = [];
		const store = storeWith(log);
		const leave = store.subscribe(() => log.push('first'));
		store.subscribe(() => log.push('second'));
		leave();
		store.dispatch('more');
		expect(log).toEqual(['second']);
	});
});
