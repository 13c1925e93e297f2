import {describe, expect, it} from 'vitest';
import {confirmationLines, fits} from '../../../source/core/actions/flow/dialog.ts';
import {openPlanPage} from '../../../source/core/actions/flow/plan-page.ts';
import type {MaintenanceRun} from '../../../source/core/actions/maintenance.ts';
import {signalQuestion} from '../../../source/core/actions/signal-question.ts';
import type {KnownTarget, Target} from '../../../source/core/actions/target.ts';
import {choicesOf} from '../../../source/core/keys/menu.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {Message} from '../../../source/core/state/message.ts';
import type {State} from '../../../source/core/state/state.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const chain = samplesOf('lock-chain');
const sampleMessage = (sample: Sample): Message => ({type: 'sample', sample});
const live = played(stateConnected({columns: 160, rows: 40}), chain.map(sampleMessage)).state;
const questionOf = ({overlay}: State) => (overlay?.kind === 'confirm' ? overlay : expect.fail('nothing was asked'));
const targetsOf = (state: State): readonly KnownTarget[] => {
	const {action} = questionOf(state);
	return action.kind === 'signal' ? action.targets : [];
};
const keys = (names: readonly string[], at: number): readonly Message[] =>
	names.map((name, index): Message => ({type: 'key', key: keyOf(name, at + index)}));

describe('unsent signals', () => {
	const asked = played(pressed(live, 'down', 'space', 'space', 'space', 'K'), [{type: 'painted', at: 0}]).state;
	const underWay = played(asked, keys(['3', 'enter'], 10_000)).state;
	const answer: Message = {
		type: 'signalled',
		signal: 'terminate',
		target: targetsOf(asked)[0] as KnownTarget,
		result: {outcome: 'sent'},
	};
	const newest = chain.at(-1) as Sample;
	const promoted = (): Sample => {
		const {pulse} = newest.results;
		const rows = pulse?.ok ? pulse.rows.map(row => ({...row, in_recovery: true})) : [];
		return {...newest, seq: newest.seq + 1, results: {...newest.results, pulse: {...pulse, rows} as never}};
	};

	it('are sent while nothing happens', () => {
		expect(underWay.batch).toMatchObject({attempts: 1, stopped: false});
		expect(played(underWay, [answer]).effects).toMatchObject([{type: 'signal', target: targetsOf(asked)[1]}]);
	});

	it.each<readonly [string, () => Message]>([
		['the connection is lost', () => ({type: 'link', link: {state: 'waiting'}})],
		['the server changes its role', () => sampleMessage(promoted())],
		['the program returns from the background', () => ({type: 'resumed'})],
		['the page is left by ?', () => ({type: 'key', key: keyOf('?', 20_000)})],
	])('are not sent once %s', (_, happens) => {
		const after = played(underWay, [happens(), {type: 'link', link: {state: 'ready'}}, answer]);
		expect(after.effects.filter(({type}) => type === 'signal')).toEqual([]);
		expect(after.state.batch).toMatchObject({attempts: 1, stopped: true});
	});
});

it('a question stays open when the role is read for the first time, and closes on a promotion', () => {
	const blind = chain.map(sample => ({...sample, results: {...sample.results, pulse: undefined, facts: undefined} as never}));
	const asked = pressed(played(stateConnected({columns: 160, rows: 40}), blind.map(sampleMessage)).state, 'down', 'K');
	const newest = chain.at(-1) as Sample;
	const known = played(asked, [sampleMessage({...newest, seq: newest.seq + 1})]).state;
	expect(known.role).toBe('primary');
	expect(questionOf(known).title).toBe(questionOf(asked).title);
	const {pulse} = newest.results;
	const rows = pulse?.ok ? pulse.rows.map(row => ({...row, in_recovery: true})) : [];
	const promoted = {...newest, seq: newest.seq + 2, results: {...newest.results, pulse: {...pulse, rows} as never}};
	expect(played(known, [sampleMessage(promoted)]).state.overlay).toBeUndefined();
});

