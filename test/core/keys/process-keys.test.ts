import {describe, expect, it} from 'vitest';
import type {State} from '../../../source/core/state/state.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const [recorded] = samplesOf('lock-chain').slice(-1);

/** The sessions of a recording, their processes looked at as on the server's own host, as root or not, or not at all. */
const stateWith = (processes: 'unknown' | 'known' | 'with disks'): State => {
	if (!recorded) throw new Error('There is no sample.');
	const sessions = recorded.results.sessions;
	const rows = (sessions?.ok ? sessions.rows : []).map(({pid = null, backend_start = null}) => ({
		pid,
		backend_start,
		read_bytes: processes === 'with disks' ? 0 : null,
		before_at: null,
	}));
	const answer = {ok: true, at: recorded.at, tookMs: 1, rows: processes === 'unknown' ? [] : rows} as const;
	const sample = {...recorded, results: {...recorded.results, processes: answer}};
	return played(stateConnected({columns: 120, rows: 40}), [{type: 'sample', sample}]).state;
};

const sortOf = (state: State): string | undefined => state.panes[state.pane]?.sort?.column;

describe('the keys of processes', () => {
	it.each([
		['c', 'cpu_percent'],
		['m', 'rss_bytes'],
		['r', 'read_bytes_per_second'],
		['w', 'write_bytes_per_second'],
	])('%s sorts the sessions by %s, the largest first', (key, column) => {
		const state = pressed(stateWith('with disks'), key);
		expect(state.pane).toBe('sessions');
		expect(state.panes.sessions?.sort).toEqual({column, descending: true});
	});

	it.each(['c', 'm', 'r'])('%s says why it cannot where the server is elsewhere', key => {
		const before = stateWith('unknown');
		const state = pressed(before, key);
		expect(state.toast?.text).toBe('Figures of processes are only known on the server’s own host.');
		expect(sortOf(state)).toBe(sortOf(before));
	});

	it('r says that bytes are not for everybody to see', () => {
		expect(pressed(stateWith('known'), 'r').toast?.text).toMatch(/only known to root and to the user/);
		expect(sortOf(pressed(stateWith('known'), 'c'))).toBe('cpu_percent');
	});

	it('c says in another pane where they are', () => {
		expect(pressed(stateWith('with disks'), '2', 'c').toast?.text).toBe(
			'Locks has no figures of processes: 1 shows the sessions.',
		);
	});

	it('w opens the waits wherever it does not sort', () => {
		expect(pressed(stateWith('unknown'), 'w').pane).toBe('waits');
		expect(pressed(stateWith('known'), 'w').pane).toBe('waits');
		expect(pressed(stateWith('with disks'), '2', 'w').pane).toBe('waits');
	});
});

it('D shows the databases by size and has that read anew', () => {
	const before = pressed(stateWith('unknown'), '8', '<', '1');
	const [state, ...effects] = update(before, {type: 'key', key: keyOf('D')});
	expect(state.pane).toBe('databases');
	expect(state.panes.databases?.sort).toEqual({column: 'size_bytes', descending: true});
	expect(effects).toEqual([{type: 'watch', panes: ['databases']}, {type: 'refresh'}]);
});
