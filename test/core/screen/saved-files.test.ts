import {describe, expect, it} from 'vitest';
import type {Effect} from '../../../source/core/state/effect.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, played, pressed, stateConnected} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const size = {columns: 120, rows: 40};
const seen = (): State =>
	played(
		stateConnected(size),
		samplesOf('all-incidents-18').map((sample): Message => ({type: 'sample', sample})),
	).state;
const saving = (state: State): Effect[] => [...played(state, [{type: 'key', key: keyOf('x', 100_000)}]).effects];

const filesOf = (state: State) => {
	const [effect] = saving(state);
	if (effect?.type !== 'save') throw new Error('Nothing saved.');
	const [json, csv] = effect.files;
	return {names: effect.files.map(({name}) => name), json: JSON.parse(json?.text ?? ''), csv: csv?.text ?? ''};
};

describe('x', () => {
	it.each(registry.panes.map(({id}) => id))('saves the rows of %s as JSON and as CSV', id => {
		const {state} = played(seen(), [{type: 'pane', pane: id}]);
		const {names, json, csv} = filesOf(state);
		expect(names).toEqual([`pgtriage-${id}-20261122T221600.json`, `pgtriage-${id}-20261122T221600.csv`]);
		expect(json).toMatchObject({pgtriage: 1, server: {database: 'shop'}});
		expect(Object.keys(json.panes)).toEqual([id]);
		const {rows = []} = json.panes[id];
		expect(csv.split('\n')[0]).toBe(
			registry
				.pane(id)
				.columns.map(column => column.id)
				.join(','),
		);
		if (json.panes[id].ok) expect(csv.trimEnd().split('\n').length).toBeGreaterThan(rows.length);
	});

	it('saves them filtered and sorted', () => {
		const {state} = played(seen(), [
			{type: 'filter', text: 'state=active'},
			{type: 'sort-by', column: 'pid', descending: true},
		]);
		const pids: number[] = filesOf(state).json.panes.sessions.rows.map(({pid}: {pid: number}) => pid);
		expect(pids).toHaveLength(11);
		expect(pids).toEqual(pids.toSorted((a, b) => b - a));
		expect(filesOf(state).csv.trimEnd().split('\n')).toHaveLength(12);
	});

	it('saves nothing before the first sample', () => {
		expect(saving(stateConnected(size))).toEqual([]);
		expect(pressed(stateConnected(size), 'x').toast?.text).toBe('Nothing to save yet.');
	});
});

describe('X', () => {
	it('saves one bundle at a time, tells how much is written, and stops when it is pressed again', () => {
		const begun = played(seen(), [
			{type: 'key', key: keyOf('X', 100_000)},
			{type: 'bundling', part: 0.34},
		]);
		expect(begun.effects.filter(({type}) => type === 'bundle')).toHaveLength(1);
		expect(begun.state.toast?.text).toBe('Writing the incident bundle: 34%. X cancels it.');
		const {state, effects} = played(begun.state, [{type: 'key', key: keyOf('X', 101_000)}]);
		expect(effects.filter(({type}) => type === 'bundle' || type === 'stop-bundle')).toEqual([{type: 'stop-bundle'}]);
		const {state: done} = played(state, [{type: 'bundled', text: 'The incident bundle is in /tmp.', ok: true}]);
		expect(done).toMatchObject({
			bundling: undefined,
			toast: {text: 'The incident bundle is in /tmp.', tone: 'good', stays: true},
		});
	});

	it('does not take the place of what is said meanwhile', () => {
		const {state} = played(seen(), [{type: 'key', key: keyOf('X', 100_000)}]);
		const toast = {text: 'This server was promoted.', tone: 'warn', seq: 1, stays: true} as const;
		const {state: later} = played({...state, toast}, [{type: 'bundling', part: 0.5}]);
		expect(later).toMatchObject({bundling: 0.5, toast});
	});
});
