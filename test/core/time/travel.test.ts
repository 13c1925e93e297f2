import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseDestination} from '../../../source/core/history/destination.ts';
import {newest} from '../../../source/core/history/timeline.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {cursorRow, shownSample, viewOf} from '../../../source/core/state/view.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {msOf} from '../../../source/core/values/instant.ts';
import {registry} from '../../../source/panes/index.ts';
import {played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {recordingNames, samplesOf} from '../../screens/recorded.ts';
import {seed} from '../arbitraries.ts';
import {randomSamples} from '../random-samples.ts';

const size = {columns: 120, rows: 30};
const receive = (state: State, samples: readonly Sample[]): State =>
	played(
		state,
		samples.map((sample): Message => ({type: 'sample', sample})),
	).state;
const frameOf = (state: State): readonly string[] => screen(registry, state).map(line => JSON.stringify(line));
const linesOf = (state: State): readonly string[] => screen(registry, state).map(textOf);
const headOf = (state: State): string => linesOf(state)[0] ?? '';
const footOf = (state: State): string => linesOf(state).at(-1)?.trimEnd() ?? '';
const shown = (state: State): number | undefined => shownSample(state)?.seq;
const act = (state: State, message: Message): State => played(state, [message]).state;
const recorded = (name: (typeof recordingNames)[number] = 'all-incidents-15'): State =>
	receive(stateConnected(size), samplesOf(name));

/** A copy of a sample, later and with a number of its own; only sessions that `keeps` remain. */
const later = (sample: Sample, seq: number, seconds: number, keeps: (pid: number) => boolean = () => true): Sample => {
	const {sessions} = sample.results;
	if (!sessions?.ok) throw new Error('The sessions were read.');
	const at = new Date(Date.parse(sample.at) + seconds * 1000).toISOString().replace('Z', '000+00:00');
	const rows = sessions.rows.filter(row => keeps(Number(row.pid)));
	return {...sample, seq, at, results: {...sample.results, sessions: {...sessions, at, rows}}};
};

describe('a screen that is rewound', () => {
	it.each(recordingNames)('shows the live frames of %s in every pane', name => {
		const samples = samplesOf(name);
		// The chart of the timeline shows what came later, too.
		for (const {id} of registry.panes.filter(pane => pane.id !== 'timeline')) {
			let live = act(stateConnected(size), {type: 'pane', pane: id});
			const frames = samples.map(sample => {
				live = receive(live, [sample]);
				return frameOf(live).slice(1);
			});
			for (let back = live, place = samples.length - 2; place >= 0; place--) {
				back = pressed(back, '[');
				expect({id, place, frame: frameOf(back).slice(1)}).toEqual({id, place, frame: frames[place]});
				expect(headOf(back)).toContain(`${samples[place]?.at.slice(11, 19)} `);
			}
		}
	});

	it('shows the same on return as without the trip', () => {
		const looking = fc.constantFrom('[', '[', ']', '{', "'", '(', ')', 'd', 'd', 'p', 'p');
		fc.assert(
			fc.property(
				randomSamples(3, 8),
				fc.array(fc.constantFrom('down', 'down', '2', 'i', 'a', 'right'), {maxLength: 6}),
				fc.array(fc.array(looking, {maxLength: 4}), {minLength: 7, maxLength: 7}),
				fc.nat({max: 6}),
				(samples, keys, travels, place) => {
					const cut = 2 + (place % (samples.length - 2));
					const before = pressed(receive(stateConnected(size), samples.slice(0, cut)), ...keys);
					const rest = samples.slice(cut);
					let travelled = pressed(before, '[');
					for (const [index, sample] of rest.entries())
						travelled = pressed(receive(travelled, [sample]), ...(travels[index] ?? []));
					const back = pressed({...travelled, bookmarks: [], compares: false}, '}');
					const stayed = receive(before, rest);
					expect(frameOf({...back, toast: undefined})).toEqual(frameOf({...stayed, toast: undefined}));
				},
			),
			{seed, numRuns: 400},
		);
	});

	it('shows its moment, its age and the key that returns', () => {
		const state = pressed(recorded(), '[', '[');
		expect(headOf(state)).toMatch(/ REWOUND \d\d:\d\d:\d\d \d.*s ago \} = live$/);
		expect(headOf(pressed(state, '}'))).not.toMatch(/REWOUND|PAUSED/);
		expect(headOf(pressed(state, ']', ']'))).toMatch(/ PAUSED p = resume$/);
	});

	it('keeps collecting samples and steps to them', () => {
		const samples = samplesOf('all-incidents-15');
		const state = receive(pressed(receive(stateConnected(size), samples.slice(0, 3)), '['), samples.slice(3));
		expect([shown(state), newest(state.timeline)?.seq]).toEqual([1, samples.length - 1]);
		expect(shown(pressed(state, ']', ']', ']'))).toBe(4);
		expect(shown(pressed(state, '{'))).toBe(0);
		expect(shown(pressed(state, '}'))).toBe(samples.length - 1);
	});

	it('reports the oldest and the newest sample', () => {
		expect(footOf(pressed(recorded(), '{', '['))).toMatch(/^Oldest sample in memory: \d\d:\d\d:\d\d\.$/);
		expect(footOf(pressed(recorded(), ']'))).toBe('Already live ([ goes back)');
		expect(footOf(pressed(recorded(), '[', ']', ']'))).toBe('Newest sample. } = live');
	});

	it.each(['K', 'C', 'V', 'e', '.'])('refuses %s and names the key that returns', key => {
		const pane = key === 'V' || key === '.' ? '3' : '1';
		const state = pressed(recorded('trouble-18'), pane, '[', 'down', key);
		expect(state.overlay).toBeUndefined();
		expect(state.toast?.text).toMatch(/^Viewing the past: (actions are|measuring is) off\. \} = live$/);
	});

	it('clears the toast about the past on return to live', () => {
		const back = pressed(recorded('trouble-18'), '1', '[', 'down', 'K', '}');
		expect(back.toast).toBeUndefined();
	});

	it('keeps the cursor on its row through moments without that row', () => {
		const [first] = samplesOf('lock-chain') as readonly [Sample];
		const start = pressed(receive(stateConnected(size), [first]), 'down', 'down');
		const {pane} = viewOf(registry, start);
		const row = cursorRow(viewOf(registry, start));
		const pid = Number(row?.pid);
		const without = (seq: number): Sample => later(first, seq, seq, each => each !== pid);
		const state = receive(start, [without(1), later(first, 2, 2)]);
		const nameOf = (at: State): string | undefined => {
			const found = cursorRow(viewOf(registry, at));
			return found && pane.identity(found);
		};
		const back = pressed(state, '[');
		expect(viewOf(registry, back).gone).toBe(true);
		expect(viewOf(registry, pressed(back, '[')).gone).toBe(false);
		for (const at of [state, back, pressed(back, '['), pressed(back, '}')]) expect(nameOf(at)).toBe(row && pane.identity(row));
	});

	it('keeps the page of a row, with a note before it exists and after it ended', () => {
		const [first] = samplesOf('lock-chain') as readonly [Sample];
		const pidOf = (state: State): number => Number(cursorRow(viewOf(registry, state))?.pid);
		const pid = pidOf(pressed(receive(stateConnected(size), [first]), 'down'));
		const without = (seq: number): Sample => later(first, seq, seq, each => each !== pid);
		const samples = [without(0), later(first, 1, 1), without(2)];
		const inspected = pressed(receive(stateConnected(size), samples.slice(0, 2)), 'down', 'enter');
		expect(inspected.overlay).toMatchObject({kind: 'inspect', row: {pid}});
		const page = (state: State): string => linesOf(state).join('\n');
		expect(page(pressed(inspected, '['))).toContain('Not present at this moment: shown as seen later.');
		expect(page(receive(inspected, samples.slice(2)))).toContain('Ended: shown as last seen.');
		expect(page(pressed(inspected, '[', ']'))).not.toMatch(/Not present|Ended/);
	});

	it('stays on a sample dropped from memory, with its rates, and steps to the oldest one left', () => {
		const all = samplesOf('trouble-18');
		const state = pressed(receive(stateConnected(size), all), '[');
		const frame = frameOf(state);
		const roomless = {...state, timeline: {...state.timeline, budget: 1}};
		const dropped = receive(roomless, [later(all.at(-1) as Sample, all.length, 1)]);
		expect(dropped.timeline.samples.length).toBe(1);
		expect(frameOf(dropped).slice(1)).toEqual(frame.slice(1));
		for (const {id} of registry.panes) {
			const [before, after] = [state, dropped].map(at => frameOf(act(at, {type: 'pane', pane: id})).slice(1));
			// Growth is measured over minutes, of which less is kept; rates over seconds remain.
			if (id === 'sessions' || id === 'statements' || id === 'locks') expect(after).toEqual(before);
		}
		expect(footOf(pressed(dropped, '['))).toMatch(/^Oldest sample in memory/);
		expect(shown(pressed(dropped, ']'))).toBe(all.length);
	});
});

