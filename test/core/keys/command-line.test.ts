import {describe, expect, it} from 'vitest';
import {completeLine, completions, parseCommand} from '../../../source/core/keys/command-line.ts';
import type {Pane} from '../../../source/core/pane/pane.ts';
import type {State} from '../../../source/core/state/state.ts';
import {registry} from '../../../source/panes/index.ts';
import {pressed, stateConnected} from '../../screens/driver.ts';

const {panes} = registry;
const sessions = panes.find(({id}) => id === 'sessions') as Pane;
const spoken = (line: string) => parseCommand(line, panes, sessions);
const state = stateConnected({columns: 100, rows: 30});
const keysOf = (text: string): readonly string[] => Array.from(text, one => (one === ' ' ? 'space' : one));
const typed = (text: string, ...last: readonly string[]): State => pressed(state, ':', ...keysOf(text), ...last);

describe('a line', () => {
	it.each([
		['locks', {type: 'pane', pane: 'locks'}],
		['  locks ', {type: 'pane', pane: 'locks'}],
		['loc', {type: 'pane', pane: 'locks'}],
		['sort pid', {type: 'sort-by', column: 'pid', descending: undefined}],
		['sort pid desc', {type: 'sort-by', column: 'pid', descending: true}],
		['sort age asc', {type: 'sort-by', column: 'query_seconds', descending: false}],
		['filter state=active age>5m', {type: 'filter', text: 'state=active age>5m'}],
		['interval 500ms', {type: 'pace', intervalMs: 500}],
		['interval 2', {type: 'pace', intervalMs: 2000}],
		['help', {type: 'help'}],
		['q', {type: 'quit'}],
	])('%s is understood', (line, command) => {
		expect(spoken(line)).toEqual({ok: true, command});
	});

	it.each([
		['', /^Name a pane or a command: triage sessions locks/],
		['nowhere', /^There is no pane and no command nowhere\.$/],
		['locks now', /^Nothing follows the name of a pane\.$/],
		['sort', /^Sort by which column\?$/],
		['sort colour', /^Sessions has no column colour\.$/],
		['sort pid sideways', /^The order is asc or desc\.$/],
		['filter age>', /./],
		['interval', /^The interval is 250ms to 1m00/],
		['interval 1ms', /^The interval is/],
		['quit now', /^quit stands alone\.$/],
	])('%s is answered with what is wrong with it', (line, message) => {
		expect(spoken(line)).toEqual({ok: false, message: expect.stringMatching(message)});
	});

	it('is ambiguous where several words begin with it, unless it is one of them', () => {
		expect(spoken('s')).toEqual({ok: false, message: expect.stringMatching(/^s may be sessions or .*sort\.$/)});
	});
});

describe('completion', () => {
	it('offers the names of panes and commands, then the columns to sort by', () => {
		expect(completions('', panes, sessions)).toEqual(expect.arrayContaining(['sessions', 'locks', 'sort', 'quit']));
		expect(completions('lo', panes, sessions)).toContain('locks');
		expect(completions('sort query', panes, sessions)).toEqual(
			expect.arrayContaining(['query_seconds', 'query', 'query_id', 'query_truncated']),
		);
		expect(completions('interval ', panes, sessions)).toEqual([]);
	});

	it('goes as far as the words agree, and a space further where there is but one', () => {
		expect(completeLine('sort que', ['query_seconds', 'query', 'query_id'])).toBe('sort query');
		expect(completeLine('lock', ['locks'])).toBe('locks ');
		expect(completeLine('zz', [])).toBe('zz');
	});
});

describe('the command line', () => {
	it('goes to the pane that is named, with the help of Tab', () => {
		expect(typed('lock', 'tab', 'enter')).toMatchObject({pane: 'locks', overlay: undefined});
	});

	it('sorts, filters and paces', () => {
		expect(typed('sort pid', 'enter').panes.sessions).toMatchObject({sort: {column: 'pid', descending: true}});
		expect(typed('filter app!=cron', 'enter').panes.sessions).toMatchObject({filter: 'app!=cron'});
		expect(typed('interval 5s', 'enter').options.intervalMs).toBe(5000);
	});

	it('says what it does not understand and lets it be mended', () => {
		expect(typed('lokcs', 'enter')).toMatchObject({
			pane: 'sessions',
			overlay: {asks: 'command', text: 'lokcs', error: 'There is no pane and no command lokcs.'},
		});
		expect(typed('lokcs', 'enter', 'ctrl-u', ...keysOf('locks'), 'enter')).toMatchObject({pane: 'locks'});
	});

	it('is left by Esc, by Enter on nothing and by rubbing out what is not there', () => {
		for (const left of [typed('sort', 'esc'), typed('', 'enter'), typed('q', 'backspace', 'backspace')])
			expect(left).toMatchObject({pane: 'sessions', overlay: undefined});
	});
});
