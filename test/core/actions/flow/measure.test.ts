import {describe, expect, test} from 'vitest';
import type {Result, Row, Sample} from '../../../../source/core/sample/sample.ts';
import type {Message} from '../../../../source/core/state/message.ts';
import type {State} from '../../../../source/core/state/state.ts';
import {bloatPane} from '../../../../source/panes/bloat/bloat.ts';
import {keyOf, played, pressed, stateConnected, update} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const [recorded] = samplesOf('lock-chain') as [Sample];
const {at} = recorded;

const table: Row = {
	...Object.fromEntries(bloatPane.queries[0] ? Object.keys(bloatPane.queries[0].fields).map(name => [name, null]) : []),
	relid: 4711,
	relname: 'orders',
	schemaname: 'shop',
	relkind: 'r',
	relpages: 1000,
	reltuples: 100_000,
	readable: true,
	n_live_tup: 100_000,
	n_dead_tup: 0,
};

const answer = (...rows: readonly Row[]): Result => ({ok: true, at, tookMs: 1, rows});
const installed = {schema: 'public', may_measure: true};
const counted: Row = {
	relid: 4711,
	started: at,
	state: 'done',
	step: null,
	finished: at,
	relpages: 1000,
	reltuples: 100_000,
	fillfactor: 100,
	heap_bytes: 8_192_000,
	heap_live_bytes: 4_000_000,
	heap_dead_bytes: 1_000_000,
	heap_free_bytes: 3_000_000,
	toast_bytes: null,
	toast_live_bytes: null,
	toast_dead_bytes: null,
	toast_free_bytes: null,
	index_bytes: 0,
	index_bloat_bytes: 0,
	message: null,
};

const sampleWith = (results: Readonly<Record<string, Result>>): Sample => ({
	...recorded,
	results: {...recorded.results, tables: answer(table), pgstattuple: answer(installed), ...results},
});

const shown = (results: Readonly<Record<string, Result>> = {}, more: readonly Message[] = []): State =>
	played(stateConnected({columns: 80, rows: 24}), [
		{type: 'sample', sample: sampleWith(results)},
		{type: 'pane', pane: 'bloat'},
		...more,
	]).state;

const onTable = (results: Readonly<Record<string, Result>> = {}): State => pressed(shown(results), 'down');
const measure = (state: State) => update(state, {type: 'key', key: keyOf('.')});

describe('the key that measures', () => {
	test('measures the table at the cursor, as of the shown moment', () => {
		const [next, ...effects] = measure(onTable());
		const measurement = {relid: 4711, name: 'shop.orders', schema: 'public', running: false};
		expect(effects).toEqual([{type: 'measure', measurement, at}]);
		expect(next.toast?.text).toBe('Measuring shop.orders: press . again to stop.');
	});

	test('stops a running measurement', () => {
		const [next, ...effects] = measure(onTable({measured: answer({...counted, state: 'running', finished: null})}));
		expect(effects).toMatchObject([{type: 'measure', measurement: {relid: 4711, running: true}}]);
		expect(next.toast?.text).toBe('Stopped measuring shop.orders.');
	});

	test('works with --read-only', () => {
		const state = {...onTable(), readOnly: 'No action exists.'};
		expect(measure(state).slice(1)).toHaveLength(1);
	});

	test.each<[string, State, RegExp]>([
		['without a row', shown(), /No row selected/],
		['in another pane', pressed(shown(), '1', 'down'), /Only tables can be measured/],
		['while the screen is frozen', pressed(onTable(), 'p'), /Screen frozen: measuring is off/],
		['in a recording', {...onTable(), link: {state: 'closed'}}, /The server does not answer: nothing can be measured/],
		['without the extension', onTable({pgstattuple: answer({schema: null, may_measure: null})}), /CREATE EXTENSION pgstattuple/],
		['without the right', onTable({pgstattuple: answer({schema: 'public', may_measure: false})}), /GRANT pg_stat_scan_tables TO/],
		[
			'while another table is measured',
			onTable({measured: answer({...counted, relid: 12, state: 'running'})}),
			/Already measuring 12, one table at a time/,
		],
		['of a partitioned table', onTable({tables: answer({...table, relkind: 'p'})}), /measure its partitions/],
	])('refuses %s', (_, state, why) => {
		const [next, ...effects] = measure(state);
		expect(effects).toEqual([]);
		expect(next.toast?.text).toMatch(why);
	});
});

describe('a measured table', () => {
	const row = (changed: Row = {}, tables: Row = {}): Row | undefined => {
		const sample = sampleWith({tables: answer({...table, ...tables}), measured: answer({...counted, ...changed})});
		return bloatPane.rows(sample, [])[0];
	};

	test('replaces the estimate', () => {
		expect(row()).toMatchObject({bloat_source: 'exact', bloat_bytes: 4_000_000, table_bytes: 8_192_000});
	});

	test('is dropped once the catalog differs', () => {
		expect(row({}, {relpages: 500})).toMatchObject({bloat_source: 'unknown'});
		expect(row({}, {reltuples: 80_000})).toMatchObject({bloat_source: 'unknown'});
		expect(row({}, {reltuples: 101_000})).toMatchObject({bloat_source: 'exact'});
	});

	test('shows progress and failure', () => {
		const column = bloatPane.columns.find(({id}) => id === 'note');
		const note = (changed: Row): string => String(column?.value(row(changed) ?? {}, at));
		expect(note({state: 'running', step: 'TOAST'})).toMatch(/^measuring 1.0s; TOAST/);
		expect(note({state: 'failed', message: 'stopped'})).toMatch(/^not measured: stopped/);
	});
});