describe('the target of a key', () => {
	it('is named as tagged if it is not the session at the cursor', () => {
		const [pid] = targetsOf(pressed(live, 'down', 'K')).map(target => target.pid);
		const tagged = pressed(live, 'down', 'space', 'K');
		expect(targetsOf(tagged).map(target => target.pid)).toEqual([pid]);
		expect(questionOf(tagged).title).toBe(`Terminate the tagged session ${pid}?`);
		expect(questionOf(pressed(live, 'down', 'K')).title).toBe(`Terminate session ${pid}?`);
	});

	it('is the inspected row, whatever is tagged', () => {
		const tagged = pressed(live, 'down', 'space', 'space', 'down');
		const inspected = pressed(tagged, 'enter', 'K');
		const alone = pressed(live, 'down', 'down', 'down', 'down', 'K');
		expect(targetsOf(inspected).map(({pid}) => pid)).toEqual(targetsOf(alone).map(({pid}) => pid));
		expect(targetsOf(pressed(tagged, 'K'))).toHaveLength(2);
	});

	it('is never the backend of our own maintenance', () => {
		const [pid] = targetsOf(pressed(live, 'down', 'K')).map(target => target.pid);
		const run = {
			maintenance: 'vacuum',
			relation: {database: 'shop', oid: 1, kind: 'table', name: 't'},
			pid,
			startedAt: '',
			stopping: false,
		};
		const after = pressed({...live, maintenance: run as MaintenanceRun}, 'down', 'K');
		expect(after.overlay).toBeUndefined();
		expect(after.toast?.text).toBe(`${pid} is pgtriage's own connection.`);
	});
});

describe('the action menu', () => {
	const open = pressed(live, 'down', 'f9');

	const choices = choicesOf(registry, open);
	const selected = ({overlay}: State): string | undefined =>
		overlay?.kind === 'action-menu' ? choices[overlay.place]?.name : undefined;

	it('selects the first action, wraps around, and goes to either end', () => {
		expect(selected(open)).toBe(choices[0]?.name);
		expect(selected(pressed(open, 'down', 'j', 'k'))).toBe(choices[1]?.name);
		expect(selected(pressed(open, 'up'))).toBe(choices.at(-1)?.name);
		expect(selected(pressed(open, 'up', 'down'))).toBe(choices[0]?.name);
		expect(selected(pressed(open, 'end'))).toBe(choices.at(-1)?.name);
		expect(selected(pressed(open, 'end', 'home'))).toBe(choices[0]?.name);
	});

	it('runs the selected action at Enter like its key, also after a resize', () => {
		for (const [place, {binding, why}] of choices.entries()) {
			const there = pressed(open, ...Array.from({length: place}, () => 'down'));
			const small = update(there, {type: 'resize', size: {columns: 60, rows: 10}})[0];
			const taken = pressed(update(small, {type: 'resize', size: open.size})[0], 'enter');
			const [key = ''] = binding.keys;
			// Copying is done at once.
			if (!binding.dangerous && why === undefined) {
				expect(taken.toast?.text).toMatch(/^Copied, not executed: ALTER ROLE/);
				continue;
			}
			expect(taken.toast?.text).toBe(why);
			expect(taken.overlay === undefined).toBe(why !== undefined);
			if (why === undefined && taken.overlay?.kind === 'confirm' && key !== '')
				expect(questionOf(taken).title).toBe(questionOf(pressed(open, key)).title);
		}
	});

	it('lists what can act first, then the rest with the reasons', () => {
		const possible = choices.map(({why}) => why === undefined);
		expect(possible).toEqual(possible.toSorted((a, b) => Number(b) - Number(a)));
		expect(possible).toContain(true);
		expect(possible).toContain(false);
	});

	it('runs nothing once closed, nor for a digit', () => {
		expect(pressed(open, 'down', 'esc', 'enter').overlay?.kind).toBe('inspect');
		const sentence = 'Up and Down choose, Enter runs, Esc closes the menu.';
		expect(pressed(open, '2')).toEqual({...open, toast: expect.objectContaining({text: sentence})});
	});

	it('runs nothing for a paste', () => {
		expect(update(open, {type: 'key', key: {...keyOf('paste', 1), text: '2\r'}})).toEqual([{...open, toast: expect.anything()}]);
	});
});

