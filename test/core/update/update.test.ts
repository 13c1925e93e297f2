import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../../source/core/actions/flow/dialog.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {hasLeft} from '../../../source/core/state/cursor.ts';
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

const sampleMessage = (sample: Sample): Message => ({type: 'sample', sample});
const frameOf = (state: State): readonly string[] => screen(registry, state).map(line => JSON.stringify(line));
// Twenty rows have a header of two lines above the tabs and the count.
const titleOf = (state: State): string => textOf(screen(registry, state)[2] ?? []);
const selected = (state: State): string | undefined => {
	const view = viewOf(registry, state);
	const row = cursorRow(view);
	return row && view.pane.identity(row);
};

const otherMessages: fc.Arbitrary<Message> = fc.oneof(
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

/** Samples in order, with keys and other messages in between. */
const anyStory = fc.tuple(
	randomSamples(1, 6),
	fc.array(fc.oneof(fc.constant('sample' as const), anyKey, anyKey, otherMessages), {maxLength: 30}),
);

const messagesOf = ([samples, steps]: readonly [
	readonly Sample[],
	readonly ('sample' | Key | Message)[],
]): readonly Message[] => {
	const left = [...samples];
	const messages = steps.map((step): Message | undefined => {
		if (step === 'sample') return left.length > 0 ? sampleMessage(left.shift() as Sample) : undefined;
		return 'type' in step ? step : {type: 'key', key: step};
	});
	return messages.filter(message => message !== undefined);
};

describe('any frame', () => {
	it('has the size of the screen and no unsafe character', () => {
		fc.assert(
			fc.property(anySize, anyStory, (size, story) => {
				let state = stateConnected(size);
				for (const message of messagesOf(story)) {
					[state] = update(state, message);
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

	it('is the same for the same state, which update never mutates', () => {
		fc.assert(
			fc.property(anyStory, story => {
				let state = stateConnected(tableSize);
				for (const message of messagesOf(story)) {
					const before = frameOf(state);
					const [next] = update(state, message);
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

	it('stays on its row while samples reorder the rows', () => {
		let engaged = 0;
		fc.assert(
			fc.property(
				randomSamples(1, 8),
				fc.array(fc.constantFrom('sample' as const, 'sample' as const, ...looking), {minLength: 12, maxLength: 30}),
				(samples, steps) => {
					const [first, ...left] = samples;
					let {state} = played(stateConnected(tableSize), [sampleMessage(first as Sample)]);
					for (const step of steps) {
						if (step !== 'sample') {
							state = pressed(state, step);
							continue;
						}
						const sample = left.shift();
						if (!sample) return;
						const before = selected(state);
						({state} = played(state, [sampleMessage(sample)]));
						if (before !== undefined) engaged++;
						const cursor = state.panes[state.pane]?.cursor;
						// A row that left and comes back is selected again.
						const expected = cursor && hasLeft(cursor) ? undefined : (before ?? cursor?.identity);
						if (state.frozen === undefined) expect(selected(state)).toBe(expected);
					}
				},
			),
			{seed, numRuns: 1000},
		);
		expect(engaged).toBeGreaterThan(500);
	});

	it('needs a row, which a key says where none is read or shown', () => {
		for (const name of ['j', 'down', 'up', 'pgdn', 'end'] as const)
			expect(pressed(stateConnected(tableSize), name).toast).toMatchObject({text: 'No rows to select.'});
	});

	it('is released by Esc, which restores the sort order', () => {
		const [first, second] = samplesOf('all-incidents-15') as readonly [Sample, Sample];
		const plain = played(stateConnected(tableSize), [first, second].map(sampleMessage)).state;
		const engaged = played(pressed(played(stateConnected(tableSize), [sampleMessage(first)]).state, 'down', 'down'), [
			sampleMessage(second),
		]).state;
		expect(selected(engaged)).toBeDefined();
		expect(frameOf(pressed(engaged, 'esc'))).toEqual(frameOf(plain));
	});

	it('shows an ended row as last seen, and refuses actions on it', () => {
		const samples = samplesOf('lock-chain');
		const last = samples.at(-1) as Sample;
		const sessions = last.results.sessions;
		if (!sessions?.ok) throw new Error('The sessions were read.');
		const {state} = played(stateConnected(tableSize), samples.map(sampleMessage));
		const engaged = pressed(state, 'down');
		const pid = Number(selected(engaged)?.split('@')[0]);
		const without: Sample = {
			...last,
			seq: last.seq + 1,
			results: {...last.results, sessions: {...sessions, rows: sessions.rows.filter(row => row.pid !== pid)}},
		};
		const ended = played(engaged, [sampleMessage(without)]).state;
		const view = viewOf(registry, ended);
		expect(view.gone).toBe(true);
		expect(cursorRow(view)?.pid).toBe(pid);
		expect(pressed(ended, 'K').overlay).toBeUndefined();
		expect(pressed(engaged, 'K').overlay?.kind).toBe('confirm');
	});

	it('leaves the table after two refreshes, is not counted, and takes its tag with it', () => {
		const samples = samplesOf('lock-chain');
		const last = samples.at(-1) as Sample;
		const sessions = last.results.sessions;
		if (!sessions?.ok) throw new Error('The sessions were read.');
		const {state} = played(stateConnected(tableSize), samples.map(sampleMessage));
		const tagged = pressed(state, 'down', 'space', 'up');
		const first = viewOf(registry, tagged);
		const pid = cursorRow(first)?.pid;
		const second = first.rows[1]?.pid;
		const rows = sessions.rows.filter(row => row.pid !== pid);
		const without = (index: number): Message =>
			sampleMessage({...last, seq: last.seq + 1 + index, results: {...last.results, sessions: {...sessions, rows}}});
		const refreshed = (refreshes: number): State =>
			played(
				tagged,
				Array.from({length: refreshes}, (_, index) => without(index)),
			).state;

		expect(titleOf(tagged)).toContain('7 of 13, 1 tagged');
		expect(titleOf(refreshed(1))).toMatch(/6 of 12 *$/);
		expect(viewOf(registry, refreshed(2))).toMatchObject({gone: true, cursor: 0});
		const left = refreshed(3);
		expect(viewOf(registry, left)).toMatchObject({gone: false, cursor: -1, extra: 0});
		expect(viewOf(registry, left).rows).toHaveLength(6);
		expect(left.panes.sessions?.tagged.size).toBe(0);
		expect(pressed(left, 'K').overlay).toBeUndefined();
		expect(cursorRow(viewOf(registry, pressed(left, 'down')))?.pid).toBe(second);
	});

	it('keeps an ended row while the pane cannot be read', () => {
		const samples = samplesOf('lock-chain');
		const last = samples.at(-1) as Sample;
		const tagged = pressed(played(stateConnected(tableSize), samples.map(sampleMessage)).state, 'down', 'space', 'up');
		const error = {code: '57014', message: 'canceled'};
		const failed = Array.from({length: 4}, (_, index) =>
			sampleMessage({
				...last,
				seq: last.seq + 1 + index,
				results: {...last.results, sessions: {ok: false, at: last.at, tookMs: 1, error}},
			}),
		);
		const {state} = played(tagged, failed);
		expect(state.panes.sessions?.cursor?.endedFor).toBe(0);
		expect(state.panes.sessions?.tagged.size).toBe(1);
	});
});

describe('after maintenance', () => {
	it('figures are read at once, and again two samples later, when the server has reported them', () => {
		const samples = samplesOf('trouble-18');
		const last = samples.at(-1) as Sample;
		const later = (index: number): Message => sampleMessage({...last, seq: last.seq + index});
		const ended: Message = {
			type: 'maintenance-ended',
			maintenance: 'vacuum',
			relation: {database: 'shop', oid: 1, kind: 'table', name: 'public.archive'},
			result: {outcome: 'done', tookMs: 1000, removed: 5, kept: 0, warnings: [], leftovers: [], failure: undefined},
		};
		const {state} = played(stateConnected(tableSize), samples.map(sampleMessage));
		const steps = [[ended], [ended, later(1)], [ended, later(1), later(2)], [ended, later(1), later(2), later(3)]];
		const refreshes = steps.map(messages => played(state, messages).effects.filter(({type}) => type === 'refresh').length);
		expect(refreshes).toEqual([1, 1, 2, 2]);
	});
});

describe('a frozen screen', () => {
	it('does not change with new samples, and shows the same on return as without freezing', () => {
		fc.assert(
			fc.property(
				randomSamples(2, 8),
				fc.array(fc.constantFrom('down', 'down', '2', 'i', 'a', 'v', 'right'), {maxLength: 8}),
				fc.nat({max: 6}),
				(samples, keys, place) => {
					// A promotion is reported even on a frozen screen.
					if (new Set(samples.map(registry.role)).size > 1) return;
					const cut = 1 + (place % (samples.length - 1));
					const start = played(stateConnected(tableSize), samples.slice(0, cut).map(sampleMessage)).state;
					// What a key says goes by on a frozen screen too.
					const before: State = {...pressed(start, ...keys), toast: undefined};
					if (viewOf(registry, before).gone) return;
					const rest = samples.slice(cut).map(sampleMessage);
					const frozen = pressed(before, 'p');
					let held = frozen;
					for (const message of rest) {
						({state: held} = played(held, [message]));
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
	const state = played(stateConnected(tableSize), samplesOf('all-incidents-15').map(sampleMessage)).state;

	it('filters as one types, and keeps the filter at Enter', () => {
		const typing = pressed(state, '/', ...'app=checkout');
		const names = viewOf(registry, typing).rows.map(row => row.application_name);
		expect(new Set(names)).toEqual(new Set(['checkout']));
		const kept = pressed(typing, 'enter');
		expect(kept.overlay).toBeUndefined();
		expect(frameOf(kept)).not.toEqual(frameOf(state));
		expect(frameOf(pressed(kept, '\\'))).toEqual(frameOf(state));
	});

	it('restores the previous filter at Esc', () => {
		const kept = pressed(state, '/', ...'app=checkout', 'enter');
		expect(frameOf(pressed(kept, '/', 'ctrl-u', ...'api', 'esc'))).toEqual(frameOf(kept));
	});

	it('keeps its rows while the input is not a filter, and does not accept it', () => {
		const typing = pressed(state, '/', ...'app=checkout', 'space', '"');
		expect(typing.overlay).toMatchObject({kind: 'prompt', error: expect.stringContaining('not closed')});
		const before = pressed(state, '/', ...'app=checkout');
		expect(viewOf(registry, typing).rows).toEqual(viewOf(registry, before).rows);
		expect(pressed(typing, 'enter').overlay?.kind).toBe('prompt');
	});

	it('inserts a paste as one line', () => {
		const [pasted] = update(pressed(state, '/'), {
			type: 'key',
			key: {name: 'paste', text: 'app=checkout\r\nstate=active', at: 1, alone: true},
		});
		expect(pasted.overlay).toMatchObject({kind: 'prompt', text: 'app=checkout state=active'});
	});
});

describe('without an overlay', () => {
	it('a paste is not read as keys', () => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleMessage));
		const [next, ...effects] = update(state, {type: 'key', key: {name: 'paste', text: 'q', at: 1, alone: true}});
		expect(effects).toEqual([]);
		expect(next.toast?.text).toMatch(/^Paste works only in a prompt/);
	});

	it('q first releases the cursor, then quits', () => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleMessage));
		const engaged = pressed(state, 'down');
		expect(update(engaged, {type: 'key', key: keyOf('q')}).slice(1)).not.toContainEqual(expect.objectContaining({type: 'quit'}));
		expect(update(pressed(engaged, 'q'), {type: 'key', key: keyOf('q')}).slice(1)).toEqual([{type: 'quit', status: 0}]);
	});
});

it('a second sample of one list of sessions does not make it fresh', () => {
	const read = (seq: number, at: string): Message => ({type: 'sample', sample: {seq, at, own: [], results: {}}});
	const before = '2026-12-01T12:00:00.000000+00:00';
	const {state} = played(stateConnected(tableSize), [read(0, before), {type: 'elapsed', staleMs: 5000}, read(1, before)]);
	expect(state.staleMs).toBe(5000);
	expect(played(state, [read(2, '2026-12-01T12:00:06.000000+00:00')]).state.staleMs).toBe(0);
});
