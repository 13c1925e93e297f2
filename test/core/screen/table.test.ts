import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {columnsFor} from '../../../source/core/pane/pane.ts';
import type {Row} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import type {Size} from '../../../source/core/state/key.ts';
import type {State} from '../../../source/core/state/state.ts';
import {cursorRow, viewOf} from '../../../source/core/state/view.ts';
import {type Line, lineWidth, textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {played, pressed, stateConnected} from '../../screens/driver.ts';
import {type RecordingName, samplesOf} from '../../screens/recorded.ts';
import {seed} from '../arbitraries.ts';

const recordings = ['lock-chain', 'all-incidents-18', 'trouble-18', 'standby', 'hostile-text', 'connections-exhausted'] as const;

const anySize: fc.Arbitrary<Size> = fc.record({columns: fc.integer({min: 40, max: 300}), rows: fc.integer({min: 8, max: 80})});

const stateOf = (size: Size, recording: RecordingName, pane: string): State =>
	played(
		{...stateConnected(size), pane},
		samplesOf(recording).map(sample => ({type: 'sample', sample})),
	).state;

const isBar = (line: Line): boolean => line.some(({tone}) => tone === 'bar');

const anyTable = fc.record({
	size: anySize,
	recording: fc.constantFrom(...recordings),
	pane: fc.constantFrom(...registry.panes.map(({id}) => id)),
	keys: fc.array(fc.constantFrom('down', 'i', 'a', 'right', 'T', '>', 'z'), {maxLength: 4}),
});

describe('a table', () => {
	it('has header bars that fill the line, on every screen of every pane', () => {
		fc.assert(
			fc.property(anyTable, ({size, recording, pane, keys}) => {
				const lines = screen(registry, pressed(stateOf(size, recording, pane), ...keys));
				const bars = lines.filter(isBar);
				expect(bars.length).toBeGreaterThan(0);
				for (const bar of bars) expect(bar.every(({tone}) => tone === 'bar') && lineWidth(bar)).toBe(size.columns);
				for (const line of lines) expect(lineWidth(line)).toBe(size.columns);
			}),
			{seed, numRuns: 300},
		);
	});

	it('shows the row at the cursor and the mark of the sorted column, on every screen that is not scrolled', () => {
		fc.assert(
			fc.property(anyTable, fc.nat({max: 40}), ({size, recording, pane}, place) => {
				const first = stateOf(size, recording, pane);
				const {columns} = registry.pane(pane);
				const {id = ''} = columns[place % columns.length] ?? {};
				const state = pressed(played(first, [{type: 'sort', column: id}]).state, 'down');
				const row = cursorRow(viewOf(registry, state));
				if (row && !columnsFor(registry.pane(pane), row).some(column => column.id === id)) return;
				const text = screen(registry, state).map(textOf).join('\n');
				if (row) expect(text).toContain('▶');
				if (row && columns.find(column => column.id === id)?.present(viewOf(registry, state).sample as never))
					expect(text).toMatch(/[▲▼]/);
			}),
			{seed, numRuns: 300},
		);
	});

	it('has a title above each section, if there are several', () => {
		const lines = screen(registry, stateOf({columns: 120, rows: 40}, 'trouble-18', 'replication')).map(textOf);
		const titles = lines.filter(line => /^(Senders|Slots|Archiver|WAL) *$/.test(line)).map(line => line.trim());
		expect(titles).toEqual(['Senders', 'Slots', 'Archiver', 'WAL']);
	});

	it('shows application, client and a third of the screen of each statement at 120 columns, in a lock pile-up too', () => {
		for (const recording of ['lock-chain', 'all-incidents-18'] as const) {
			const samples = samplesOf(recording).map(sample => {
				const {sessions, locks} = sample.results;
				if (!sessions?.ok || !locks?.ok) throw new Error('Sessions and locks were read.');
				const renamed = (row: Row): Row => ({...row, pid: typeof row.pid === 'number' ? row.pid + 4_000_000 : null});
				const rows = sessions.rows.map((row, index) => ({...renamed(row), client_addr: `192.168.100.${100 + index}`}));
				return {
					...sample,
					results: {...sample.results, sessions: {...sessions, rows}, locks: {...locks, rows: locks.rows.map(renamed)}},
				};
			});
			const state = played(
				stateConnected({columns: 120, rows: 40}),
				samples.map(sample => ({type: 'sample', sample})),
			).state;
			const heads = screen(registry, state).filter(isBar).map(textOf).join('');
			expect(heads).toMatch(/ PID .*APP.* CLIENT .*STATE .*EVENT .*BLOCKERS .*TIME▼ QUERY/);
			expect(heads.length - heads.indexOf('QUERY')).toBeGreaterThanOrEqual(40);
		}
	});

	it('draws trees in ASCII only, if asked to', () => {
		const state = stateOf({columns: 120, rows: 40}, 'all-incidents-18', 'locks');
		const ascii = screen(registry, {...state, options: {...state.options, ascii: true}}).slice(6, -1);
		const text = ascii.map(textOf).join('\n');
		expect(text).toMatch(/\n \+\d+/);
		expect(text).toMatch(/\n \|`\d+/);
		expect(text).not.toMatch(/[^\x20-\x7e\n]/);
	});
});
