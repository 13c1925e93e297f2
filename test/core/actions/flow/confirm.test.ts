import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../../../source/core/actions/flow/dialog.ts';
import type {Action} from '../../../../source/core/actions/question.ts';
import type {KnownTarget} from '../../../../source/core/actions/target.ts';
import type {Row, Sample} from '../../../../source/core/sample/sample.ts';
import {screen} from '../../../../source/core/screen/screen.ts';
import type {Key, Size} from '../../../../source/core/state/key.ts';
import type {Message, SignalResult} from '../../../../source/core/state/message.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {viewOf} from '../../../../source/core/state/view.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {registry} from '../../../../source/panes/index.ts';
import {graphOf} from '../../../../source/panes/reading/answers.ts';
import {keyNames, keyOf, played, pressed, stateConnected, update} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';
import {seed} from '../../arbitraries.ts';
import {randomSamples} from '../../random-samples.ts';

const signalsOf = (action: Action | undefined) => (action?.kind === 'signal' ? action : undefined);
const targetsOf = (action: Action | undefined): readonly KnownTarget[] => signalsOf(action)?.targets ?? [];

const tableSize: Size = {columns: 120, rows: 20};
const sampleMessage = (sample: Sample): Message => ({type: 'sample', sample});
const anyKey: fc.Arbitrary<Key> = fc.constantFrom(...keyNames, 'paste').map(name => keyOf(name));

