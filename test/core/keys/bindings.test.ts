import {describe, expect, it} from 'vitest';
import {groups} from '../../../source/core/keys/binding.ts';
import {bindingsOf, keyName} from '../../../source/core/keys/bindings.ts';
import {helpLines} from '../../../source/core/screen/help.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyNames, keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const bindings = bindingsOf(registry.panes);
const bound = bindings.map(binding => [binding.keys.join(' '), binding] as const);
const {state} = played(
	stateConnected({columns: 120, rows: 40}),
	samplesOf('lock-chain').map(sample => ({type: 'sample', sample})),
);

describe('the keys', () => {
	it('are bound once, except with a condition', () => {
		const keys = bindings.filter(({when: where}) => where === undefined).flatMap(binding => binding.keys);
		expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
	});

	it.each(bound)('%s has a help text without a period', (_, {does, group, keys}) => {
		expect(does).toMatch(/^[A-Z].*[^!?]$/);
		expect(groups).toContain(group);
		// An action without a key is in the action menu.
		if (group !== 'Acting') expect(keys.length).toBeGreaterThan(0);
	});

	it.each(bound)('%s acts or gives a reason why not', (_, {keys, command}) => {
		for (const key of keys) {
			const tried = [state, pressed(state, 'down', 'down'), pressed(state, 'end', 'space', 'right', '2', 'down')].map(before => {
				const [next, ...effects] = update(before, {type: 'key', key: keyOf(key)});
				return effects.length > 0 || JSON.stringify(next) !== JSON.stringify(before) || next.panes !== before.panes;
			});
			expect({command: command.type, acted: tried.includes(true)}).toEqual({command: command.type, acted: true});
		}
	});

	it('without a binding say so', () => {
		for (const key of keyNames.filter(name => !bindings.some(({keys}) => keys.includes(name)))) {
			const [next, ...effects] = update(state, {type: 'key', key: keyOf(key)});
			expect(effects).toEqual([]);
			expect(next).toEqual({...state, toast: expect.anything()});
			expect(next.toast?.text).toBe(`${keyName(key)} is not bound: ? lists all keys.`);
		}
	});

	it.each([
		['U', '1', 'No row is tagged (Space tags the one at the cursor).'],
		['\\', '1', 'No filter is set (/ sets one).'],
		['i', '2', 'That key has no effect in Locks: go to :sessions first.'],
		['a', '2', 'That key has no effect in Locks: go to :sessions first.'],
		['T', '3', 'Bloat has no choice of durations: go to :sessions first.'],
		['esc', '1', 'Already at the top level; q quits.'],
		['y', '1', 'No row selected (press Up or Down)'],
	])('%s in pane %s says what it would need', (key, pane, sentence) => {
		expect(pressed(state, pane, key).toast?.text).toBe(sentence);
	});

	it('that touch the server are marked as dangerous', () => {
		for (const {command, dangerous = false} of bindings) {
			const executes = command.type === 'explain' && command.analyze;
			expect(dangerous).toBe(executes || ['ask', 'maintain', 'admin'].includes(command.type));
		}
		expect(bindings.flatMap(({keys, dangerous}) => (dangerous ? keys : []))).toEqual(['C', 'K', 'delete', 'E', 'V', 'A']);
	});

	it.each(['f5', 'ctrl-r', 'R'])('%s refreshes', key => {
		expect(update(state, {type: 'key', key: keyOf(key)})[1]).toEqual({type: 'refresh'});
	});

	it('F10 quits, also from a page, a menu, a prompt and a question', () => {
		for (const keys of [[], ['?'], ['f9'], ['/'], ['down', 'K']])
			expect(update(pressed(state, ...keys), {type: 'key', key: keyOf('f10', 10_000)})[1]).toEqual({type: 'quit', status: 0});
	});

	it('Delete asks to terminate, as K does', () => {
		const {overlay} = pressed(state, 'down', 'delete');
		expect(overlay).toMatchObject({kind: 'confirm', action: {kind: 'signal', signal: 'terminate'}, openedBy: 'delete'});
	});

	it('gg goes to the top and G to the bottom', () => {
		const bottom = pressed(state, 'G');
		expect(bottom.panes.sessions?.cursor?.index).toBeGreaterThan(0);
		expect(pressed(bottom, 'g', 'g').panes.sessions?.cursor?.index).toBe(0);
	});

	it.each([
		['enter', 'Enter'],
		['ctrl-l', 'Ctrl-L'],
		['f6', 'F6'],
		['pgup', 'PgUp'],
		['shift-tab', 'Shift-Tab'],
		['K', 'K'],
		['k', 'k'],
		['space', 'Space'],
		['\\', '\\'],
	])('%s is written %s', (key, name) => expect(keyName(key)).toBe(name));
});

