import {describe, expect, it} from 'vitest';
import {jsonValue} from '../../../source/core/pane/column.ts';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import type {Pane} from '../../../source/core/pane/pane.ts';
import type {Result, Sample} from '../../../source/core/sample/sample.ts';
import {screen} from '../../../source/core/screen/screen.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {printed as printedSample} from '../../../source/run/print.ts';
import {played, stateConnected} from '../../screens/driver.ts';
import {type RecordingName, samplesOf} from '../../screens/recorded.ts';

const paneOf = (id: string): Pane => registry.panes.find(pane => pane.id === id) ?? expect.fail();
const lastOf = (name: RecordingName): Sample => samplesOf(name).at(-1) ?? expect.fail();
const without = (sample: Sample, name: string, instead?: Result): Sample => {
	const {[name]: _, ...results} = sample.results;
	return {...sample, results: instead ? {...results, [name]: instead} : results};
};
const json = (id: string, sample: Sample, filter = '') =>
	paneJson(paneOf(id), sample, [sample], parseFilter(filter, paneOf(id).columns), undefined);

// Panes that are read only if named are in no recording of all panes.
describe.each(registry.panes.filter(({named}) => !named).map(({id}) => id))('%s as JSON', id => {
	it('has every column by name in every row', () => {
		const printed = json(id, lastOf(id === 'locks' || id === 'triage' ? 'all-incidents-15' : 'trouble-18'));
		if (!printed.ok) throw new Error(printed.error.message);
		expect(printed.rows.length).toBeGreaterThan(0);
		const [first, ...others] = paneOf(id).sections;
		const heads = first
			? [first.columns, ...others.map(({columns}) => [...new Set([...first.columns, ...columns])])]
			: [paneOf(id).columns];
		for (const row of printed.rows)
			expect(heads.map(columns => columns.map(column => column.id))).toContainEqual(Object.keys(row));
	});

	it('reports failures, and never shows an unread answer as no rows', () => {
		const sample = lastOf('trouble-18');
		const error = {code: '42501', message: 'permission denied', hint: 'GRANT'};
		// The recording is older than some queries, which its server was not asked.
		const name = paneOf(id).queries.find(query => sample.results[query.name])?.name ?? '';
		const failed = json(id, without(sample, name, {ok: false, at: sample.at, tookMs: 1, error}));
		const unread = json(id, without(sample, name));
		if (paneOf(id).composed) {
			const missing = (part: object): unknown => expect.arrayContaining([expect.objectContaining({query: name, ...part})]);
			expect(failed).toMatchObject({ok: true, missing: missing(error)});
			expect(unread).toMatchObject({ok: true, missing: missing({code: 'unread'})});
		} else {
			expect(failed).toEqual({ok: false, error});
			expect(unread).toMatchObject({ok: false, error: {code: 'unread'}});
		}
	});

	it('reports a sample without its answers as unread', () => {
		const state = {...stateConnected({columns: 80, rows: 24}), pane: id};
		const seen = (sample: Sample): string =>
			screen(registry, played(state, [{type: 'sample', sample}]).state)
				.map(textOf)
				.join('\n');
		const sample = lastOf('runaway-query');
		const unread = paneOf(id).queries.reduce((rest, {name}) => without(rest, name), sample);
		expect(seen(unread)).toContain('Not read yet.');
		expect(seen(sample)).not.toContain('Not read yet.');
	});
});

describe('a pane as JSON', () => {
	it('counts the rows that the role sees only in part, with the remedy', () => {
		const {sessions} = lastOf('plain-role').results;
		const masked = sessions?.ok ? sessions.rows.filter(({query}) => query === '<insufficient privilege>').length : 0;
		expect(masked).toBeGreaterThan(5);
		expect(json('sessions', lastOf('plain-role'))).toMatchObject({
			ok: true,
			hidden: {rows: masked, hint: expect.stringMatching(/^GRANT pg_monitor TO plain/)},
		});
		expect(json('sessions', lastOf('lock-chain'))).not.toHaveProperty('hidden');
	});

	it('names its other queries that failed or were not read, next to its rows', () => {
		const sample = lastOf('lock-chain');
		const error = {code: '57014', message: 'canceling statement', hint: 'try again'};
		const failed = without(sample, 'locks', {ok: false, at: sample.at, tookMs: 1, error});
		expect(json('sessions', failed)).toMatchObject({ok: true, missing: [{query: 'locks', ...error}]});
		expect(json('sessions', without(sample, 'database_names'))).toMatchObject({
			ok: true,
			missing: [{query: 'database_names', code: 'unread', message: 'Part of Sessions could not be read in time.'}],
		});
		expect(json('sessions', sample)).not.toHaveProperty('missing');
		const partial = (of: Sample, format: 'json' | 'ndjson' | 'csv' | 'text'): boolean =>
			printedSample(of, [of], {panes: ['sessions'], format, filter: '', sort: undefined}).partial;
		for (const format of ['json', 'ndjson', 'csv', 'text'] as const) {
			expect(partial(failed, format)).toBe(true);
			expect(partial(sample, format)).toBe(false);
		}
	});

	it('leaves out our own connections and nothing else', () => {
		const sample = lastOf('all-incidents-15');
		const sessions = sample.results.sessions;
		const printed = json('sessions', sample);
		if (!printed.ok || !sessions?.ok) throw new Error('Both were read.');
		const own = new Set(sample.own);
		const others = sessions.rows.map(({pid}) => Number(pid)).filter(pid => !own.has(pid));
		expect(own.size).toBeGreaterThan(0);
		expect(printed.rows.map(({pid}) => Number(pid)).toSorted()).toEqual(others.toSorted());
	});

	it('is filtered', () => {
		const printed = json('sessions', lastOf('all-incidents-15'), 'app=migration');
		expect(printed).toMatchObject({ok: true, rows: [{application_name: 'migration', state: 'active'}]});
	});

	it('names the blockers of a waiter, and 0 for a prepared transaction', () => {
		const printed = json('locks', lastOf('prepared-transaction'));
		expect(printed).toMatchObject({
			ok: true,
			rows: [
				{pid: 0, depth: 0, gid: 'payout-2291', blocked_by: [], blocks_total: 3},
				{depth: 1, blocked_by: [0]},
				{depth: 1, soft: false},
				{depth: 2, soft: true},
			],
		});
	});

	it('writes only sizes beyond 2^53 as text', () => {
		expect(jsonValue('bytes', 2 ** 60)).toBe('1152921504606846976');
		expect(jsonValue('bytes', 2 ** 53 - 1)).toBe(9_007_199_254_740_991);
		expect(jsonValue('bytes', null)).toBeNull();
		expect(jsonValue('number', 2 ** 60)).toBe(2 ** 60);
	});
});