describe('a question before a signal', () => {
	const names = [
		'down',
		'up',
		'K',
		'C',
		'y',
		'n',
		'enter',
		'esc',
		'q',
		'paste',
		...'terminate',
		...'cancel',
		'backspace',
	] as const;
	const anyPress = fc.record({
		name: fc.oneof({weight: 2, arbitrary: fc.constantFrom('K', 'y', 'y')}, {weight: 1, arbitrary: fc.constantFrom(...names)}),
		laterMs: fc.oneof(fc.constantFrom(300, 301, 1000), fc.constantFrom(0, 10, 150, 299)),
		alone: fc.oneof({weight: 5, arbitrary: fc.constant(true)}, {weight: 1, arbitrary: fc.constant(false)}),
		painted: fc.oneof({weight: 4, arbitrary: fc.constant(true)}, {weight: 1, arbitrary: fc.constant(false)}),
	});

	it('is only answered by a key that came alone, 300 ms after painting, and not by a paste', () => {
		let sent = 0;
		const look = (
			samples: readonly Sample[],
			presses: readonly (typeof anyPress extends fc.Arbitrary<infer P> ? P : never)[],
		): void => {
			let {state} = played(stateConnected(tableSize), samples.map(sampleMessage));
			let now = 10_000;
			for (const {name, laterMs, alone, painted} of presses) {
				now += laterMs;
				const asked = state.overlay?.kind === 'confirm' ? state.overlay : undefined;
				const text = name === 'paste' ? 'y' : name.length === 1 ? name : '';
				const [next, ...effects] = update(state, {type: 'key', key: {name, text, at: now, alone}});
				state = painted ? update(next, {type: 'painted', at: now})[0] : next;
				if (!effects.some(({type}) => type === 'signal')) continue;
				sent++;
				expect(asked?.paintedAt).toBeDefined();
				expect(now - (asked?.paintedAt ?? now)).toBeGreaterThanOrEqual(300);
				expect(alone).toBe(true);
				if (asked?.word === undefined) expect(name).toBe('y');
				else expect([name, asked.input]).toEqual(['enter', asked.word]);
				expect(effects).toEqual([
					{type: 'signal', signal: signalsOf(asked?.action)?.signal, target: targetsOf(asked?.action)[0]},
				]);
				expect(next.overlay?.kind).toBe(targetsOf(asked?.action).length === 1 ? undefined : 'results');
			}
		};
		fc.assert(fc.property(randomSamples(1, 2), fc.array(anyPress, {maxLength: 40}), look), {seed, numRuns: 1000});
		const chain = samplesOf('lock-chain');
		fc.assert(
			fc.property(fc.array(anyPress, {maxLength: 40}), presses => {
				look(chain, [{name: 'down', laterMs: 0, alone: true, painted: true}, ...presses]);
			}),
			{seed, numRuns: 1000},
		);
		expect(sent).toBeGreaterThan(100);
	});

	const asked = (): State => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleMessage));
		return played(pressed(state, 'down', 'K'), [{type: 'painted', at: 5000}]).state;
	};
	const press = (name: string, at = 6000, alone = true): readonly string[] =>
		update(asked(), {type: 'key', key: {...keyOf(name, at), alone}})
			.slice(1)
			.map(effect => (effect as {type: string}).type);
	const overlayAfter = (name: string, at = 6000, alone = true): string | undefined =>
		update(asked(), {type: 'key', key: {...keyOf(name, at), alone}})[0].overlay?.kind;

	it('is confirmed by y', () => {
		expect(press('y')).toEqual(['signal']);
		expect(press('y', 5300)).toEqual(['signal']);
	});

	it.each(['enter', 'esc', 'n', 'K', 'Y', 'space', 'q', 'down', 'tab', 'f9'])('is aborted by %s', name => {
		expect(press(name)).toEqual([]);
		expect(overlayAfter(name)).toBeUndefined();
	});

	it.each<readonly [string, readonly [string, number?, boolean?]]>([
		['a key typed ahead', ['y', 5299]],
		['a key among others', ['y', 6000, false]],
		['a paste', ['paste', 6000]],
	])('ignores %s', (_, key) => {
		expect(press(...key)).toEqual([]);
		expect(overlayAfter(...key)).toBe('confirm');
	});

	it('ignores keys before it is painted', () => {
		const {state} = played(stateConnected(tableSize), samplesOf('lock-chain').map(sampleMessage));
		const [next, ...effects] = update(pressed(state, 'down', 'K'), {type: 'key', key: keyOf('y', 1e9)});
		expect(effects).toEqual([]);
		expect(next.overlay?.kind).toBe('confirm');
	});

	it('is closed when the program returns from the background', () => {
		expect(update(asked(), {type: 'resumed'})[0].overlay).toBeUndefined();
	});

	it('keeps the target as of the question', () => {
		const question = asked();
		const moved = played(question, [sampleMessage({...(samplesOf('lock-chain')[0] as Sample), seq: 999})]).state;
		const effects = update(moved, {type: 'key', key: keyOf('y', 9000)}).slice(1);
		expect(effects).toMatchObject([
			{type: 'signal', target: question.overlay?.kind === 'confirm' ? targetsOf(question.overlay.action)[0] : {}},
		]);
	});

	it.each<readonly [string, Partial<Key>, number | undefined, RegExp]>([
		['pasted', {name: 'paste', text: 'terminate\n'}, 0, /^Ignored: pasted text does not answer/],
		['one of a burst', {alone: false}, 0, /^Ignored: keys that arrive together/],
		['typed ahead', {at: 200}, 0, /^Ignored: that key came before/],
		['sent before the question was painted', {}, undefined, /^Ignored: that key came before/],
	])('says why a key does not answer that was %s, until one does', (_, changes, paintedAt, why) => {
		const before = asked();
		const state = {...before, overlay: {...before.overlay, paintedAt} as State['overlay']};
		const [next, ...effects] = update(state, {type: 'key', key: {...keyOf('y', 10_000), ...changes}});
		expect(effects).toEqual([]);
		expect(next.overlay).toMatchObject({kind: 'confirm', ignored: expect.stringMatching(why)});
		if (next.overlay?.kind !== 'confirm') return;
		expect(confirmationLines(next.overlay, 70, 30).map(textOf).at(-1)).toMatch(why);
	});

	it('does not ask for the word while superusers are unknown', () => {
		const samples = samplesOf('lock-chain').map((sample): Sample => {
			const {superusers: _, ...results} = sample.results;
			return {...sample, results};
		});
		const {state} = played(stateConnected(tableSize), samples.map(sampleMessage));
		expect(pressed(state, 'down', 'K').overlay).toMatchObject({kind: 'confirm', word: undefined});
	});

	const guarded = (): State => {
		const state = asked();
		const {overlay} = state;
		return overlay?.kind === 'confirm' ? {...state, overlay: {...overlay, word: 'terminate', risks: ['A risk.']}} : state;
	};
	const typing = [...'terminate'].map((name, index): Message => ({type: 'key', key: keyOf(name, 10_000 + index)}));
	const enter: Message = {type: 'key', key: keyOf('enter', 30_000)};

	it('with a word is confirmed by that word and Enter only', () => {
		expect(played(guarded(), [...typing, enter]).effects.map(({type}) => type)).toEqual(['signal']);
		expect(played(guarded(), [...typing.slice(1), enter]).effects).toEqual([]);
		expect(played(guarded(), [{type: 'key', key: keyOf('y', 10_000)}]).effects).toEqual([]);
	});

	it('names the word that was typed instead', () => {
		const {state} = played(guarded(), [...typing.slice(0, 4), enter]);
		expect(state.toast?.text).toMatch(/^"term" is not "terminate"\. Nothing sent to \d+/);
	});
});

