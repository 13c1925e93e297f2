import {describe, expect, it} from 'vitest';
import type {KnownTarget} from '../../../../source/core/actions/target.ts';
import type {Row, Sample} from '../../../../source/core/sample/sample.ts';
import {screen} from '../../../../source/core/screen/screen.ts';
import type {Effect} from '../../../../source/core/state/effect.ts';
import type {Message, SignalResult} from '../../../../source/core/state/message.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {laterBy} from '../../../../source/core/values/instant.ts';
import {registry} from '../../../../source/panes/index.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const [recorded] = samplesOf('lock-chain').slice(-1) as [Sample];
const [one] = (recorded.results.sessions as {readonly rows: readonly Row[]}).rows.filter(
	({state, backend_type}) => state === 'active' && backend_type === 'client backend',
) as [Row];

/** A sample some seconds later, with sessions of an application. */
const sampleOf = (seconds: number, rows: readonly Row[]): Message => ({
	type: 'sample',
	sample: {
		...recorded,
		seq: recorded.seq + seconds,
		at: laterBy(recorded.at, seconds * 1000),
		results: {...recorded.results, sessions: {...recorded.results.sessions, rows} as never},
	},
});
const crowdOf = (count: number, changes: Row = {}): readonly Row[] =>
	Array.from(
		{length: count},
		(_, index): Row => ({...one, pid: 900_001 + index, application_name: 'crowd', usesysid: 999_999, ...changes}),
	);

const size = {columns: 160, rows: 60};
const asked = (rows: readonly Row[], filter: string): State => {
	const live = played(stateConnected(size), [sampleOf(1, rows)]).state;
	const filtered = pressed(live, '/', ...filter, 'enter');
	return played(pressed(filtered, '*', 'K'), [{type: 'painted', at: 0}]).state;
};
const confirmed = (state: State, count: number): ReturnType<typeof played> =>
	played(
		state,
		[...String(count), 'enter'].map((name, index): Message => ({type: 'key', key: keyOf(name, 100_000 + 1000 * index)})),
	);

const signaledBy = (effects: readonly Effect[]): readonly KnownTarget[] =>
	effects.flatMap(effect => (effect.type === 'signal' ? [effect.target] : []));

/** Answers every signal until none is sent. */
const answered = (
	{state, effects}: ReturnType<typeof played>,
	result: SignalResult,
	most = 1000,
): ReturnType<typeof played> & {readonly sent: readonly number[]} => {
	let current = state;
	let [target] = signaledBy(effects);
	const all: Effect[] = [];
	const sent: number[] = [];
	while (target && sent.length < most) {
		sent.push(target.pid);
		const [next, ...more] = update(current, {type: 'signalled', signal: 'terminate', target, result});
		current = next;
		all.push(...more);
		[target] = signaledBy(more);
	}
	return {state: current, effects: all, sent};
};

const sentAt = (seconds: number): SignalResult => ({outcome: 'sent', at: laterBy(recorded.at, seconds * 1000)});
const page = (state: State): string => screen(registry, state).map(textOf).join('\n');

