import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../../source/core/actions/flow/dialog.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Key, Size} from '../../../source/core/state/key.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {cursorRow, viewOf} from '../../../source/core/state/view.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyNames, keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';
import {anyText, seed, unsafe} from '../arbitraries.ts';
import {randomSamples} from '../random-samples.ts';

const anyKey: fc.Arbitrary<Key> = fc.oneof(
	{weight: 12, arbitrary: fc.constantFrom(...keyNames).map(name => keyOf(name))},
	{weight: 1, arbitrary: anyText.map((text): Key => ({name: 'paste', text, at: 0, alone: true}))},
);
const anySize: fc.Arbitrary<Size> = fc.record({columns: fc.integer({min: 1, max: 220}), rows: fc.integer({min: 1, max: 60})});
const tableSize: Size = {columns: 120, rows: 20};

const sampleAction = (sample: Sample): Message => ({type: 'sample', sample});
const frameOf = (state: State): readonly string[] => screen(registry, state).map(line => JSON.stringify(line));
const selected = (state: State): string | undefined => {
	const view = viewOf(registry.panes, state);
	const row = cursorRow(view);
	return row && view.pane.identity(row);
};

const otherActions: fc.Arbitrary<Message> = fc.oneof(
	anySize.map((size): Message => ({type: 'resize', size})),
	fc.constantFrom(0, 3000, 90_000).map((staleMs): Message => ({type: 'elapsed', staleMs})),
	anyText.map((message): Message => ({type: 'link', link: {state: 'waiting', failure: {code: 'x', message, hint: message}}})),
	fc.constantFrom<Message>(
		{type: 'link', link: {state: 'ready'}},
		{type: 'painted', at: 0},
		{type: 'resumed'},
		{type: 'sort-by', column: 'usename', descending: undefined},
		{type: 'recording', failure: {code: 'ENOSPC', message: 'The disk is full.'}},
	),
);

/** Samples in their order, with keys and all else in between. */
const anyStory = fc.tuple(
	randomSamples(1, 6),
	fc.array(fc.oneof(fc.constant('sample' as const), anyKey, anyKey, otherActions), {maxLength: 30}),
);

const actionsOf = ([samples, steps]: readonly [readonly Sample[], readonly ('sample' | Key | Message)[]]): readonly Message[] => {
	const left = [...samples];
	const taken = steps.map((step): Message | undefined => {
		if (step === 'sample') return left.length > 0 ? sampleAction(left.shift() as Sample) : undefined;
		return 'type' in step ? step : {type: 'key', key: step};
	});
	return taken.filter(action => action !== undefined);
};

describe('any frame', () => {
	it('is exactly as large as the screen and holds nothing unsafe, whatever came', () => {
		fc.assert(
			fc.property(anySize, anyStory, (size, story) => {
				let state = stateConnected(size);
				for (const action of actionsOf(story)) {
					[state] = update(state, action);
					const lines = screen(registry, state);
					expect(lines).toHaveLength(state.size.rows);
					for (const line of lines) {
						expect(lineWidth(line)).toBe(state.size.columns);
						expect(textOf(line)).not.toMatch(unsafe);
					}
					if (state.overlay?.kind === 'confirm')
						for (const line of confirmationLines(state.overlay, 60, 20)) expect(lineWidth(line)).toBeLessThanOrEqual(60);
				}
			}),
			{seed, numRuns: 300},
		);
	});

	it('is the same for the same state, and no action changes the state it was given', () => {
		fc.assert(
			fc.property(anyStory, story => {
				let state = stateConnected(tableSize);
				for (const action of actionsOf(story)) {
					const before = frameOf(state);
					const [next] = update(state, action);
					expect(frameOf(state)).toEqual(before);
					state = next;
				}
			}),
			{seed, numRuns: 100},
		);
	});
});

