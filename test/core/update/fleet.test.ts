import {describe, expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import type {State} from '../../../source/core/state/state.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyNames, keyOf, played, stateConnected} from '../../screens/driver.ts';
import {fleetSamples} from '../../screens/fleet.ts';

const size = {columns: 120, rows: 40};

/** The screen of a fleet, with its servers read. */
const overview = (): State =>
	played({...stateConnected(size), fleet: 'overview', pane: 'fleet', readOnly: 'No server is in focus.'}, fleetSamples).state;

describe('the screen of a fleet', () => {
	it.each(keyNames)('survives %s, with and without a cursor, and stays the fleet', name => {
		for (const before of [[], ['down']]) {
			const keys = [...before, name].map((key, index) => ({type: 'key', key: keyOf(key, 1000 * (index + 1))}) as const);
			const {state, effects} = played(overview(), keys);
			expect(state.pane).toBe('fleet');
			expect(screen(registry, state)).toHaveLength(size.rows);
			expect(effects.filter(({type}) => ['signal', 'maintain', 'admin', 'explain', 'measure', 'fleet'].includes(type))).toEqual(
				[],
			);
		}
	});

	it('Enter asks for the server at the cursor, and for none without a cursor', () => {
		const press = (...names: readonly string[]) =>
			played(
				overview(),
				names.map((name, index) => ({type: 'key', key: keyOf(name, 1000 * (index + 1))})),
			).effects.filter(({type}) => type === 'focus');
		expect(press('down', 'down', 'enter')).toEqual([{type: 'focus', server: 'shop-c.example:5432/shop'}]);
		expect(press('enter')).toEqual([]);
	});

	it.each(['sessions', 'group user', 'preflight public.orders', 'held'])(':%s says that no server is in focus', line => {
		const keys = [':', ...line, 'enter'].map((name, index) => ({
			type: 'key' as const,
			key: keyOf(name === ' ' ? 'space' : name, 1000 * (index + 1)),
		}));
		const {state} = played(overview(), keys);
		expect(state.pane).toBe('fleet');
		expect(state.toast?.text).toBe('No server is in focus: Enter on a row goes there.');
	});
});

describe('a server of a fleet', () => {
	it('is left for the fleet by F, and by :fleet', () => {
		const member: State = {...stateConnected(size), fleet: 'member'};
		const {effects} = played(member, [{type: 'key', key: keyOf('F', 1000)}]);
		expect(effects).toContainEqual({type: 'fleet'});
		const keys = [':', ...'fleet', 'enter'].map((name, index) => ({type: 'key' as const, key: keyOf(name, 1000 * (index + 1))}));
		expect(played(member, keys).effects).toContainEqual({type: 'fleet'});
	});
});
