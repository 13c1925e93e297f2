import {describe, expect, it} from 'vitest';
import {settingsPending} from '../../../../source/findings/rules/server/settings-pending.ts';
import {brokenIndexes} from '../../../../source/findings/rules/storage/broken-indexes.ts';
import {missingStatistics} from '../../../../source/findings/rules/storage/missing-statistics.ts';
import {unusedIndexes} from '../../../../source/findings/rules/storage/unused-indexes.ts';
import {configFiles, settings} from '../../../../source/queries/server/settings.ts';
import {indexUsage, scanCounters} from '../../../../source/queries/storage/index-usage.ts';
import {type InvalidIndex, indexes, invalidIndexes} from '../../../../source/queries/storage/indexes.ts';
import {type Table, tables} from '../../../../source/queries/storage/tables.ts';
import {answer, answerAt, findingsOf, instantAt, makeSample, type QueryAnswer} from '../../samples.ts';

describe('an invalid index', () => {
	const left = (...rows: readonly Partial<InvalidIndex>[]) =>
		findingsOf(
			brokenIndexes,
			makeSample(
				0,
				answer(
					invalidIndexes,
					...rows.map(row => ({relname: 'orders', schemaname: 'public', indexrelname: 'orders_idx', ...row})),
				),
			),
		);

	it('is a warning if writes maintain it, otherwise a notice', () => {
		expect(left({indexrelid: 7, indisready: true, index_bytes: 8192})).toMatchObject([
			{
				severity: 'warning',
				summary: 'Index orders_idx on orders is invalid: no query uses it.',
				evidence: 'Every write maintains it; it takes 8.0kB.',
				leads: {pane: 'indexes', identity: 'index 7'},
			},
		]);
		expect(left({indexrelid: 7})[0]?.severity).toBe('notice');
	});

	it('is ignored while it is or may be built, or if it is partitioned', () => {
		expect(
			left({indexrelid: 7, building_pid: 4711}, {indexrelid: 8, maybe_built: true}, {indexrelid: 9, partitioned: true}),
		).toEqual([]);
	});

	it('is reported once with all others, and the worst is named', () => {
		expect(left({indexrelid: 7}, {indexrelid: 8, indisready: true, indexrelname: 'worse'})).toMatchObject([
			{summary: 'Index worse on orders is invalid: no query uses it; 1 other is invalid too.', weight: 2},
		]);
	});
});

describe('unused indexes', () => {
	const of = (bytes: number, scans: number, countedFor: number, seconds = 0, stats_reset: string | null = null) =>
		findingsOf(
			unusedIndexes,
			makeSample(
				0,
				...[
					answer(indexes, {
						indexrelid: 7,
						indrelid: 6,
						schemaname: 'public',
						relname: 'orders',
						indexrelname: 'orders_idx',
						indisvalid: true,
						indisready: true,
					}),
					answer(indexUsage, {indexrelid: 7, indrelid: 6, idx_scan: scans, index_bytes: bytes, stats_reset}),
					answer(scanCounters, {stats_reset: instantAt(-countedFor), cluster_reset: instantAt(-countedFor)}),
					answer(invalidIndexes),
				].map(each => answerAt(seconds, each)),
			),
		)[0];
	const week = 7 * 86_400;

	it('are a notice if they are large', () => {
		expect(of(200 * 1024 ** 2, 0, week)).toMatchObject({
			severity: 'notice',
			summary: 'Unused index orders_idx on orders takes 200MB.',
			leads: {pane: 'indexes', identity: 'index 7'},
		});
	});

	it('are ignored if they are small, used, or not counted for long', () => {
		expect(of(1024 ** 2, 0, week)).toBeUndefined();
		expect(of(200 * 1024 ** 2, 1, week)).toBeUndefined();
		expect(of(200 * 1024 ** 2, 0, week - 10)).toBeUndefined();
	});

	it('are not reported if their own counters were reset within a week', () => {
		expect(of(200 * 1024 ** 2, 0, 2 * week, 0, instantAt(-3600))).toBeUndefined();
		expect(of(200 * 1024 ** 2, 0, 2 * week, 0, instantAt(-week))).toMatchObject({evidence: 'No scan was counted for 7d00h.'});
	});

	it('are not reported from an outdated answer', () => {
		expect(of(200 * 1024 ** 2, 0, week + 9999, -299)?.severity).toBe('notice');
		expect(of(200 * 1024 ** 2, 0, week + 9999, -301)).toBeUndefined();
	});
});

