import {describe, expect, it} from 'vitest';
import {completeLine, completions, parseCommand} from '../../../source/core/keys/command-line.ts';
import type {State} from '../../../source/core/state/state.ts';
import {registry} from '../../../source/panes/index.ts';
import {pressed, stateConnected} from '../../screens/driver.ts';

const {panes} = registry;
const sessions = registry.pane('sessions');
const parse = (line: string) => parseCommand(line, panes, sessions);
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
		['held', {type: 'held', scope: {kind: 'everything'}}],
		['held 4711', {type: 'held', scope: {kind: 'session', pid: 4711}}],
		['held Shop.Orders', {type: 'held', scope: {kind: 'named', schema: 'shop', name: 'orders'}}],
		['preflight', {type: 'pane', pane: 'preflight'}],
		['preflight orders', {type: 'preflight', scope: {relation: {schema: null, name: 'orders'}, lock: 'access exclusive'}}],
		[
			'preflight "Order Items" alter table',
			{type: 'preflight', scope: {relation: {schema: null, name: 'Order Items'}, lock: 'alter table'}},
		],
		['interval 500ms', {type: 'pace', intervalMs: 500}],
		['interval 2', {type: 'pace', intervalMs: 2000}],
		['help', {type: 'help'}],
		['q', {type: 'quit'}],
	])('%s is a command', (line, command) => {
		expect(parse(line)).toEqual({ok: true, command});
	});

	it.each([
		['', /^Enter a pane or a command: triage sessions locks/],
		['nowhere', /^No pane or command named nowhere\.$/],
		['locks now', /^A pane name takes no argument\.$/],
		['sort', /^Sort by which column\?$/],
		['sort colour', /^Sessions has no column colour\.$/],
		['sort pid sideways', /^The order is asc or desc\.$/],
		['filter age>', /./],
		['held a b', /^Enter a pid or a relation/],
		['preflight a.b.c', /^Enter a table and a lock/],
		['preflight orders altre', /^No lock mode or command altre: did you mean alter table/],
		['interval', /^The interval is 250ms to 1m00/],
		['interval 1ms', /^The interval is/],
		['quit now', /^quit takes no argument\.$/],
	])('%s is refused with the reason', (line, message) => {
		expect(parse(line)).toEqual({ok: false, message: expect.stringMatching(message)});
	});

	it('is ambiguous if it is a prefix of several words', () => {
		expect(parse('s')).toEqual({ok: false, message: expect.stringMatching(/^s is ambiguous: sessions or .*sort\.$/)});
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

	it('inserts the common prefix, and a space after a unique word', () => {
		expect(completeLine('sort que', ['query_seconds', 'query', 'query_id'])).toBe('sort query');
		expect(completeLine('lock', ['locks'])).toBe('locks ');
		expect(completeLine('zz', [])).toBe('zz');
	});
});

describe('the command line', () => {
	it('goes to a pane completed by Tab', () => {
		expect(typed('lock', 'tab', 'enter')).toMatchObject({pane: 'locks', overlay: undefined});
	});

	it('sorts, filters and sets the interval', () => {
		expect(typed('sort pid', 'enter').panes.sessions).toMatchObject({sort: {column: 'pid', descending: true}});
		expect(typed('filter app!=cron', 'enter').panes.sessions).toMatchObject({filter: 'app!=cron'});
		expect(typed('interval 5s', 'enter').options.intervalMs).toBe(5000);
	});

	it('keeps a wrong line for correction', () => {
		expect(typed('lokcs', 'enter')).toMatchObject({
			pane: 'sessions',
			overlay: {asks: 'command', text: 'lokcs', error: 'No pane or command named lokcs.'},
		});
		expect(typed('lokcs', 'enter', 'ctrl-u', ...keysOf('locks'), 'enter')).toMatchObject({pane: 'locks'});
	});

	it('is left by Esc, by Enter or Backspace on an empty line', () => {
		for (const left of [typed('sort', 'esc'), typed('', 'enter'), typed('q', 'backspace', 'backspace')])
			expect(left).toMatchObject({pane: 'sessions', overlay: undefined});
	});
});