describe('the history in memory', () => {
	it('is shown from a minute on, if there is room or while rewound', () => {
		const [first] = samplesOf('lock-chain') as readonly [Sample];
		const state = receive(stateConnected({columns: 160, rows: 30}), [first, later(first, 1, 30), later(first, 2, 1860)]);
		expect(headOf(state)).toMatch(/ history 31m00 *$/);
		expect(headOf(pressed(state, '['))).toMatch(/ REWOUND .* 30m30 ago \} = live history 31m00$/);
		expect(headOf(receive(stateConnected(size), [first, later(first, 1, 30)]))).not.toContain('history');
		const narrow = act(state, {type: 'resize', size: {columns: 60, rows: 24}});
		expect(headOf(narrow)).not.toContain('history');
		expect(headOf(pressed(narrow, '['))).toMatch(/REWOUND/);
	});
});

describe('a bookmark', () => {
	it('is set and removed at its moment, and reached from both sides', () => {
		const marked = pressed(recorded(), '{', ']', "'", ']', ']', "'", '}');
		expect(headOf(marked)).toContain('2 marks');
		const back = pressed(marked, '(');
		expect(shown(back)).toBe(3);
		expect(headOf(back)).toContain('MARK 2');
		expect(shown(pressed(back, '('))).toBe(1);
		expect(footOf(pressed(back, '(', '('))).toBe('No earlier mark.');
		expect(shown(pressed(back, '(', ')'))).toBe(3);
		expect(headOf(pressed(back, "'"))).toContain('1 mark');
		expect(footOf(pressed(recorded(), '('))).toBe("No marks: ' marks the shown moment.");
	});

	it('gets a name from :mark, by which :at finds it', () => {
		const named = pressed(recorded(), '[', '[', ':', ...'mark', 'space', ...'deploy', 'enter', '}');
		expect(named.bookmarks).toMatchObject([{name: 'deploy'}]);
		const there = pressed(named, ':', ...'at', 'space', ...'deploy', 'enter');
		expect(shown(there)).toBe(samplesOf('all-incidents-15').length - 3);
		expect(headOf(there)).toContain('MARK 1 deploy');
		expect(footOf(pressed(named, ':', ...'at', 'space', ...'nowhere', 'enter'))).toBe('No mark named nowhere.');
	});

	it('survives the drop of its sample from memory', () => {
		const marked = pressed(recorded(), '{', "'", '}');
		const full = receive({...marked, timeline: {...marked.timeline, budget: 1}}, [
			later(samplesOf('all-incidents-15').at(-1) as Sample, 100, 1),
		]);
		expect(shown(pressed(full, '('))).toBe(0);
		expect(linesOf(pressed(full, '(')).slice(1)).toEqual(linesOf(pressed(marked, '(')).slice(1));
	});
});

