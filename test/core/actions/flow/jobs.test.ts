import {describe, expect, it} from 'vitest';
import {endMaintenance} from '../../../../source/core/actions/flow/jobs.ts';
import {deadRowsIn, type MaintenanceResult, type Notice} from '../../../../source/core/actions/maintenance.ts';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import type {Message} from '../../../../source/core/state/message.ts';
import {played, pressed, stateConnected} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const notice = (message: string, detail?: string): Notice => ({code: '00000', message, detail});

describe('the notices of VACUUM VERBOSE', () => {
	it('have both counts in one line since 15; the TOAST table is added', () => {
		const text = (removed: number, kept: number): string =>
			`finished vacuuming "shop.public.orders": index scans: 1\npages: 0 removed, 90 remain, 90 scanned (100.00% of total)\ntuples: ${removed} removed, 500 remain, ${kept} are dead but not yet removable\n`;
		expect(deadRowsIn([notice(text(1000, 20)), notice(text(5, 0))])).toEqual({removed: 1005, kept: 20});
	});

	it('have one count in the message and one in its detail in 13 and 14', () => {
		const message = '"orders": found 300 removable, 700 nonremovable row versions in 10 out of 10 pages';
		const detail = '40 dead row versions cannot be removed yet, oldest xmin: 741\nThere were 0 unused item identifiers.';
		expect(deadRowsIn([notice(message, detail)])).toEqual({removed: 300, kept: 40});
	});

	it('give no counts in another language', () => {
		expect(deadRowsIn([notice('Tupel: 3 entfernt')])).toEqual({removed: null, kept: null});
	});
});

describe('the end of maintenance', () => {
	const relation = {database: 'shop', oid: 4711, kind: 'table', name: 'public.orders'} as const;
	const result: MaintenanceResult = {
		outcome: 'done',
		removed: 1200,
		kept: 0,
		warnings: [],
		leftovers: [],
		failure: undefined,
		tookMs: 2000,
	};
	const toastOf = (changes: Partial<MaintenanceResult>, maintenance: 'vacuum' | 'reindex' = 'vacuum', holder?: string) => {
		const state = {
			...stateConnected({columns: 80, rows: 24}),
			maintenance: {maintenance, relation, startedAt: '', pid: 1, stopping: false},
		};
		const next = endMaintenance(
			state,
			{type: 'maintenance-ended', maintenance, relation, result: {...result, ...changes}},
			holder,
		);
		expect(next.maintenance).toBeUndefined();
		return [next.toast?.text, next.toast?.tone];
	};

	it('names the table as it was vacuumed if it was renamed after the question', () => {
		expect(toastOf({name: 'public.orders'})[0]).toBe('VACUUM (ANALYZE) of public.orders took 2.0s: 1.2k dead rows removed.');
		expect(toastOf({name: 'public."Orders 2"'})[0]).toBe(
			'VACUUM (ANALYZE) of public."Orders 2" (public.orders when asked) took 2.0s: 1.2k dead rows removed.',
		);
	});

	it.each<readonly [string, Partial<MaintenanceResult>, RegExp, string]>([
		['removed rows', {}, /took 2\.0s: 1\.2k dead rows removed\.$/, 'good'],
		['nothing about unknown counts', {removed: null, kept: null}, /took 2\.0s\.$/, 'good'],
		[
			'a skipped relation',
			{outcome: 'nothing', failure: {code: 'skipped', message: 'permission denied to vacuum', hint: 'Needs: grant'}},
			/did nothing: permission denied to vacuum\. Needs: grant\.$/,
			'warn',
		],
		['a dropped table', {outcome: 'gone'}, /not started: public\.orders no longer exists\.$/, 'warn'],
		['a cancel', {outcome: 'cancelled'}, /canceled after 2\.0s; completed work is kept\.$/, 'calm'],
		[
			'a failure',
			{outcome: 'failed', failure: {code: '55P03', message: 'lock', hint: 'See locks.'}},
			/failed: lock\. See locks\.$/,
			'danger',
		],
	])('reports %s', (_, changes, text, tone) => {
		expect(toastOf(changes)).toEqual([expect.stringMatching(text), tone]);
	});

	it('names the holder of the xmin horizon', () => {
		expect(toastOf({kept: 30_000}, 'vacuum', 'The inactive physical slot old holds xmin back.')).toEqual([
			expect.stringMatching(/1\.2k dead rows removed, 30\.0k not yet removable\. The inactive physical slot old holds/),
			'warn',
		]);
		expect(toastOf({kept: 1})[0]).toMatch(/A transaction may still see them\.$/);
	});

	it('names invalid indexes left behind', () => {
		expect(toastOf({outcome: 'cancelled', leftovers: ['public.orders_pkey_ccnew']}, 'reindex')[0]).toMatch(
			/Invalid index left: public\.orders_pkey_ccnew\. DROP INDEX CONCURRENTLY removes it\.$/,
		);
	});
});

it('the result of maintenance stays until a key is pressed', () => {
	const samples = samplesOf('lock-chain');
	const relation = {database: 'shop', oid: 4711, kind: 'table', name: 'public.orders'} as const;
	const result: MaintenanceResult = {
		outcome: 'done',
		removed: 1,
		kept: 0,
		warnings: [],
		leftovers: [],
		failure: undefined,
		tookMs: 1,
	};
	const ended = played(stateConnected({columns: 80, rows: 24}), [
		{type: 'sample', sample: samples[0] as Sample},
		{type: 'maintenance-ended', maintenance: 'vacuum', relation, result},
		...samples.slice(1).map((sample): Message => ({type: 'sample', sample})),
	]).state;
	expect(ended.toast?.text).toMatch(/^VACUUM \(ANALYZE\) of public\.orders took/);
	expect(pressed(ended, 'down').toast).toBeUndefined();
});
