import {expect, test} from 'vitest';
import type {Message} from '../../../../source/core/state/message.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {played, pressed, stateConnected} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const at = (place: string): Message => ({type: 'link', link: {state: 'ready', place}});
const samples = samplesOf('lock-chain').map((sample): Message => ({type: 'sample', sample}));
const home = 'dba@db1:5432/shop';
const live = played(stateConnected({columns: 160, rows: 40}), [at(home), ...samples]).state;
const asked = pressed(live, 'down', 'K');
const risksOf = ({overlay}: State) => (overlay?.kind === 'confirm' ? overlay.risks : expect.fail('nothing was asked'));

test('the first server stays home through a lost connection', () => {
	const back = played(live, [{type: 'link', link: {state: 'waiting'}}, at(home)]).state;
	expect(back).toMatchObject({place: home, home, toast: live.toast});
	expect(risksOf(pressed(back, 'down', 'K'))).not.toContainEqual(expect.stringMatching(/not the server/));
});

test('an outage is told once the connection is back, until a key is pressed or the next one begins', () => {
	const lost: Message = {type: 'link', link: {state: 'waiting'}};
	const outage = 'Connected again after 0.2 s: The server crashed.';
	const again: Message = {type: 'link', link: {state: 'ready', place: home, outage}};
	const back = played(live, [lost, again, again]).state;
	expect(back.toast).toMatchObject({text: outage, tone: 'warn', stays: true});
	const answered = pressed(back, 'down');
	expect(answered.toast).toBeUndefined();
	// A change of the pace does not repeat it.
	expect(played(answered, [again]).state.toast).toBeUndefined();
	expect(played(back, [lost]).state.toast).toBeUndefined();
	const told = {...live, toast: {text: 'The result of an action.', tone: 'danger', seq: 0, stays: true}} as const;
	expect(played(told, [lost, again]).state.toast).toBe(told.toast);
});

test('another server closes an open question, drops watches, and is reported until a key is pressed', () => {
	expect(asked.overlay?.kind).toBe('confirm');
	const watch = {signal: 'terminate', target: {}, sentAt: ''} as never;
	const moved = played({...asked, watches: [watch]}, [at('dba@db2:5432/shop')]).state;
	expect(moved).toMatchObject({place: 'dba@db2:5432/shop', home, watches: [], overlay: undefined});
	expect(moved.toast).toMatchObject({text: 'Connected to another server: dba@db2:5432/shop', stays: true});
});

test('another server requires a typed word for every action, until back home', () => {
	const moved = played(live, [at('dba@db2:5432/shop')]).state;
	const question = pressed(moved, 'down', 'K').overlay;
	expect(question).toMatchObject({
		word: expect.any(String),
		risks: expect.arrayContaining(['This is not the server that pgtriage first connected to.']),
	});
	expect(risksOf(pressed(played(moved, [at(home)]).state, 'down', 'K'))).toEqual(risksOf(asked));
});