describe('a large table', () => {
	const of = (overrides: Partial<Table>) =>
		findingsOf(
			missingStatistics,
			makeSample(
				0,
				answer(tables, {
					relid: 9,
					relname: 'events',
					schemaname: 'public',
					relkind: 'r',
					n_live_tup: 200_000,
					n_mod_since_analyze: 200_000,
					...overrides,
				}),
			),
		)[0];

	it('that was never analyzed is a notice, and a very large one a warning', () => {
		expect(of({})).toMatchObject({
			severity: 'notice',
			summary: 'events (200k rows) was never analyzed.',
			evidence: 'No statistics: run ANALYZE (A).',
			leads: {pane: 'bloat', identity: '9'},
			action: 'A analyzes it.',
		});
		expect(of({n_live_tup: 20_000_000, n_mod_since_analyze: 20_000_000})?.severity).toBe('warning');
	});

	it('that was analyzed, is small or partitioned, or lost its counters in a crash is ignored', () => {
		expect(of({last_autoanalyze: instantAt(-9)})).toBeUndefined();
		expect(of({n_live_tup: 5000, n_mod_since_analyze: 5000})).toBeUndefined();
		expect(of({relkind: 'p', n_live_tup: null})).toBeUndefined();
		expect(of({n_mod_since_analyze: 3})).toBeUndefined();
		expect(of({n_live_tup: null, n_mod_since_analyze: null})).toBeUndefined();
	});
});

describe('the server configuration', () => {
	const of = (...reads: readonly QueryAnswer[]) => findingsOf(settingsPending, makeSample(0, ...reads));

	it('that waits for a restart is a notice', () => {
		const rows = answer(
			settings,
			{name: 'shared_buffers', setting: '16384', unit: '8kB', source: 'configuration file', pending_restart: true},
			{name: 'max_connections', setting: '100', source: 'configuration file', pending_restart: true},
			{name: 'work_mem', setting: '4096', source: 'configuration file'},
		);
		expect(of(rows)).toMatchObject([
			{
				severity: 'notice',
				summary: 'max_connections and 1 more wait for a server restart.',
				leads: {pane: 'settings', identity: 'max_connections'},
			},
		]);
	});

	it('with an invalid line is a warning', () => {
		const line = {sourcefile: '/etc/pg/pg_hba.conf', sourceline: 12, kind: 'hba', error: 'invalid authentication method "md6"'};
		expect(of(answer(settings), answer(configFiles, line))).toMatchObject([
			{
				severity: 'warning',
				summary: 'pg_hba.conf, line 12: invalid authentication method "md6".',
				leads: {pane: 'settings', identity: 'error pg_hba.conf:12 /etc/pg/pg_hba.conf:12'},
			},
		]);
	});

	it('that the command line overrides is ignored', () => {
		const commandLine = answer(settings, {name: 'port', setting: '5433', source: 'command line', pending_restart: true});
		const line = {
			name: 'port',
			kind: 'setting',
			sourcefile: '/etc/pg/postgresql.conf',
			sourceline: 3,
			error: 'setting could not be applied',
		};
		expect(of(commandLine)).toEqual([]);
		expect(of(answer(settings, {name: 'port', setting: '5433', source: 'command line'}), answer(configFiles, line))).toEqual([]);
	});
});
