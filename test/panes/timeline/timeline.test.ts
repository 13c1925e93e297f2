import {describe, expect, it} from 'vitest';
import type {Alarms} from '../../../source/core/pane/finding.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {msOf} from '../../../source/core/values/instant.ts';
import {registry} from '../../../source/panes/index.ts';
import {bucketsOf} from '../../../source/panes/timeline/buckets.ts';
import {loadRows} from '../../../source/panes/timeline/rows.ts';
import {judgeMore, ticksOf} from '../../../source/panes/timeline/ticks.ts';
import {meaningOf, meaningOfType} from '../../../source/panes/timeline/wait-events.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {waitSamples} from '../../../source/queries/activity/waits.ts';
import {pulse} from '../../../source/queries/server/server.ts';
import {answer, instantAt, makeSample, samplesEvery} from '../../findings/samples.ts';
import {keyOf, played, stateConnected} from '../../screens/driver.ts';

const waiting = {backend_type: 'client backend', state: 'active', datid: 1, usesysid: 1};

/** Samples of a server with a growing load and 10 commits a second. */
const history = samplesEvery(1, 59, second => [
	answer(
		sessions,
		{
			...waiting,
			pid: 1,
			backend_start: instantAt(-9),
			wait_event_type: 'Lock',
			wait_event: 'tuple',
			query_id: '7',
			query: 'update a',
		},
		{...waiting, pid: 2, backend_start: instantAt(-9), query_id: '8', query: 'select b'},
	),
	answer(
		waitSamples,
		{wait_event_type: 'Lock', wait_event: 'tuple', query_id: '7', seen: second, looks: 1},
		{wait_event_type: 'CPU', query_id: '8', seen: 1, looks: 1},
	),
	answer(pulse, {xact_commit: second * 10, wal_bytes: second * 100, started: instantAt(-60)}),
]);
const last = history.at(-1) ?? makeSample(0);

describe('a bucket', () => {
	const buckets = bucketsOf(history, {fromMs: msOf(instantAt(-20)), cellMs: 10_000, width: 8});

	it('averages the load of its samples by class, and has rates since the bucket before', () => {
		expect(buckets.map(bucket => bucket?.load?.reduce((sum, value) => sum + value, 0))).toEqual([
			undefined,
			undefined,
			5.5,
			15.5,
			25.5,
			35.5,
			45.5,
			55.5,
		]);
		expect(buckets[3]).toMatchObject({commits: 10, wal: 100, rollbacks: null, temp: null, connections: 2});
	});

	it('has no load if no activity can be seen, and a least one if some of it can', () => {
		const hidden = {...waiting, pid: 3, backend_start: instantAt(-9), state: null, backend_type: null};
		const plain = samplesEvery(1, 9, () => [answer(sessions, hidden)]);
		const partly = samplesEvery(1, 9, () => [answer(sessions, hidden, {...waiting, pid: 2, backend_start: instantAt(-9)})]);
		const cell = {fromMs: msOf(instantAt(0)), cellMs: 10_000, width: 1};
		expect(bucketsOf(plain, cell)[0]).toMatchObject({load: undefined, connections: 1});
		expect(bucketsOf(partly, cell)[0]).toMatchObject({isLeast: true, connections: 2});
		const shown = (samples: typeof plain): string =>
			screen(
				registry,
				played(stateConnected({columns: 120, rows: 40}), [
					...samples.map(sample => ({type: 'sample', sample}) as const),
					{type: 'key', key: keyOf('S')},
				]).state,
			)
				.map(textOf)
				.join('\n');
		expect(shown(plain)).toContain('The activity of 1 session is not visible to this role.');
		expect(shown(plain)).toMatch(/^ +active ·+ -\s*$/m);
		expect(shown(plain)).toContain('peak -');
		expect(shown(partly)).toContain('peak 1+');
		expect(shown(partly)).toMatch(/^ +active .* 1\.0\+\s*$/m);
	});

	it('is the same object until a sample is added to it', () => {
		const again = bucketsOf(history, {fromMs: msOf(instantAt(-20)), cellMs: 10_000, width: 8});
		expect(again[4]).toBe(buckets[4]);
	});
});

describe('the load at a moment', () => {
	const rows = loadRows(last, history);

	it('goes from classes to events, statements and sessions, the largest first', () => {
		expect(rows.map(({level, tree}) => [level, tree.trim()])).toEqual([
			['class', 'Lock'],
			['event', 'tuple'],
			['statement', 'statement'],
			['session', '1'],
			['class', 'CPU'],
			['statement', 'statement'],
			['session', '2'],
		]);
	});

	it('averages over the last seconds and says what a wait means', () => {
		expect(rows[0]).toMatchObject({average: 56.5, meaning: meaningOfType('Lock')});
		expect(rows[1]).toMatchObject({meaning: 'Queues for a row that others wait for already.'});
		expect(rows[2]).toMatchObject({meaning: 'update a', query_id: '7'});
	});

	it('comes from the list of sessions where no look at the waits was made', () => {
		const only = makeSample(
			0,
			answer(sessions, {...waiting, pid: 1, wait_event_type: 'IO', wait_event: 'WALSync', query_id: '7'}),
		);
		expect(loadRows(only, []).map(({level, average}) => [level, average])).toEqual([
			['class', 1],
			['event', 1],
			['statement', 1],
			['session', null],
		]);
	});

	it('leads from a session to its row', () => {
		const pane = registry.pane('timeline');
		expect(rows.flatMap(row => pane.leads(row) ?? [])).toMatchObject([{pane: 'sessions'}, {pane: 'sessions'}]);
	});
});

