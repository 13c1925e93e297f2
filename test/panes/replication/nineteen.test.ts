import {describe, expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {replicationPane} from '../../../source/panes/replication/replication.ts';
import {type Standby, standby} from '../../../source/queries/replication/replication.ts';
import {type Subscription, subscriptions} from '../../../source/queries/replication/subscriptions.ts';
import {type Wal, wal} from '../../../source/queries/replication/wal.ts';
import {answer, instantAt, makeSample} from '../../findings/samples.ts';

/** Page of the first row of a section in the last of some samples, and the row's values. */
const pageOf = (section: string, ...samples: readonly Sample[]) => {
	const sample = samples.at(-1) ?? expect.fail();
	const row = replicationPane.rows(sample, samples).find(each => each.section === section) ?? expect.fail();
	const value = (id: string) => replicationPane.columns.find(column => column.id === id)?.value(row, sample.at);
	return {value, page: replicationPane.inspect(row, sample, 250, samples).map(textOf).join('\n')};
};

describe('replay on a standby of PostgreSQL 19', () => {
	const running: Partial<Wal> = {in_recovery: true, checkpoint_timeline: 1};
	const stuck: Partial<Standby> = {
		in_recovery: true,
		receiver_pid: 7,
		receive_lsn: '0/5000',
		replay_lsn: '0/3000',
		replaying_lsn: '0/3030',
		chunk_start: instantAt(0),
		promote_triggered: false,
	};
	const replaying = (changes: Partial<Standby> = {}) => {
		const at = (seconds: number) => makeSample(seconds, answer(wal, running), answer(standby, {...stuck, ...changes}));
		return pageOf('standby', at(0), at(5), at(9));
	};

	it('names the record that it is stuck at, and the time since it had nothing left', () => {
		const {value, page} = replaying();
		expect(value('behind_seconds')).toBe(9);
		expect(page).toContain('although WAL is waiting, at the record that ends at 0/3030: a query here may block it');
		expect(page).not.toContain('promotion');
	});

	it('names no record between two records or before 19', () => {
		for (const replaying_lsn of ['0/3000', null])
			expect(replaying({replaying_lsn}).page).toContain('although WAL is waiting: a query here may block it');
	});

	it('is not behind if it has replayed all that it received', () => {
		expect(replaying({replay_lsn: '0/5000'}).value('behind_seconds')).toBeNull();
	});

	it('says that its promotion was requested', () => {
		expect(replaying({promote_triggered: true}).page).toContain('Its promotion was requested');
	});
});

describe('full-page images', () => {
	const megabytes = (count: number): string => `0/${(count * 1024 ** 2).toString(16).toUpperCase()}`;
	const written = (images: number | null, all = 20): string => {
		const at = (seconds: number, current_lsn: string, wal_fpi_bytes: number | null) =>
			makeSample(seconds, answer(wal, {current_lsn, wal_fpi_bytes, checkpoint_timeline: 1}));
		return pageOf('wal', at(0, megabytes(1), images === null ? null : 0), at(5, megabytes(1 + all), images)).page;
	};

	it('that are most of the WAL are remarked with the settings that make them fewer', () => {
		expect(written(15 * 1024 ** 2)).toContain('Full-page images are 75% of the WAL: raise max_wal_size');
	});

	it('that are less than half, of a little WAL, or unknown are not', () => {
		for (const [images, all] of [
			[9 * 1024 ** 2, 20],
			[1024 ** 2, 1],
			[null, 20],
		] as const)
			expect(written(images, all)).not.toContain('Full-page images');
	});
});

it('a subscription counts its sequences apart from its tables', () => {
	const of = (row: Partial<Subscription>) =>
		pageOf('subscription', makeSample(0, answer(subscriptions, {subid: 1, subname: 'orders', pid: 7, ...row}))).page;
	const failing = of({tables: 3, tables_not_ready: 0, sequences_not_ready: 2, sequence_error_count: 4});
	expect(failing).toContain('Sequences not synchronized yet: 2; it failed 4 times, see the server log.');
	expect(failing).not.toContain('tables are not copied yet');
	expect(of({sequences_not_ready: 1, sequence_error_count: 0})).toContain('Sequences not synchronized yet: 1.');
});
