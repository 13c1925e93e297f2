import {describe, expect, it} from 'vitest';
import {createStore} from '../../../source/core/state/store.ts';

type Message = 'more' | 'twice' | 'nothing';
type Effect = {readonly type: 'again'; readonly seen: number};

const storeWith = (log: string[]) =>
	createStore<number, Message, Effect>(
		(state, message) =>
			message === 'nothing' ? [state] : message === 'more' ? [state + 1] : [state + 1, {type: 'again', seen: state + 1}],
		0,
		(effect, dispatch) => {
			log.push(`effect at ${effect.seen}`);
			dispatch('more');
		},
	);

describe('the store', () => {
	it('calls its subscribers after the effects of a new state', () => {
		const log: string[] = [];
		const store = storeWith(log);
		store.subscribe(() => log.push(`state ${store.state()}`));
		store.dispatch('twice');
		expect(log).toEqual(['effect at 1', 'state 2', 'state 2']);
	});

	it('calls nobody without a change', () => {
		const log: string[] = [];
		const store = storeWith(log);
		store.subscribe(() => log.push('called'));
		store.dispatch('nothing');
		expect(log).toEqual([]);
		expect(store.state()).toBe(0);
	});

	it('does not call a listener that unsubscribed', () => {
		const log: string[] = [];
		const store = storeWith(log);
		const leave = store.subscribe(() => log.push('first'));
		store.subscribe(() => log.push('second'));
		leave();
		store.dispatch('more');
		expect(log).toEqual(['second']);
	});
});