describe(':at', () => {
	const [first] = samplesOf('lock-chain') as readonly [Sample];
	const state = receive(
		stateConnected(size),
		Array.from({length: 20}, (_, seq) => later(first, seq, seq * 60)),
	);
	const clock = (seq: number): string => later(first, seq, seq * 60).at.slice(11, 19);
	const at = (text: string): State => pressed(state, ':', ...'at', 'space', ...text, 'enter');

	it.each([
		['-5m', 14],
		['-1h', 0],
		[clock(7), 7 - 1],
		[clock(8).slice(0, 5), undefined],
		[later(first, 3, 180.5).at, 3],
	])('%s goes to that moment', (text, seq) => {
		const there = at(text);
		const expected = seq ?? 7;
		// A time of day has no fraction of a second, unlike a sample.
		expect([expected, expected - 1, expected + 1]).toContain(shown(there));
		expect(there.frozen).toBeDefined();
	});

	it('reports the oldest sample for a moment before it', () => {
		expect(footOf(at('-1h'))).toMatch(/^Oldest sample in memory: /);
	});

	it('+5m is live', () => {
		expect(at('+5m').frozen).toBeUndefined();
	});

	it.each(['25:00', '-x', ''])('%s is refused', text => {
		expect(at(text).overlay).toMatchObject({kind: 'prompt', error: expect.stringMatching(/^Enter a time/)});
	});
});