describe('the chart', () => {
	const pressed = (name: string) => ({type: 'key', key: keyOf(name)}) as const;
	const messages = history.map(sample => ({type: 'sample', sample}) as const);
	const shown = (...keys: readonly string[]) =>
		played(stateConnected({columns: 120, rows: 40}), [...messages, ...['S', ...keys].map(pressed)]).state;
	const linesOf = (state: ReturnType<typeof shown>): readonly string[] => screen(registry, state).map(textOf);

	it('moves the moment of all panes by a cell', () => {
		const state = shown('left', 'left');
		expect(state.frozen?.sample.at).toBe(instantAt(49));
		expect(linesOf(state).join('\n')).toContain('REWOUND 14:30:49');
		expect(shown('left', 'left', 'right').frozen?.sample.at).toBe(instantAt(54));
		expect(shown('left', 'right', 'right').frozen).toBeUndefined();
	});

	it('zooms, and says where that ends', () => {
		expect(linesOf(shown('+')).join('\n')).toContain('2.0s/cell');
		expect(linesOf(shown('-')).join('\n')).toContain('10s/cell');
		expect(shown('+', '+', '+').toast?.text).toBe('A cell is 1 s: it cannot be shorter.');
	});

	it('marks the shown moment and bookmarks below the load', () => {
		const state = shown('left', 'left', "'", 'right');
		const ticks = linesOf(state).find(text => text.includes('▲')) ?? '';
		expect(ticks.indexOf('▲') - ticks.indexOf("'")).toBe(1);
	});

	it('has no place on a low screen, where the table stays', () => {
		const {state} = played(stateConnected({columns: 80, rows: 12}), [...messages, pressed('S')]);
		expect(linesOf(state).join('\n')).not.toContain('▲');
		expect(linesOf(state).join('\n')).toContain('tuple');
	});
});

describe('ticks of findings', () => {
	it('are where the worst finding becomes another one, judged a few samples at a time', () => {
		let judged = 0;
		const known = new Set<Sample>();
		const alarms: Alarms = {
			of: sample => {
				if (!known.has(sample)) judged++;
				known.add(sample);
				return sample.seq < 20 ? undefined : sample.seq < 40 ? 'a' : 'b';
			},
			isKnown: sample => known.has(sample),
		};
		const span = {fromMs: msOf(instantAt(0)), cellMs: 5000, width: 12};
		let ticks = judgeMore(new Map(), history, span, alarms);
		expect(judged).toBe(2);
		for (let times = 0; times < 6; times++) ticks = judgeMore(ticks, history, span, alarms);
		expect(judgeMore(ticks, history, span, alarms)).toBe(ticks);
		expect(ticksOf(ticks, history, span).map(ms => (ms - msOf(instantAt(0))) / 1000)).toEqual([44, 24]);
		expect(judgeMore(ticks, history, {...span, fromMs: msOf(instantAt(30))}, alarms).size).toBe(ticks.size / 2);
		// Findings that are known cost nothing: all of them are taken at once.
		const all = judgeMore(new Map(), history, span, alarms);
		expect([...all]).toEqual([...ticks]);
		expect(judged).toBe(ticks.size);
	});
});

it('an event without a meaning of its own has the one of its type', () => {
	expect(meaningOf('IO', 'SomethingNew')).toBe(meaningOfType('IO'));
	expect(meaningOf('IO', 'DataFileRead')).not.toBe(meaningOfType('IO'));
});

describe('Enter', () => {
	const size = {columns: 120, rows: 40};
	const opened = played(stateConnected(size), [
		...history.map(sample => ({type: 'sample', sample}) as const),
		{type: 'key', key: keyOf('S')},
	]).state;
	const typed = (...names: readonly string[]) =>
		played(
			opened,
			names.map(name => ({type: 'key', key: keyOf(name)}) as const),
		).state;

	it('narrows the table to a class, an event, and then to the sessions of a statement', () => {
		expect(typed('down', 'enter').panes.timeline?.filter).toBe('wait_event_type="Lock"');
		const event = typed('down', 'enter', 'down', 'down', 'enter');
		expect(event.panes.timeline?.filter).toBe('wait_event_type="Lock" wait_event="tuple"');
		const statement = played(
			event,
			['down', 'down', 'enter'].map(name => ({type: 'key', key: keyOf(name)}) as const),
		).state;
		expect([statement.pane, statement.panes.sessions?.filter]).toEqual(['sessions', 'query_id=7']);
	});

	it('is undone by Esc, level by level, and leaves the filters as they were', () => {
		const back = played(
			typed('down', 'enter', 'down', 'down', 'enter'),
			['esc', 'esc'].map(name => ({type: 'key', key: keyOf(name)}) as const),
		).state;
		expect([back.pane, back.panes.timeline?.filter, back.drilled]).toEqual(['timeline', '', undefined]);
		const once = played(typed('down', 'enter', 'down', 'down', 'enter'), [{type: 'key', key: keyOf('esc')}]).state;
		expect(once.panes.timeline?.filter).toBe('wait_event_type="Lock"');
	});

	it('shows the page of a session', () => {
		expect(typed('down', 'down', 'down', 'down', 'enter').overlay?.kind).toBe('inspect');
	});
});