describe('the key of running maintenance', () => {
	const bloat = played(stateConnected({columns: 160, rows: 40}), [
		...samplesOf('trouble-18').slice(0, 8).map(sampleMessage),
		...keys(['3', 'down'], 0),
	]).state;
	const begun = played(played(pressed(bloat, 'V'), [{type: 'painted', at: 0}]).state, keys(['y'], 10_000)).state;
	const press = (state: State, name: string) => update(state, {type: 'key', key: keyOf(name, 20_000)});

	it('cancels it, also on a frozen screen and while the server does not answer', () => {
		expect(begun.maintenance?.maintenance).toBe('vacuum');
		const [next, ...effects] = press(begun, 'V');
		expect(effects).toEqual([{type: 'stop'}]);
		expect(next.toast?.text).toBe(`Canceling VACUUM (ANALYZE) of ${begun.maintenance?.relation.name}.`);
		expect(press(pressed(begun, 'p'), 'V').slice(1)).toEqual([{type: 'stop'}]);
		expect(press({...begun, staleMs: 9000}, 'V').slice(1)).toEqual([{type: 'stop'}]);
	});

	it('does not cancel it on the row of another table', () => {
		const [next, ...effects] = press(pressed(begun, 'down'), 'V');
		expect(effects).toEqual([]);
		expect(next.toast?.text).toMatch(/^One at a time: VACUUM \(ANALYZE\) of .* is running; its key on that row cancels it\.$/);
		expect(next.maintenance?.stopping).toBe(false);
	});
});

describe('a question', () => {
	const [target] = targetsOf(pressed(live, 'down', 'K')) as [KnownTarget];
	const asked = {askedAt: '', openedBy: 'K', roleChanged: false};
	const twenty = (changes: Partial<Target>): readonly Target[] =>
		Array.from({length: 20}, (_, index) => ({...target, pid: 40_000 + index, ...changes}));

	it('about twenty sessions names each of them at 80x24, and each risk once', () => {
		const question = signalQuestion('terminate', twenty({application_name: 'pg_dump'}), asked);
		const text = confirmationLines(question, 72, 22).map(textOf).join('\n');
		for (const {pid} of twenty({})) expect(text).toContain(String(pid));
		expect(text.match(/looks like a dump/g)).toHaveLength(1);
		expect(fits(question, {columns: 80, rows: 24})).toBe(true);
	});

	it('cannot be confirmed on a screen too small for its risks', () => {
		const question = signalQuestion('terminate', twenty({application_name: 'pg_dump'}), asked);
		const small = {columns: 40, rows: 8};
		expect(fits(question, small)).toBe(false);
		expect(confirmationLines(question, 32, 6).map(textOf).join(' ')).toMatch(/Screen too small to confirm this/);
		const state: State = {...live, size: small, overlay: {...question, input: '20', paintedAt: 0}};
		expect(update(state, {type: 'key', key: keyOf('enter', 1000)}).slice(1)).toEqual([]);
		const large = {...state, size: {columns: 80, rows: 24}};
		expect(update(large, {type: 'key', key: keyOf('enter', 1000)}).slice(1)).toMatchObject([{type: 'signal'}]);
	});

	it('about one session fits a screen of 8 lines', () => {
		const dump = {...target, application_name: 'pg_dump'};
		expect(fits(signalQuestion('terminate', [target], asked), {columns: 40, rows: 8})).toBe(true);
		expect(fits(signalQuestion('terminate', [dump], asked), {columns: 60, rows: 8})).toBe(true);
	});

	it('before EXPLAIN ANALYZE shows the whole statement', () => {
		const request = {
			pid: 1,
			database: 'shop',
			role: 'app',
			query: '-- harmless\n\nselect\n\tdrop_everything()',
			truncated: false,
			queryId: null,
			analyze: true,
			accepted: [],
		} as const;
		const [waiting] = openPlanPage(live, request, '', 'E');
		const [state] = update(waiting, {
			type: 'explained',
			request,
			outcome: {outcome: 'risky', risks: ['It is executed.'], sql: 'explain …'},
		});
		expect(questionOf(state).facts.map(({text}) => text)).toContain('-- harmless select drop_everything()');
	});
});
