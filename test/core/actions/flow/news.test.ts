import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../../../source/core/actions/flow/dialog.ts';
import type {Row, Sample} from '../../../../source/core/sample/sample.ts';
import type {Message} from '../../../../source/core/state/message.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const chain = samplesOf('lock-chain');
const newest = chain.at(-1) as Sample;
const sampleMessage = (sample: Sample): Message => ({type: 'sample', sample});
const live = played(stateConnected({columns: 160, rows: 40}), chain.map(sampleMessage)).state;

const questionOf = ({overlay}: State) => (overlay?.kind === 'confirm' ? overlay : expect.fail('nothing was asked'));
const pidsOf = (state: State): readonly number[] => {
	const {action} = questionOf(state);
	return action.kind === 'signal' ? action.targets.map(({pid}) => pid) : [];
};
const painted = (state: State): State => played(state, [{type: 'painted', at: 0}]).state;

/** The next sample, with other rows of sessions. */
const next = (change: (row: Row) => readonly Row[]): Message => {
	const {sessions} = newest.results;
	const rows = sessions?.ok ? sessions.rows.flatMap(change) : [];
	const results = {...newest.results, sessions: {...sessions, rows}} as Sample['results'];
	return sampleMessage({...newest, seq: newest.seq + 1, results});
};
const seenAfter = (state: State, change: (row: Row) => readonly Row[]): State => played(state, [next(change)]).state;
const without =
	(...pids: readonly number[]) =>
	(row: Row): readonly Row[] =>
		pids.includes(row.pid as number) ? [] : [row];
const changed =
	(pid: number | undefined, changes: Row) =>
	(row: Row): readonly Row[] =>
		row.pid === pid ? [{...row, ...changes}] : [row];
const linesOf = (state: State): readonly string[] => confirmationLines(questionOf(state), 96, 38).map(textOf);

const later = '2031-01-01T00:00:00.000000+00:00';

describe('an open question', () => {
	const asked = painted(pressed(live, 'down', 'K'));
	const [pid] = pidsOf(asked);

	it('stays as it is while its target does', () => {
		expect(questionOf(seenAfter(asked, row => [row]))).toBe(questionOf(asked));
	});

	it('says that its session ended, and then nothing is confirmed', () => {
		const state = painted(seenAfter(asked, without(pid ?? 0)));
		expect(linesOf(state)).toContain(`Session ${pid} ended; nothing to terminate.`);
		expect(linesOf(state).at(-1)).toBe('[any key] close');
		const [closed, ...effects] = update(state, {type: 'key', key: keyOf('y', 10_000)});
		expect(effects).toEqual([]);
		expect(closed.overlay).toBeUndefined();
		expect(closed.toast?.text).toMatch(/^Nothing sent to/);
	});

	it('takes another session with the same pid for an ended one', () => {
		const state = seenAfter(asked, changed(pid, {backend_start: later}));
		expect(questionOf(state).news).toMatchObject({isVoid: true});
	});

	it('says which other statement the session runs now, and can still be confirmed', () => {
		const state = seenAfter(asked, changed(pid, {query_start: later, query: '\n  select 2 as second\n', state: 'active'}));
		expect(linesOf(state)).toContain('The session now runs another statement: select 2 as second');
		expect(update(painted(state), {type: 'key', key: keyOf('y', 10_000)})[1]).toMatchObject({type: 'signal'});
	});

	it('says that the transaction ended and the session is idle', () => {
		const open = painted(seenAfter(asked, changed(pid, {xact_start: '2020-01-01T00:00:00.000000+00:00'})));
		const state = seenAfter(open, changed(pid, {state: 'idle', xact_start: null, query_start: later}));
		expect(linesOf(state).join(' ')).toMatch(/The session is now idle\./);
	});

	it('is not confirmed by a key sent before its news could be read', () => {
		const state = seenAfter(asked, changed(pid, {query_start: later}));
		const [unseen, ...effects] = update(state, {type: 'key', key: keyOf('y', 10_000)});
		expect(effects).toEqual([]);
		expect(questionOf(unseen).ignored).toMatch(/^Ignored: that key came before/);
		const seen = played(unseen, [{type: 'painted', at: 20_000}]).state;
		expect(update(seen, {type: 'key', key: keyOf('y', 20_100)})[1]).toBeUndefined();
		expect(update(seen, {type: 'key', key: keyOf('y', 20_400)})[1]).toMatchObject({type: 'signal'});
	});

	it('keeps its answer ready while only the words of its news change', () => {
		const first = painted(seenAfter(asked, changed(pid, {query_start: later})));
		const second = seenAfter(
			first,
			changed(pid, {query_start: '2032-01-01T00:00:00.000000+00:00', state: 'active', query: 'select 3'}),
		);
		expect(questionOf(second).paintedAt).toBe(0);
		expect(linesOf(second).join(' ')).toContain('select 3');
	});

	it('does not change with a sample that has no sessions', () => {
		const {sessions: _, ...results} = newest.results;
		const state = played(asked, [sampleMessage({...newest, seq: newest.seq + 1, results})]).state;
		expect(questionOf(state)).toBe(questionOf(asked));
	});

	it('before a cancel is void once the statement ended, even if another one runs', () => {
		const cancels = painted(pressed(live, 'down', 'down', 'C'));
		const [pid] = pidsOf(cancels);
		const state = seenAfter(cancels, changed(pid, {query_start: later, query: 'select 4'}));
		expect(linesOf(state)).toContain(`The statement of ${pid} ended; nothing to cancel.`);
		expect(linesOf(state)).toContain('The session now runs another statement: select 4');
		expect(questionOf(state).news?.isVoid).toBe(true);
	});
});

describe('an open question about several sessions', () => {
	const asked = painted(pressed(live, 'down', 'space', 'space', 'space', 'K'));
	const [first = 0, second = 0, third = 0] = pidsOf(asked);

	it('counts those that ended', () => {
		const state = seenAfter(asked, without(first));
		expect(linesOf(state)).toContain(`1 of 3 sessions ended: ${first}.`);
		expect(questionOf(state)).toMatchObject({word: '3', news: {isVoid: false}});
	});

	it('names those that run something else', () => {
		const state = seenAfter(asked, changed(second, {query_start: later}));
		expect(linesOf(state)).toContain(`1 session runs something else now: ${second}.`);
	});

	it('is void once all of them ended', () => {
		const state = seenAfter(asked, without(first, second, third));
		expect(linesOf(state)).toContain('All 3 sessions ended; nothing to terminate.');
		expect(linesOf(state).at(-1)).toBe('[any key] close');
	});
});