describe('a signal to several sessions', () => {
	const chain = samplesOf('lock-chain');
	const live = played(stateConnected({columns: 160, rows: 40}), chain.map(sampleMessage)).state;
	const tagged = pressed(live, 'down', 'space', 'space', 'space');
	const asks = played(pressed(tagged, 'K'), [{type: 'painted', at: 0}]).state;
	const typing = ['3', 'enter'].map((name, index): Message => ({type: 'key', key: keyOf(name, 10_000 + index)}));
	const question = asks.overlay?.kind === 'confirm' ? asks.overlay : undefined;
	const targets = targetsOf(question?.action);
	const heard = (state: State, index: number, outcome: SignalResult['outcome']): ReturnType<typeof update> =>
		update(state, {type: 'signalled', signal: 'terminate', target: targets[index] as KnownTarget, result: {outcome}});
	const textOfPage = (state: State): string => screen(registry, state).map(textOf).join('\n');

	it('asks once, names all of them and needs the word', () => {
		expect(targets).toHaveLength(3);
		expect(question).toMatchObject({title: 'Terminate 3 sessions?', word: '3'});
		const pids = question?.facts.find(({label}) => label === 'pids')?.text;
		for (const {pid} of targets) expect(pids).toContain(String(pid));
	});

	it('goes to one after the other, each after the answer to the previous one', () => {
		const first = played(asks, typing);
		expect(first.effects).toEqual([{type: 'signal', signal: 'terminate', target: targets[0]}]);
		const [second, ...then] = heard(first.state, 0, 'sent');
		expect(then).toEqual([{type: 'signal', signal: 'terminate', target: targets[1]}]);
		const [third, ...last] = heard(second, 1, 'gone');
		expect(last).toEqual([{type: 'signal', signal: 'terminate', target: targets[2]}]);
		const [done, ...none] = heard(third, 2, 'refused');
		expect(none).toEqual([]);
		expect(done.batch?.results.map(result => result?.tone)).toEqual(['calm', 'warn', 'danger']);
		expect(textOfPage(done)).toContain('Terminate: 3 of 3 sessions, all sent');
	});

	it('is stopped by Esc: the rest is not signaled', () => {
		const {state} = played(asks, typing);
		const stopped = pressed(state, 'esc');
		expect(textOfPage(stopped)).toContain('Terminate: 1 of 3 sessions, stopped, 2 not signaled');
		const [after, ...effects] = heard(stopped, 0, 'sent');
		expect(effects).toEqual([]);
		expect(after.batch?.results[0]?.text).toContain('Terminate sent to');
		expect(pressed(after, 'esc').overlay).toBeUndefined();
	});

	it('goes only to the targets of the question, whatever is tagged since', () => {
		const {state} = played(asks, typing);
		const changed = {...state, panes: {...state.panes, sessions: {...state.panes.sessions, tagged: new Set<string>()}}} as State;
		expect(heard(changed, 0, 'sent').slice(1)).toEqual([{type: 'signal', signal: 'terminate', target: targets[1]}]);
	});

	it('skips sessions that cannot be signaled, with the reason', () => {
		const idle = pressed(pressed(live, 'i', 'down', '*'), 'C');
		const asked = idle.overlay?.kind === 'confirm' ? idle.overlay : undefined;
		expect(targetsOf(asked?.action).every(({state}) => state === 'active')).toBe(true);
		expect(asked?.facts.find(({label}) => label === 'left out')?.text).toMatch(/no statement to cancel/);
	});
});