describe('d', () => {
	const [first] = samplesOf('lock-chain') as readonly [Sample];
	const rows = (state: State): readonly string[] => linesOf(state).filter(line => /^.[-+~ ] +\d+ /.test(line));
	const plain = receive(stateConnected(size), [first]);
	const [one, two] = viewOf(registry, plain).rows.map(row => Number(row.pid)) as [number, number];
	const {sessions} = first.results;
	const other = (sample: Sample): Sample => {
		const result = sample.results.sessions;
		if (!result?.ok) throw new Error('The sessions were read.');
		const changed = result.rows.map(row => (row.pid === two ? {...row, usename: 'another'} : row));
		return {...sample, results: {...sample.results, sessions: {...result, rows: changed}}};
	};
	const early = later(first, 0, 0);
	const late = other(later(first, 1, 60, pid => pid !== one));
	const state = receive(stateConnected(size), [early, late]);
	const markOf = (at: State, pid: number): string | undefined =>
		rows(at).find(line => new RegExp(`^.. +${pid} `).test(line))?.[1];

	it('marks rows that went or changed until now, while rewound', () => {
		expect(sessions?.ok).toBe(true);
		const diff = pressed(state, '[', 'd');
		expect([markOf(diff, one), markOf(diff, two)]).toEqual(['-', '~']);
		expect(rows(diff).filter(line => line[1] === ' ').length).toBe(rows(diff).length - 2);
		expect(linesOf(diff).join('\n')).toContain(`diff to now, ${late.at.slice(11, 19)}`);
		expect(frameOf(pressed(diff, 'd'))).toEqual(frameOf(pressed(state, '[')));
	});

	it('shows rows that came since', () => {
		const turned = receive(stateConnected(size), [
			{...late, seq: 0},
			{...early, seq: 1, at: later(first, 1, 120).at},
		]);
		const diff = pressed(turned, '[', 'd');
		expect(markOf(diff, one)).toBe('+');
		expect(viewOf(registry, diff).rows.length).toBe(viewOf(registry, pressed(turned, '[')).rows.length + 1);
	});

	it('marks rows that went or changed since the last mark, while live, and refuses actions on rows that went', () => {
		const diff = pressed(receive(pressed(receive(stateConnected(size), [early]), "'"), [late]), 'd');
		expect([markOf(diff, one), markOf(diff, two)]).toEqual(['-', '~']);
		const {pane, rows: seen} = viewOf(registry, diff);
		const place = seen.findIndex(row => row.pid === one);
		const pointed = pressed(diff, ...Array.from({length: place + 1}, () => 'down'));
		expect(Number(cursorRow(viewOf(registry, pointed))?.pid)).toBe(one);
		expect(pane.id).toBe('sessions');
		expect(pressed(pointed, 'K').overlay).toBeUndefined();
		expect(pressed(pointed, 'K').toast?.text).toMatch(/^No row selected/);
	});

	it('asks for a mark without one to compare with', () => {
		expect(footOf(pressed(plain, 'd'))).toBe("Go back with [, or mark a moment with ': d shows changes since then.");
	});

	it('marks nothing if only time has passed', () => {
		const diff = pressed(receive(stateConnected(size), [early, later(first, 1, 60)]), '[', 'd');
		expect(rows(diff).every(line => line[1] === ' ')).toBe(true);
	});
});

