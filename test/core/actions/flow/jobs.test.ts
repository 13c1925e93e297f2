import {describe, expect, it} from 'vitest';
import {endMaintenance} from '../../../../source/core/actions/flow/jobs.ts';
import {deadRowsIn, type MaintenanceResult, type Notice} from '../../../../source/core/actions/maintenance.ts';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import type {Message} from '../../../../source/core/state/message.ts';
import {played, pressed, stateConnected} from '../../../screens/driver.ts';
import {samplesOf} from '../../../screens/recorded.ts';

const notice = (message: string, detail?: string): Notice => ({code: '00000', message, detail});

describe('the messages of VACUUM', () => {
	it('of 15 and newer count in one line, with the TOAST table', () => {
		const text = (removed: number, kept: number): string =>
			`finished vacuuming "shop.public.orders": index scans: 1\npages: 0 removed, 90 remain, 90 scanned (100.00% of total)\ntuples: ${removed} removed, 500 remain, ${kept} are dead but not yet removable\n`;
		expect(deadRowsIn([notice(text(1000, 20)), notice(text(5, 0))])).toEqual({removed: 1005, kept: 20});
	});

	it('of 13 and 14 count in the message and its detail', () => {
		const message = '"orders": found 300 removable, 700 nonremovable row versions in 10 out of 10 pages';
		const detail = '40 dead row versions cannot be removed yet, oldest xmin: 741\nThere were 0 unused item identifiers.';
		expect(deadRowsIn([notice(message, detail)])).toEqual({removed: 300, kept: 40});
	});

	it('tell nothing in another language', () => {
		expect(deadRowsIn([notice('Tupel: 3 entfernt')])).toEqual({removed: null, kept: null});
	});
});

describe('the end of a task', () => {
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
	const said = (given: Partial<MaintenanceResult>, task: 'vacuum' | 'reindex' = 'vacuum', holder?: string) => {
		const state = {...stateConnected({columns: 80, rows: 24}), job: {task, relation, startedAt: '', pid: 1, stopping: false}};
		const next = endMaintenance(
			state,
			{type: 'maintenance-ended', maintenance: task, relation, result: {...result, ...given}},
			holder,
		);
		expect(next.maintenance).toBeUndefined();
		return [next.toast?.text, next.toast?.tone];
	};

	it.each<readonly [string, Partial<MaintenanceResult>, RegExp, string]>([
		['what was removed', {}, /took 2\.0s: 1\.2k dead rows removed\.$/, 'good'],
		['nothing of what is not known', {removed: null, kept: null}, /took 2\.0s\.$/, 'good'],
		[
			'that it did nothing',
			{outcome: 'nothing', failure: {code: 'skipped', message: 'permission denied to vacuum', hint: 'It takes: grant'}},
			/did nothing: permission denied to vacuum\. It takes: grant$/,
			'warn',
		],
		['that the table is gone', {outcome: 'gone'}, /was not begun: public\.orders is not there any more\.$/, 'warn'],
		['that it was cancelled', {outcome: 'cancelled'}, /was cancelled after 2\.0s; what it had done stays done\.$/, 'calm'],
		[
			'why it failed',
			{outcome: 'failed', failure: {code: '55P03', message: 'lock', hint: 'See locks.'}},
			/failed: lock\. See locks\.$/,
			'danger',
		],
	])('says %s', (_, given, text, tone) => {
		expect(said(given)).toEqual([expect.stringMatching(text), tone]);
	});

	it('says who holds back what it could not remove', () => {
		expect(said({kept: 30_000}, 'vacuum', 'The inactive physical slot old keeps VACUUM from cleaning.')).toEqual([
			expect.stringMatching(/1\.2k dead rows removed, 30\.0k cannot be yet\. The inactive physical slot old keeps/),
			'warn',
		]);
		expect(said({kept: 1})[0]).toMatch(/Somebody may still see them\.$/);
	});

	it('names the invalid indexes that are left', () => {
		expect(said({outcome: 'cancelled', leftovers: ['public.orders_pkey_ccnew']}, 'reindex')[0]).toMatch(
			/It left public\.orders_pkey_ccnew invalid: drop index concurrently removes it\.$/,
		);
	});
});

it('a result that was waited for stands until a key is pressed', () => {
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
	const told = played(stateConnected({columns: 80, rows: 24}), [
		{type: 'sample', sample: samples[0] as Sample},
		{type: 'maintenance-ended', maintenance: 'vacuum', relation, result},
		...samples.slice(1).map((sample): Message => ({type: 'sample', sample})),
	]).state;
	expect(told.toast?.text).toMatch(/^VACUUM \(ANALYZE\) of public\.orders took/);
	expect(pressed(told, 'down').toast).toBeUndefined();
});
