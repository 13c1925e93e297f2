import {describe, expect, it} from 'vitest';
import type {State} from '../../../source/core/state/state.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const [recorded] = samplesOf('lock-chain').slice(-1);

/** Sessions of a recording with process figures as on the database host: all of them, without disk I/O, or none. */
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

	it.each([
		['c', 'CPU%'],
		['m', 'MEM'],
		['r', 'READ'],
		['w', 'WRITE'],
	])('%s is refused for a remote server', (key, title) => {
		const before = stateWith('unknown');
		const state = pressed(before, key);
		expect(state.toast?.text).toBe(`${title} is known only on the server's own host.`);
		expect(state.pane).toBe('sessions');
		expect(sortOf(state)).toBe(sortOf(before));
	});

	it.each(['r', 'w'])('%s is refused without the right to see disk I/O', key => {
		expect(pressed(stateWith('known'), key).toast?.text).toMatch(/visible only to root and to the server's OS user/);
		expect(sortOf(pressed(stateWith('known'), 'c'))).toBe('cpu_percent');
	});

	it('c is refused in another pane', () => {
		expect(pressed(stateWith('with disks'), '2', 'c').toast?.text).toBe('Locks has no column CPU%: press 1 for sessions.');
	});
});

it('D shows the databases by size, refreshed', () => {
	const before = pressed(stateWith('unknown'), '8', '<', '1');
	const [state, ...effects] = update(before, {type: 'key', key: keyOf('D')});
	expect(state.pane).toBe('databases');
	expect(state.panes.databases?.sort).toEqual({column: 'size_bytes', descending: true});
	expect(effects).toEqual([{type: 'watch', panes: ['databases']}, {type: 'refresh'}]);
});

it.each(['1', '2', '0', '9'])('W opens Waits from pane %s', key => {
	expect(pressed(stateWith('with disks'), key, 'W').pane).toBe('waits');
});
