import {describe, expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import type {State} from '../../../source/core/state/state.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {laterBy} from '../../../source/core/values/instant.ts';
import {registry} from '../../../source/panes/index.ts';
import {played, pressed, stateConnected} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const size = {columns: 120, rows: 40};
const [first] = samplesOf('lock-chain').slice(5);

/** The state after refreshes, in each of which the applications have a suffix. */
const refreshed = (state: State, from: number, ...suffixes: readonly string[]): State => {
	if (!first) throw new Error('The recording is too short.');
	return played(
		state,
		suffixes.map((suffix, index) => {
			const seq = first.seq + from + index;
			const {sessions} = first.results;
			if (!sessions?.ok) throw new Error('The recording has no sessions.');
			const rows = sessions.rows.map(row => ({...row, application_name: `app${suffix}`}));
			const at = laterBy(first.at, (from + index) * 1000);
			return {type: 'sample', sample: {...first, seq, at, results: {...first.results, sessions: {...sessions, at, rows}}}};
		}),
	).state;
};

const heads = (state: State): string =>
	screen(registry, state)
		.map(textOf)
		.find(text => /^ +PID /.test(text)) ?? '';
const place = (state: State): number => heads(state).indexOf('STATE');
const frame = (state: State): string => screen(registry, state).map(textOf).join('\n');

describe('the columns of a pane', () => {
	it('stay where they are while a long name comes and goes', () => {
		const narrow = refreshed(stateConnected(size), 0, '');
		const wide = refreshed(narrow, 1, '-with-a-name');
		expect(place(wide)).toBeGreaterThan(place(narrow));
		expect(place(refreshed(wide, 2, ...Array.from({length: 58}, () => '')))).toBe(place(wide));
		expect(place(refreshed(wide, 2, ...Array.from({length: 62}, () => '')))).toBe(place(narrow));
	});

	it('are laid out at once after another choice of rows', () => {
		const wide = refreshed(stateConnected(size), 0, '-with-a-name', '');
		const narrow = refreshed(stateConnected(size), 1, '');
		expect(place(wide)).toBeGreaterThan(place(narrow));
		expect(place(pressed(wide, 'i'))).toBe(place(pressed(narrow, 'i')));
	});

	it('are laid out at once after a pause', () => {
		const wide = refreshed(stateConnected(size), 0, '-with-a-name');
		expect(place(refreshed(wide, 70, ''))).toBeLessThan(place(wide));
	});

	it('do not move while a filter is typed', () => {
		const state = refreshed(stateConnected(size), 0, '-with-a-name');
		expect(heads(pressed(state, '/', 'q', 'q'))).toBe(heads(state));
	});

	it('are those of the moment that is shown, when it is shown again', () => {
		const before = refreshed(stateConnected(size), 0, '-with-a-name', '');
		const after = refreshed(before, 2, ...Array.from({length: 64}, () => ''));
		expect(place(after)).toBeLessThan(place(before));
		const back = pressed(after, ...Array.from({length: 64}, () => '['));
		expect(heads(back)).toBe(heads(before));
		expect(frame(pressed(back, '}'))).toBe(frame(after));
	});

	it('show the mark of the sorted column, which other columns could be merged with', () => {
		const state = refreshed(stateConnected(size), 0, '');
		for (const column of ['xact_seconds', 'state_seconds', 'query_seconds', 'cpu_percent', 'read_bytes_per_second'])
			expect(heads(played(state, [{type: 'sort', column}]).state)).toMatch(/[▲▼]/);
	});
});
