import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Destination} from '../../../source/core/history/destination.ts';
import {bytesOf} from '../../../source/core/history/footprint.ts';
import {newest} from '../../../source/core/history/timeline.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Effect} from '../../../source/core/state/effect.ts';
import type {Message} from '../../../source/core/state/message.ts';
import {samplesPerRead} from '../../../source/core/state/source.ts';
import type {Replay, State} from '../../../source/core/state/state.ts';
import {shownSample} from '../../../source/core/state/view.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {replayFrom} from '../../../source/core/time/replay.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';
import {seed} from '../arbitraries.ts';

const [first] = samplesOf('lock-chain') as readonly [Sample];
const second = (seconds: number): string =>
	new Date(Date.parse('2026-11-22T14:00:00Z') + seconds * 1000).toISOString().replace('Z', '000+00:00');

/** Plays a recording with one sample at each of these seconds. */
const player = (
	seconds: readonly number[],
	options: {readonly from?: Destination; readonly budget?: number; readonly damaged?: number} = {},
) => {
	const {from, budget = Number.POSITIVE_INFINITY, damaged = 0} = options;
	const left = seconds.map((at, seq): Sample => ({...first, seq, at: second(at)}));
	const initial = stateConnected({columns: 120, rows: 24}, {readOnly: 'Actions are off: this is a recording.'});
	let state: State = {...initial, replay: replayFrom(from), timeline: {...initial.timeline, budget}};
	let requested = samplesPerRead;
	let alarm: number | undefined;
	let closed = false;
	const run = (effect: Effect): void => {
		if (effect.type === 'refresh') requested += samplesPerRead;
		if (effect.type === 'wake') alarm = effect.afterMs;
	};
	const dispatch = (message: Message): void => {
		const [next, ...effects] = update(state, message);
		state = next;
		for (const effect of effects) run(effect);
	};
	const read = (): void => {
		while (requested > 0 && left.length > 0) {
			requested--;
			dispatch({type: 'sample', sample: left.shift() as Sample});
		}
		if (left.length > 0 || closed) return;
		closed = true;
		const failure = {code: 'damaged', message: `${damaged} damaged lines of the recording were skipped.`};
		dispatch({type: 'link', link: {state: 'closed', ...(damaged > 0 && {failure})}});
	};
	read();
	return {
		press: (...names: readonly string[]) => {
			for (const name of names) {
				dispatch({type: 'key', key: keyOf(name)});
				read();
			}
		},
		/** Lets time pass until the next timer; returns the milliseconds until then. */
		wake: (lateMs = 0): number | undefined => {
			const ms = alarm;
			if (ms === undefined) return undefined;
			alarm = undefined;
			dispatch({type: 'woken', elapsedMs: ms + lateMs});
			read();
			return ms;
		},
		shown: (): number => (Date.parse(shownSample(state)?.at ?? '') - Date.parse(second(0))) / 1000,
		lines: (): readonly string[] => screen(registry, state).map(textOf),
		state: (): State => state,
		replay: (): Replay => state.replay as Replay,
		unread: (): number => left.length,
	};
};

const seconds = (count: number): readonly number[] => Array.from({length: count}, (_, index) => index);
const headOf = ({lines}: ReturnType<typeof player>): string => lines()[0] ?? '';
const footOf = ({lines}: ReturnType<typeof player>): string => lines().at(-1)?.trimEnd() ?? '';