describe('the help', () => {
	it.each(registry.panes.map(pane => [pane.id, pane] as const))('of %s lists every key and every column', (_, pane) => {
		const text = helpLines(bindings, pane, 120).map(textOf);
		for (const {keys, does} of bindings)
			expect(text.some(line => line.includes(keys.map(keyName).join(' ')) && line.includes(does.slice(0, 40)))).toBe(true);
		for (const {does} of bindings) expect(text.filter(line => line.includes(` ${does}`)).length).toBeLessThanOrEqual(2);
		for (const column of pane.columns)
			expect(text.some(line => line.includes(`${column.id} `) && line.includes(column.help.slice(0, 40)))).toBe(true);
	});

	it('begins with the keys of the pane, with those that touch the server marked', () => {
		const pane = registry.pane('bloat');
		const text = helpLines(bindings, pane, 80).map(textOf);
		expect(text[0]?.trim()).toBe('Bloat');
		expect(text.some(line => line.includes('Marks what touches the server; it asks first'))).toBe(true);
		const own = text.slice(
			1,
			text.findIndex(line => line.trim() === ''),
		);
		for (const key of ['V !', 'A !', '. ']) expect(own.some(line => line.startsWith(`  ${key}`))).toBe(true);
		expect(own.length).toBeLessThan(20);
		for (const {keys, dangerous} of bindings.filter(({group}) => group === 'Acting'))
			if (dangerous) {
				const names = keys.length === 0 ? 'F9' : keys.map(keyName).join(' ');
				expect(text.some(line => line.startsWith(`  ${names} !`))).toBe(true);
			}
	});

	it('shows only what a search matches, as it is typed, until Esc', () => {
		const shown = (at: typeof state): string => screen(registry, at).map(textOf).join('\n');
		const typing = pressed(state, '?', '/', ...'vacuum');
		expect(shown(typing)).toContain('/vacuum_  Enter = keep  Esc = clear');
		expect(shown(typing)).toMatch(/V ! .*VACUUM/);
		expect(shown(typing)).not.toContain('Redraw the screen');
		const kept = pressed(typing, 'enter');
		expect(kept.overlay).toMatchObject({kind: 'help', search: 'vacuum', isTyping: false});
		const cleared = pressed(kept, 'esc');
		expect(cleared.overlay).toMatchObject({kind: 'help', search: ''});
		expect(pressed(cleared, 'esc').overlay).toBeUndefined();
		expect(shown(pressed(state, '?', '/', ...'no such thing'))).toContain('matches no such thing.');
	});

	it('loses no word on a narrow screen', () => {
		const words = (width: number): string =>
			helpLines(bindings, registry.panes[0] ?? expect.fail(), width)
				.map(textOf)
				.join(' ')
				.replaceAll(/\s+/g, '');
		expect(words(40)).toBe(words(200));
		for (const line of helpLines(bindings, registry.panes[0] ?? expect.fail(), 40)) expect(lineWidth(line)).toBe(40);
	});

	it('scrolls to its end and no further', () => {
		const ends = [
			pressed(state, '?', 'G'),
			pressed(state, '?', 'G', 'pgdn', 'down'),
			pressed(state, '?', ...Array(99).fill('pgdn')),
		];
		const [first, ...others] = ends.map(end => screen(registry, end).map(textOf));
		for (const other of others) expect(other).toEqual(first);
		expect(first?.at(-2)).toMatch(/\S/);
		expect(screen(registry, pressed(state, '?', 'G', 'up')).map(textOf)).not.toEqual(first);
	});
});

describe('the footer', () => {
	it.each([40, 60, 80, 120, 200])('of %i cells shows whole hints only, the first among them', columns => {
		const foot =
			screen(registry, {...state, size: {columns, rows: 24}})
				.map(textOf)
				.at(-1)
				?.trimEnd() ?? '';
		const hints = bindings.flatMap(({keys, hint, dangerous}) =>
			hint === undefined ? [] : [`${keyName(keys[0] ?? '')} ${hint}${dangerous ? '!' : ''}`],
		);
		expect(foot.startsWith('? Help')).toBe(true);
		for (const shown of foot.split('  ')) expect(hints).toContain(shown);
	});
});