describe('a bulk of 45 sessions', () => {
	const begun = confirmed(asked(crowdOf(45), 'app=crowd'), 45);

	it('reads the sessions again after twenty', () => {
		const first = answered(begun, sentAt(1));
		expect(first.sent).toHaveLength(20);
		expect(first.effects.at(-1)).toEqual({type: 'refresh'});
		expect(page(first.state)).toContain('Terminate: 20 of 45 sessions, reading the sessions again, Esc = stop');
		const old = played(first.state, [sampleOf(1, crowdOf(45))]);
		expect(signaledBy(old.effects)).toEqual([]);
		const second = answered(played(first.state, [sampleOf(2, crowdOf(45).slice(20))]), sentAt(2));
		expect(second.sent).toHaveLength(20);
		const third = answered(played(second.state, [sampleOf(3, crowdOf(45).slice(40))]), sentAt(3));
		expect(third.sent).toHaveLength(5);
		expect(third.state.batch?.attempts).toBe(45);
	});

	it('waits while a sample has no sessions', () => {
		const first = answered(begun, sentAt(1));
		const {sessions: _, ...results} = recorded.results;
		const blind: Message = {type: 'sample', sample: {...recorded, seq: recorded.seq + 2, results}};
		expect(signaledBy(played(first.state, [blind]).effects)).toEqual([]);
	});

	it('spares sessions that no longer match, are superusers or ended, and names them', () => {
		const first = answered(begun, sentAt(1));
		const changed = crowdOf(45)
			.slice(20)
			.map((row, index) => (index < 3 ? {...row, application_name: 'payroll', state: 'idle'} : row))
			.filter((_, index) => index !== 4);
		const second = answered(played(first.state, [sampleOf(2, changed)]), sentAt(2));
		expect(second.sent).toHaveLength(20);
		const last = answered(played(second.state, [sampleOf(3, changed)]), sentAt(3));
		expect(last.sent).toHaveLength(1);
		const results = last.state.batch?.results ?? [];
		expect(results.slice(20, 23).map(result => result?.status)).toEqual(['spared', 'spared', 'spared']);
		expect(results[20]?.text).toMatch(/^Spared: 9000\d\d \(.*\) no longer matches app=crowd; it is now idle\.$/);
		expect(results[24]).toMatchObject({status: 'ended', text: expect.stringMatching(/ended before its turn\.$/)});
	});

	it('takes another session with the same pid for an ended one', () => {
		const first = answered(begun, sentAt(1));
		const reused = crowdOf(45, {backend_start: '2031-01-01T00:00:00.000000+00:00'});
		const then = played(first.state, [sampleOf(2, reused)]);
		expect(signaledBy(then.effects)).toEqual([]);
		expect(then.state.batch?.results.slice(20).map(result => result?.status)).toEqual(Array.from({length: 25}, () => 'ended'));
	});

	it('stops at the first signal that is not answered or not sent', () => {
		for (const [outcome, code, reason] of [
			['unsure', 'deadline', 'no answer came'],
			['failed', 'no_audit', 'the audit cannot be written'],
			['failed', 'not_connected', 'a signal could not be sent'],
		] as const) {
			const stopped = answered(begun, {outcome, failure: {code, message: 'No.'}});
			expect(stopped.sent).toHaveLength(1);
			expect(stopped.state.batch).toMatchObject({stopped: true, reason});
			expect(page(stopped.state)).toContain(`Terminate: 1 of 45 sessions, stopped (${reason}), 44 not signaled`);
		}
	});

	it('goes on after a refusal, which concerns one session', () => {
		expect(answered(begun, {outcome: 'refused', failure: {code: '42501', message: 'No.'}}, 30).sent).toHaveLength(20);
	});

	it('is summed up once its effects are seen, with the clients that came back', () => {
		let run = answered(begun, sentAt(1));
		for (let second = 2; run.sent.length > 0; second++) {
			run = answered(played(run.state, [sampleOf(second, crowdOf(45).slice(20 * (second - 1)))]), sentAt(second));
		}
		const again = crowdOf(7, {backend_start: laterBy(recorded.at, 4500)}).map((row, index) => ({...row, pid: 800_000 + index}));
		const seen = played(run.state, [sampleOf(5, again), sampleOf(6, again), sampleOf(12, again)]);
		expect(seen.state.toast?.text).toMatch(
			/^Terminate: 45 gone\. 7 came back within 5 s \(7 crowd as \w+\): limit the role or pause the pool\.$/,
		);
		const notes = seen.effects.flatMap(effect => (effect.type === 'note' ? [effect.entry] : []));
		expect(notes.at(-1)).toMatchObject({target: 'terminate 45 sessions', outcome: seen.state.toast?.text});
		const later = played(seen.state, [sampleOf(20, again)]);
		expect(later.effects.filter(({type}) => type === 'note')).toEqual([]);
	});
});

it('a question about 400 sessions names the filter, the first pids of a risk, and fits 80x24', () => {
	const state = asked(crowdOf(400, {query: 'copy accounts to stdout'}), 'app=crowd');
	const question = state.overlay?.kind === 'confirm' ? state.overlay : expect.fail('nothing was asked');
	expect(question).toMatchObject({title: 'Terminate 400 sessions?', word: '400'});
	expect(question.risks[0]).toMatch(/^900001, 900002, .* and 380 more: It looks like a dump or a backup/);
	expect(question.facts.map(({text}) => text)).toContain('app=crowd (a session that no longer matches is spared)');
	const small = {...state, size: {columns: 80, rows: 24}};
	expect(confirmed(small, 400).state.batch?.targets).toHaveLength(400);
});

it('a tagged session that the filter did not show is not spared by it', () => {
	const rows = crowdOf(3);
	const live = played(stateConnected(size), [sampleOf(1, rows)]).state;
	const tagged = pressed(live, '*');
	const state = played(pressed(tagged, '/', ...'app=other', 'enter', 'K'), [{type: 'painted', at: 0}]).state;
	expect(answered(confirmed(state, 3), sentAt(1)).sent).toHaveLength(3);
});