describe('a recording', () => {
	it('plays from its start in real time, and stops with a toast at its end', () => {
		const played = player([0, 1, 3, 3.5]);
		expect(headOf(played)).toMatch(/READ-ONLY REPLAY 14:00:00 1x 1 of 4$/);
		expect([played.shown(), played.wake(), played.shown(), played.wake(), played.shown(), played.wake()]).toEqual([
			0, 1000, 1, 2000, 3, 500,
		]);
		expect(played.shown()).toBe(3.5);
		expect(played.wake()).toBeUndefined();
		expect(headOf(played)).toMatch(/REPLAY 14:00:03 paused 4 of 4 p = play$/);
		expect(footOf(played)).toBe('End of the recording: { returns to its start.');
	});

	it('keeps a toast until the next key while paused', () => {
		const played = player(seconds(5));
		played.press('p', '+');
		expect(footOf(played)).toBe('Playing at 2x.');
		played.press('down');
		expect(footOf(played)).toMatch(/^\? Help /);
	});

	it('compares a mark with another mark, not with itself', () => {
		const played = player(seconds(5));
		played.press("'", '}', "'", 'd');
		expect(played.lines().join('\n')).toContain('diff to 14:00:00');
		played.press('(');
		expect(played.lines().join('\n')).toContain('diff to 14:00:04');
	});

	it('never compares with now', () => {
		const played = player(seconds(5));
		played.press('}', "'", '{', 'd');
		const screen = played.lines().join('\n');
		expect(screen).toContain('diff to 14:00:04');
		expect(screen).not.toContain('now,');
	});

	it.each([
		[['+'], 500],
		[['+', '+'], 200],
		[['+', '+', '+', '+', '+', '+'], 1000 / 60],
		[['+', '-', '-'], 1000],
	])('changes its speed with %s', (keys, ms) => {
		const played = player(seconds(5));
		played.press(...keys);
		expect(played.wake()).toBeCloseTo(ms, 6);
		expect(played.shown()).toBe(1);
	});

	it('skips samples if painting takes longer than they last', () => {
		const played = player(seconds(100));
		played.press('+', '+', '+', '+', '+');
		played.wake(100);
		expect(played.shown()).toBe(7);
	});

	it('waits at most a minute between two runs', () => {
		expect(player([0, 36_000]).wake()).toBe(60_000);
	});

	it('pauses and resumes with p, and pauses at a step', () => {
		const played = player(seconds(9));
		played.press('p');
		expect(played.wake()).toBeUndefined();
		played.press('p');
		expect(played.wake()).toBe(1000);
		played.press(']', ']', '[');
		expect([played.shown(), played.wake()]).toEqual([2, undefined]);
		played.press('}');
		expect(played.shown()).toBe(8);
		played.press('{');
		expect(played.shown()).toBe(0);
	});

	it.each([
		['14:00:20', 20],
		['-5s', 5],
		['+7s', 17],
		['2026-11-22T14:00:03Z', 3],
	])(':at %s goes to that moment', (text, at) => {
		const played = player(seconds(40));
		played.press('p', ...Array.from({length: 10}, () => ']'), ':', ...'at', 'space', ...text, 'enter');
		expect(played.shown()).toBe(at);
	});

	it.each([
		[{kind: 'clock', time: '14:00:30'}, 30],
		[{kind: 'moment', ms: Date.parse('2026-11-22T14:00:31.5Z')}, 31],
		[{kind: 'clock', time: '13:59:00'}, 49],
	] satisfies readonly (readonly [Destination, number])[])('starts at %o', (from, at) => {
		const played = player(seconds(50), {from});
		expect(played.shown()).toBe(at);
		if (at < 49) expect(played.wake()).toBe(1000);
		else expect(footOf(played)).toMatch(/^End of the recording/);
		played.press('{');
		expect(played.shown()).toBe(0);
	});

	it('reports damaged lines until a key is pressed', () => {
		const played = player(seconds(3), {damaged: 2});
		expect(footOf(played)).toBe('2 damaged lines of the recording were skipped.');
		played.wake();
		expect(footOf(played)).toBe('2 damaged lines of the recording were skipped.');
		played.press('p');
		expect(footOf(played)).not.toContain('damaged');
	});

	it('refuses every action on its server', () => {
		const played = player(seconds(3));
		for (const key of ['K', 'C', 'e', 'V', '.']) {
			played.press('down', key);
			expect(footOf(played)).toBe('Actions are off: this is a recording.');
		}
	});
});

describe('a recording larger than memory', () => {
	// All samples share their results, so that only the first one needs much memory.
	const budget = bytesOf(first, undefined) + 300 * bytesOf({...first, seq: 1}, first);

	it('reads on while playing and drops played samples', () => {
		const played = player(seconds(5000), {budget});
		const held = played.state().timeline.samples.length;
		expect(held).toBeGreaterThan(100);
		expect(played.unread()).toBeGreaterThan(1000);
		expect(headOf(played)).toMatch(/ 1 of \d+\+$/);
		for (let at = 1; at < 5000; at++) {
			expect(played.wake()).toBe(1000);
			expect(played.shown()).toBe(at);
			expect(played.state().timeline.bytes).toBeLessThanOrEqual(budget);
		}
		expect(played.unread()).toBe(0);
		expect(played.state().timeline.samples.at(0)?.seq).toBeGreaterThan(1000);
		played.press('{', '[');
		expect(footOf(played)).toMatch(/^Oldest sample in memory: .*\. Start elsewhere with --at, keep more with --history\.$/);
	});

	it('does not read on at a refresh key, so that no sample is dropped before it is played', () => {
		const [played, refreshed] = [player(seconds(5000), {budget}), player(seconds(5000), {budget})];
		for (let press = 0; press < 20; press++) refreshed.press('R', 'D');
		expect(newest(refreshed.state().timeline)?.seq).toBe(newest(played.state().timeline)?.seq);
	});

	it('reads on to a moment and to its end', () => {
		const played = player(seconds(5000), {budget});
		played.press(':', ...'at', 'space', ...'15:00:00', 'enter');
		expect(played.shown()).toBe(3600);
		played.press('}');
		expect(played.shown()).toBe(4999);
		expect(played.replay().complete).toBe(true);
	});
});

it('any sequence of keys shows a sample of the recording and still plays to its end', () => {
	const keys = ['p', '[', ']', '{', '}', '+', '-', "'", '(', ')', 'd', 'f', '2', 'down', 'space'] as const;
	fc.assert(
		fc.property(
			fc.array(fc.oneof(fc.constantFrom(...keys), fc.constant('wake' as const)), {maxLength: 40}),
			fc.integer({min: 1, max: 60}),
			fc.integer({min: -1, max: 10_000}),
			(steps, count, spare) => {
				const played = player(seconds(count), {budget: bytesOf(first, undefined) + spare});
				for (const step of steps) {
					if (step === 'wake') played.wake();
					else played.press(step);
					expect(Number.isInteger(played.shown())).toBe(true);
				}
				played.press('esc', '{', ...(played.replay().playing ? [] : ['p']));
				for (let times = 0; times < 3 * count && played.wake() !== undefined; times++);
				expect(played.shown()).toBe(count - 1);
				expect(newest(played.state().timeline)?.seq).toBe(count - 1);
			},
		),
		{seed, numRuns: 200},
	);
});