describe('f', () => {
	/** The state after all of its timers. */
	const afterTimers = (start: State): State => {
		let state = start;
		for (let times = 0; times < 1000; times++) {
			const [next, ...effects] = update(state, {type: 'woken', elapsedMs: 0});
			state = next;
			if (!effects.some(effect => effect.type === 'wake' && effect.afterMs !== undefined)) return state;
		}
		throw new Error('The timers never end.');
	};
	const calm = (sample: Sample, seq: number): Sample => {
		const none = (name: string) => {
			const result = sample.results[name];
			return result?.ok ? {...result, rows: []} : result;
		};
		return {...sample, seq, results: {...sample.results, sessions: none('sessions'), locks: none('locks')}} as Sample;
	};
	const [first] = samplesOf('lock-chain') as readonly [Sample];
	const last = samplesOf('lock-chain').at(-1) as Sample;
	const samples = [
		...Array.from({length: 25}, (_, seq) => calm(first, seq)),
		...Array.from({length: 3}, (_, seq) => ({...last, seq: 25 + seq})),
		...Array.from({length: 3}, (_, seq) => calm(first, 28 + seq)),
		{...last, seq: 31},
	];
	const state = pressed(receive(stateConnected(size), samples), '{');

	it('goes to each change of the worst finding, then reports that there is no other', () => {
		expect(registry.alarm(last, samples)).toBeDefined();
		const worst = samples.map(sample => registry.alarm(sample, samples));
		const begins = worst.flatMap((name, seq) => (seq > 0 && name !== undefined && name !== worst[seq - 1] ? [seq] : []));
		expect(begins[0]).toBe(25);
		let found = state;
		for (const seq of begins) {
			found = afterTimers(pressed(found, 'f'));
			expect(shown(found)).toBe(seq);
		}
		const none = afterTimers(pressed(found, 'f'));
		expect(shown(none)).toBe(begins.at(-1));
		expect(footOf(none)).toMatch(/^No new worst finding after \d\d:\d\d:\d\d\.$/);
	});

	it('is stopped by any key, back at its start', () => {
		const [searching] = update(pressed(state, 'f'), {type: 'woken', elapsedMs: 0});
		expect(footOf(searching)).toMatch(/^Searching for the next finding: \d\d:\d\d:\d\d \(any key stops\)$/);
		const stopped = pressed(searching, 'esc');
		expect([stopped.search, shown(stopped)]).toEqual([undefined, 0]);
		expect(frameOf(stopped)).toEqual(frameOf(state));
	});
});

it('a timestamp without a zone is in the time zone of the screen', () => {
	const at = '2026-11-22T14:03:12.123456+00:00';
	expect(parseDestination(at)).toEqual({kind: 'moment', ms: msOf(at)});
	for (const text of ['2026-11-22 14:03:12', '2026-11-22T14:03:12', '2026-11-22T14:03:12Z', '2026-11-22T16:03:12+02:00'])
		expect(parseDestination(text)).toEqual({kind: 'moment', ms: Date.UTC(2026, 10, 22, 14, 3, 12)});
});