describe('the tag of all rows', () => {
	it('goes to any number of sessions, and asks for their count', () => {
		const [sample] = samplesOf('lock-chain').slice(-1) as [Sample];
		const {rows} = sample.results.sessions as Extract<Sample['results'][string], {ok: true}>;
		const [one] = rows.filter(({state, usename}) => state === 'active' && usename === 'shop') as [Row];
		const copies = Array.from({length: 45}, (_, index): Row => ({...one, pid: 900_001 + index}));
		const results = {...sample.results, sessions: {...sample.results.sessions, rows: copies}} as Sample['results'];
		const crowd = played(stateConnected({columns: 160, rows: 60}), [sampleMessage({...sample, results})]).state;
		const all = pressed(crowd, '*');
		expect(all.panes.sessions?.tagged.size).toBe(45);
		const asked = pressed(all, 'K').overlay;
		expect(asked).toMatchObject({kind: 'confirm', word: '45'});
	});

	it('has no limit in panes without sessions', () => {
		const live = played(stateConnected({columns: 160, rows: 60}), samplesOf('trouble-18').map(sampleMessage)).state;
		const many = pressed({...live, pane: 'statements'}, '*');
		const {rows} = viewOf(registry, many);
		expect(rows.length).toBeGreaterThan(20);
		expect(many.panes.statements?.tagged.size).toBe(rows.length);
	});
});

describe('the sessions that a signal unblocks', () => {
	const chain = samplesOf('lock-chain');
	const live = played(stateConnected({columns: 160, rows: 40}), chain.map(sampleMessage)).state;

	it('are those blocked by nothing else; the others are counted', () => {
		const asked = pressed(live, '2', 'down', 'K').overlay;
		const unblocks = asked?.kind === 'confirm' ? asked.facts.find(({label}) => label === 'unblocks')?.text : undefined;
		expect(unblocks).toMatch(/^\d+(, \d+)* now, \d+ more after (it|them)$/);
		const graph = graphOf(chain.at(-1) as Sample);
		const root = asked?.kind === 'confirm' ? targetsOf(asked.action)[0] : undefined;
		for (const pid of (unblocks ?? '').split(' now')[0]?.split(', ') ?? [])
			expect(graph.byPid.get(Number(pid))?.blockedBy()).toEqual([root?.pid]);
	});
});

describe('a process without actions', () => {
	it('never asks and never signals, whatever is pressed', () => {
		fc.assert(
			fc.property(randomSamples(1, 3), fc.array(anyKey, {maxLength: 40}), (samples, keys) => {
				let {state} = played(stateConnected(tableSize, {readOnly: 'This is a recording.'}), samples.map(sampleMessage));
				for (const key of keys) {
					const [next, ...effects] = update(state, {type: 'key', key});
					expect(next.overlay?.kind).not.toBe('confirm');
					expect(effects.map(({type}) => type)).not.toContain('signal');
					state = next;
				}
			}),
			{seed, numRuns: 200},
		);
	});

	it('gives the reason', () => {
		const {state} = played(
			stateConnected(tableSize, {readOnly: 'This is a recording.'}),
			samplesOf('lock-chain').map(sampleMessage),
		);
		expect(pressed(state, 'down', 'K').toast?.text).toBe('This is a recording.');
	});
});