describe('the selection', () => {
	const looking = ['1', '2', 'f2', 'i', 'a', 'down', 'down', 'down', 'up', 'end', 'space', 'T', 'v', 'b', 'pgdn'] as const;

	it('stays on its row while samples come, go and put the rows in another order', () => {
		let engaged = 0;
		fc.assert(
			fc.property(
				randomSamples(1, 8),
				fc.array(fc.constantFrom('sample' as const, 'sample' as const, ...looking), {minLength: 12, maxLength: 30}),
				(samples, steps) => {
					const [first, ...left] = samples;
					let {state} = played(stateConnected(tableSize), [sampleAction(first as Sample)]);
					for (const step of steps) {
						if (step !== 'sample') {
							state = pressed(state, step);
							continue;
						}
						const sample = left.shift();
						if (!sample) return;
						const before = selected(state);
						({state} = played(state, [sampleAction(sample)]));
						if (before !== undefined) engaged++;
						if (state.frozen === undefined) expect(selected(state)).toBe(before);
					}
				},
			),
			{seed, numRuns: 1000},
		);
		expect(engaged).toBeGreaterThan(500);
	});

	it('is let go by Esc, and the rows stand in their order again', () => {
		const [first, second] = samplesOf('all-incidents-15') as readonly [Sample, Sample];
		const plain = played(stateConnected(tableSize), [first, second].map(sampleAction)).state;
		const engaged = played(pressed(played(stateConnected(tableSize), [sampleAction(first)]).state, 'down', 'down'), [
			sampleAction(second),
		]).state;
		expect(selected(engaged)).toBeDefined();
		expect(frameOf(pressed(engaged, 'esc'))).toEqual(frameOf(plain));
	});

	it('shows a row that ended as it was last seen, and lets nobody act on it', () => {
		const samples = samplesOf('lock-chain');
		const last = samples.at(-1) as Sample;
		const sessions = last.results.sessions;
		if (!sessions?.ok) throw new Error('The sessions were read.');
		const {state} = played(stateConnected(tableSize), samples.map(sampleAction));
		const engaged = pressed(state, 'down');
		const pid = Number(selected(engaged)?.split('@')[0]);
		const without: Sample = {
			...last,
			seq: last.seq + 1,
			results: {...last.results, sessions: {...sessions, rows: sessions.rows.filter(row => row.pid !== pid)}},
		};
		const ended = played(engaged, [sampleAction(without)]).state;
		const view = viewOf(registry.panes, ended);
		expect(view.gone).toBe(true);
		expect(cursorRow(view)?.pid).toBe(pid);
		expect(pressed(ended, 'K').overlay).toBeUndefined();
		expect(pressed(engaged, 'K').overlay?.kind).toBe('confirm');
	});
});

describe('a frozen screen', () => {
	it('does not change while samples come, and shows on return what it would have shown', () => {
		fc.assert(
			fc.property(
				randomSamples(2, 8),
				fc.array(fc.constantFrom('down', 'down', '2', 'i', 'a', 'v', 'right'), {maxLength: 8}),
				fc.nat({max: 6}),
				(samples, keys, place) => {
					// A promotion is told at once, whatever the screen holds.
					if (new Set(samples.map(registry.role)).size > 1) return;
					const cut = 1 + (place % (samples.length - 1));
					const before = pressed(played(stateConnected(tableSize), samples.slice(0, cut).map(sampleAction)).state, ...keys);
					if (viewOf(registry.panes, before).gone) return;
					const rest = samples.slice(cut).map(sampleAction);
					const frozen = pressed(before, 'p');
					let held = frozen;
					for (const action of rest) {
						({state: held} = played(held, [action]));
						expect(frameOf(held)).toEqual(frameOf(frozen));
					}
					expect(frameOf(pressed(held, 'p'))).toEqual(frameOf(played(before, rest).state));
				},
			),
			{seed, numRuns: 500},
		);
	});
});

describe('the filter prompt', () => {
	const state = played(stateConnected(tableSize), samplesOf('all-incidents-15').map(sampleAction)).state;

	it('shows the rows as one types, and keeps them at Enter', () => {
		const typing = pressed(state, '/', ...'app=checkout');
		const found = viewOf(registry.panes, typing).rows.map(row => row.application_name);
		expect(new Set(found)).toEqual(new Set(['checkout']));
		const kept = pressed(typing, 'enter');
		expect(kept.overlay).toBeUndefined();
		expect(frameOf(kept)).not.toEqual(frameOf(state));
		expect(frameOf(pressed(kept, '\\'))).toEqual(frameOf(state));
	});

	it('gives the filter before back at Esc', () => {
		const kept = pressed(state, '/', ...'app=checkout', 'enter');
		expect(frameOf(pressed(kept, '/', 'ctrl-u', ...'api', 'esc'))).toEqual(frameOf(kept));
	});

	it('keeps the rows it had while what is typed is no filter, and does not take it', () => {
		const typing = pressed(state, '/', ...'app=checkout', 'space', '"');
		expect(typing.overlay).toMatchObject({kind: 'prompt', error: expect.stringContaining('not closed')});
		const before = pressed(state, '/', ...'app=checkout');
		expect(viewOf(registry.panes, typing).rows).toEqual(viewOf(registry.panes, before).rows);
		expect(pressed(typing, 'enter').overlay?.kind).toBe('prompt');
	});

	it('takes a paste on one line', () => {
		const [pasted] = update(pressed(state, '/'), {
			type: 'key',
			key: {name: 'paste', text: 'app=checkout\r\nstate=active', at: 1, alone: true},
		});
		expect(pasted.overlay).toMatchObject({kind: 'prompt', text: 'app=checkout state=active'});
	});
});

describe('without an overlay', () => {
	it('a paste is no row of keys', () => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleAction));
		const [next, ...effects] = update(state, {type: 'key', key: {name: 'paste', text: 'q', at: 1, alone: true}});
		expect(effects).toEqual([]);
		expect(next.toast?.text).toMatch(/^Pasted text/);
	});

	it('q lets go of the cursor first, then quits', () => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleAction));
		const engaged = pressed(state, 'down');
		expect(update(engaged, {type: 'key', key: keyOf('q')}).slice(1)).toEqual([]);
		expect(update(pressed(engaged, 'q'), {type: 'key', key: keyOf('q')}).slice(1)).toEqual([{type: 'quit', status: 0}]);
	});
});
