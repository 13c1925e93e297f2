import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Destination} from '../../../source/core/history/destination.ts';
import {bytesOf, newest} from '../../../source/core/history/timeline.ts';
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

/** A recording of one sample at each of these seconds, and what the program does that plays it. */
const player = (
	seconds: readonly number[],
	given: {readonly from?: Destination; readonly budget?: number; readonly damaged?: number} = {},
) => {
	const {from, budget = Number.POSITIVE_INFINITY, damaged = 0} = given;
	const left = seconds.map((at, seq): Sample => ({...first, seq, at: second(at)}));
	const initial = stateConnected({columns: 120, rows: 24}, {readOnly: 'This is a recording: nothing reaches its server.'});
	let state: State = {...initial, replay: replayFrom(from), timeline: {...initial.timeline, budget}};
	let wanted = samplesPerRead;
	let alarm: number | undefined;
	let closed = false;
	const run = (effect: Effect): void => {
		if (effect.type === 'refresh') wanted += samplesPerRead;
		if (effect.type === 'wake') alarm = effect.afterMs;
	};
	const dispatch = (action: Message): void => {
		const [next, ...effects] = update(state, action);
		state = next;
		for (const effect of effects) run(effect);
	};
	const read = (): void => {
		while (wanted > 0 && left.length > 0) {
			wanted--;
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
		/** Lets time pass until the program is woken next, and says how long that took. */
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
	it('is played from its start at the pace at which it was made, and stops at its end and says so', () => {
		const played = player([0, 1, 3, 3.5]);
		expect(headOf(played)).toMatch(/READ-ONLY REPLAY 14:00:00 1x 1 of 4$/);
		expect([played.shown(), played.wake(), played.shown(), played.wake(), played.shown(), played.wake()]).toEqual([
			0, 1000, 1, 2000, 3, 500,
		]);
		expect(played.shown()).toBe(3.5);
		expect(played.wake()).toBeUndefined();
		expect(headOf(played)).toMatch(/REPLAY 14:00:03 paused 4 of 4 p plays$/);
		expect(footOf(played)).toBe('This is the end of the recording: { goes to its beginning.');
	});

	it('that stands still says what it said until the next key', () => {
		const played = player(seconds(5));
		played.press('p', '+');
		expect(footOf(played)).toBe('Plays at 2 times the pace of the recording.');
		played.press('down');
		expect(footOf(played)).toMatch(/^\? Help /);
	});

	it('is compared at a mark with another one, not with itself', () => {
		const played = player(seconds(5));
		played.press("'", '}', "'", 'd');
		expect(played.lines().join('\n')).toContain('diff to 14:00:00');
		played.press('(');
		expect(played.lines().join('\n')).toContain('diff to 14:00:04');
	});

	it('is never compared with a now that it does not have', () => {
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
	])('is played at another speed: %s', (keys, ms) => {
		const played = player(seconds(5));
		played.press(...keys);
		expect(played.wake()).toBeCloseTo(ms, 6);
		expect(played.shown()).toBe(1);
	});

	it('loses no time where painting took longer than a sample', () => {
		const played = player(seconds(100));
		played.press('+', '+', '+', '+', '+');
		played.wake(100);
		expect(played.shown()).toBe(7);
	});

	it('of a run that was continued hours later does not wait for hours', () => {
		expect(player([0, 36_000]).wake()).toBe(60_000);
	});

	it('pauses and goes on with p, and pauses at a step', () => {
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
	])(':at %s goes there', (text, at) => {
		const played = player(seconds(40));
		played.press('p', ...Array.from({length: 10}, () => ']'), ':', ...'at', 'space', ...text, 'enter');
		expect(played.shown()).toBe(at);
	});

	it.each([
		[{kind: 'clock', time: '14:00:30'}, 30],
		[{kind: 'moment', ms: Date.parse('2026-11-22T14:00:31.5Z')}, 31],
		[{kind: 'clock', time: '13:59:00'}, 49],
	] satisfies readonly (readonly [Destination, number])[])('begins where it is told to: %o', (from, at) => {
		const played = player(seconds(50), {from});
		expect(played.shown()).toBe(at);
		if (at < 49) expect(played.wake()).toBe(1000);
		else expect(footOf(played)).toMatch(/^This is the end of the recording/);
		played.press('{');
		expect(played.shown()).toBe(0);
	});

	it('says what of it could not be read', () => {
		const played = player(seconds(3), {damaged: 2});
		expect(footOf(played)).toBe('2 damaged lines of the recording were skipped.');
		played.wake();
		expect(footOf(played)).toBe('2 damaged lines of the recording were skipped.');
		played.press('p');
		expect(footOf(played)).not.toContain('damaged');
	});

	it('lets nobody act on its server', () => {
		const played = player(seconds(3));
		for (const key of ['K', 'C', 'e', 'V', '.']) {
			played.press('down', key);
			expect(footOf(played)).toBe('This is a recording: nothing reaches its server.');
		}
	});
});

describe('a recording larger than memory', () => {
	// All samples here share their results, so that only the first of them costs much.
	const budget = bytesOf(first, undefined) + 300 * bytesOf({...first, seq: 1}, first);

	it('is read on as it is played, and what was played makes room', () => {
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
		expect(footOf(played)).toMatch(/^The oldest sample in memory is that of .*: --at begins elsewhere, --history holds more\.$/);
	});

	it('is read no further for a key that refreshes a server, so that nothing is dropped that was not played', () => {
		const [played, refreshed] = [player(seconds(5000), {budget}), player(seconds(5000), {budget})];
		for (let press = 0; press < 20; press++) refreshed.press('R', 'D');
		expect(newest(refreshed.state().timeline)?.seq).toBe(newest(played.state().timeline)?.seq);
	});

	it('is read on to a moment that is gone to, and to its end', () => {
		const played = player(seconds(5000), {budget});
		played.press(':', ...'at', 'space', ...'15:00:00', 'enter');
		expect(played.shown()).toBe(3600);
		played.press('}');
		expect(played.shown()).toBe(4999);
		expect(played.replay().complete).toBe(true);
	});
});

it('whatever is pressed, what is shown is a sample of the recording and nothing is asked of time that never comes', () => {
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
