import {describe, expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import type {State} from '../../../source/core/state/state.ts';
import {viewOf} from '../../../source/core/state/view.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const liveOf = (incident: Parameters<typeof samplesOf>[0], columns = 160, rows = 30): State =>
	played(
		stateConnected({columns, rows}),
		samplesOf(incident).map(sample => ({type: 'sample', sample})),
	).state;

const mouse = (state: State, name: string, row = 0, column = 0): State =>
	update(state, {type: 'key', key: {...keyOf(name, 50_000), text: '', cell: {column, row}}})[0];
const linesOf = (state: State): readonly string[] => screen(registry, state).map(textOf);
const rowOf = (state: State, text: string | RegExp): number => {
	const row = linesOf(state).findIndex(line => (typeof text === 'string' ? line.includes(text) : text.test(line)));
	return row >= 0 ? row : expect.fail(`${text} is not on the screen.`);
};

describe('a click', () => {
	it.each(['sessions', 'locks', 'bloat', 'replication', 'statements', 'triage'])('selects the row under it in pane %s', pane => {
		const state: State = {...liveOf(pane === 'locks' ? 'all-incidents-18' : 'trouble-18', 160, 40), pane};
		const selected = (at: State): string => linesOf(at).find(line => line.startsWith('▶')) ?? '';
		const seen = new Set<number>();
		for (const [row, line] of linesOf(state).entries()) {
			const next = mouse(state, 'click', row, 40);
			const index = next.panes[pane]?.cursor?.index;
			if (index === undefined) continue;
			seen.add(index);
			// A line below a row, in full, belongs to it.
			if (selected(next).slice(1) !== line.slice(1)) expect(line.slice(0, 10).trim()).toBe('');
		}
		expect(seen.size).toBeGreaterThan(0);
		expect([...seen].toSorted((a, b) => a - b)).toEqual([...seen.keys()]);
	});

	it('on a column title sorts by it, and again the other way round', () => {
		const state = liveOf('lock-chain');
		const head = rowOf(state, 'TIME▼');
		const column = (linesOf(state)[head] ?? '').indexOf('BLOCKS');
		const once = mouse(state, 'click', head, column);
		expect(once.panes.sessions?.sort).toEqual({column: 'blocks', descending: true});
		expect(linesOf(once)[head]).toContain('BLOCK▼');
		expect(mouse(once, 'click', head, column).panes.sessions?.sort).toEqual({column: 'blocks', descending: false});
	});

	it('finds every column title of every section', () => {
		const state: State = {...liveOf('trouble-18', 200, 50), pane: 'replication'};
		const {rows} = viewOf(registry, state);
		expect(rows.length).toBeGreaterThan(0);
		const head = rowOf(state, /^ *SENDER|^ *SLOT|^ *SUBSCRIPTION|^ *APPLICATION/);
		const titles = (linesOf(state)[head] ?? '').matchAll(/\S+/g);
		for (const {index} of [...titles].slice(0, 3))
			expect(mouse(state, 'click', head, index).panes.replication?.sort?.column).toBeDefined();
	});

	it('elsewhere says what a click does', () => {
		expect(mouse(liveOf('lock-chain'), 'click', 0).toast?.text).toBe('A click selects a row; on a column title it sorts.');
		expect(mouse(pressed(liveOf('lock-chain'), '?'), 'click', 9).toast?.text).toMatch(/^A click selects a row of a table/);
	});

	it('never answers a question, and says so', () => {
		const asked = played(pressed(liveOf('lock-chain'), 'down', 'K'), [{type: 'painted', at: 0}]).state;
		for (const name of ['click', 'wheel-up', 'wheel-down']) {
			const next = mouse(asked, name, 10, 10);
			expect(next.overlay).toMatchObject({kind: 'confirm', ignored: 'Ignored: the mouse does not answer. Press a key.'});
		}
	});
});

describe('the wheel', () => {
	it('scrolls the rows without engaging a cursor, to the ends and no further', () => {
		const state = pressed(liveOf('all-incidents-18', 160, 18), 'i');
		const down = mouse(state, 'wheel-down');
		expect(down.panes.sessions).toMatchObject({top: 3, cursor: undefined});
		expect(mouse(down, 'wheel-up').panes.sessions?.top).toBe(0);
		expect(mouse(state, 'wheel-up').panes.sessions?.top).toBe(0);
		let end = state;
		for (let times = 0; times < 40; times++) end = mouse(end, 'wheel-down');
		expect(linesOf(end)).toEqual(linesOf(mouse(end, 'wheel-down')));
		const last = viewOf(registry, end).rows.at(-1) as {readonly pid: number};
		expect(linesOf(end).some(line => line.includes(` ${last.pid} `))).toBe(true);
	});

	it('moves an engaged cursor', () => {
		const state = pressed(liveOf('lock-chain'), 'down');
		expect(mouse(state, 'wheel-down').panes.sessions?.cursor?.index).toBe(3);
	});

	it('scrolls a page', () => {
		const help = pressed(liveOf('lock-chain'), '?');
		expect(mouse(help, 'wheel-down').overlay).toMatchObject({kind: 'help', top: 3});
		expect(mouse(help, 'wheel-up').overlay).toMatchObject({kind: 'help', top: 0});
	});

	it('moves the mark of a menu', () => {
		const menu = pressed(liveOf('lock-chain'), 'f9');
		expect(mouse(menu, 'wheel-down').overlay).toMatchObject({kind: 'action-menu', place: 1});
	});
});
