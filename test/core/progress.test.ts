import {describe, expect, it} from 'vitest';
import {doneOf, etaOf, noteOf, type ProgressCounters, percentOf} from '../../source/core/progress.ts';

const nothing = {
	block_size: 8192,
	blocks_total: null,
	blocks_done: null,
	tuples_total: null,
	tuples_done: null,
	bytes_total: null,
	bytes_done: null,
	indexes_total: null,
	indexes_done: null,
	index_vacuum_count: null,
	lockers_total: null,
	lockers_done: null,
	partitions_total: null,
	partitions_done: null,
	statistics_total: null,
	statistics_done: null,
	tuples_skipped: null,
	delay_seconds: null,
	tuples_updated: null,
	tuples_deleted: null,
	mode: null,
	started_by: null,
};

const counting = (command: string, phase: string | null, counters: Partial<ProgressCounters>) => ({
	...nothing,
	command,
	phase,
	...counters,
});

describe('the progress of a phase', () => {
	const blocks = {blocks_total: 200, blocks_done: 50};
	const tuples = {tuples_total: 1000, tuples_done: 100};
	const lockers = {lockers_total: 4, lockers_done: 3};
	const indexes = {indexes_total: 5, indexes_done: 2};
	const statistics = {statistics_total: 2, statistics_done: 1};
	const sent = {bytes_total: 1000, bytes_done: 600};
	it.each<[string, string, Partial<ProgressCounters>, number | null]>([
		['VACUUM', 'scanning heap', blocks, 25],
		['VACUUM', 'vacuuming heap', blocks, 25],
		['VACUUM', 'vacuuming indexes', {...blocks, ...indexes}, 40],
		['VACUUM', 'cleaning up indexes', {...blocks, ...indexes}, 40],
		['VACUUM', 'vacuuming indexes', blocks, null],
		['VACUUM', 'truncating heap', blocks, null],
		['ANALYZE', 'acquiring sample rows', blocks, 25],
		['ANALYZE', 'acquiring inherited sample rows', blocks, 25],
		['ANALYZE', 'computing statistics', blocks, null],
		['ANALYZE', 'computing extended statistics', {...blocks, ...statistics}, 50],
		['CLUSTER', 'seq scanning heap', {...blocks, ...tuples}, 25],
		['CLUSTER', 'index scanning heap', {...blocks, ...tuples}, null],
		['VACUUM FULL', 'writing new heap', {...blocks, ...tuples}, 10],
		['CLUSTER', 'rebuilding index', {...blocks, indexes_done: 1}, null],
		['REPACK', 'seq scanning heap', {...blocks, ...tuples}, 25],
		['REPACK', 'index scanning heap', {...blocks, ...tuples}, null],
		['REPACK', 'writing new heap', {...blocks, ...tuples}, 10],
		['REPACK', 'catch-up', {...blocks, ...tuples}, null],
		['REPACK', 'rebuilding index', {...blocks, indexes_done: 1}, null],
		['CREATE INDEX', 'building index: scanning table', {...blocks, tuples_total: 0, tuples_done: 0}, 25],
		['CREATE INDEX', 'building index: loading tuples in tree', {...blocks, ...tuples}, 10],
		['CREATE INDEX', 'building index: sorting live tuples', blocks, null],
		['CREATE INDEX', 'building index', {tuples_total: 10, tuples_done: 5}, 50],
		['CREATE INDEX CONCURRENTLY', 'index validation: scanning table', {...blocks, ...tuples}, 25],
		['REINDEX CONCURRENTLY', 'waiting for old snapshots', {...lockers, ...blocks}, 75],
		['BASE BACKUP', 'streaming database files', sent, 60],
		['BASE BACKUP', 'streaming database files', {bytes_done: 600}, null],
		['BASE BACKUP', 'streaming database files', {bytes_total: 1000, bytes_done: 1200}, 100],
		['BASE BACKUP', 'transferring wal files', sent, null],
		['COPY FROM', 'copying', sent, 60],
		['COPY TO', 'copying', {bytes_total: 0, bytes_done: 600}, null],
	])('of %s, %s', (command, phase, counters, percent) => {
		expect(percentOf(doneOf(counting(command, phase, counters)))).toBe(percent);
	});
});

it('blocks become bytes', () => {
	expect(doneOf(counting('VACUUM', 'scanning heap', {blocks_total: 10, blocks_done: 5, block_size: 32_768}))).toEqual({
		unit: 'bytes',
		done: 163_840,
		total: 327_680,
	});
});

it('a phase that the role may not see has no progress', () => {
	expect(doneOf(counting('VACUUM', null, {blocks_total: 10, blocks_done: 5}))).toBeUndefined();
});

describe('the end of a phase', () => {
	const at = (second: number): string => `2026-11-22T14:30:${String(second).padStart(2, '0')}.000000+00:00`;
	const bytes = {unit: 'bytes', done: 400, total: 1000} as const;

	it('is forecast at the pace of three seconds', () => {
		const readings = [0, 1, 2, 3].map(second => ({at: at(second), value: 100 + 100 * second}));
		expect(etaOf(bytes, readings)).toBeCloseTo(6);
		expect(etaOf(bytes, readings.slice(1))).toBeNull();
	});

	it('is not forecast without progress', () => {
		expect(
			etaOf(
				bytes,
				[0, 3].map(second => ({at: at(second), value: 400})),
			),
		).toBeNull();
	});

	it('is not forecast while it waits for sessions', () => {
		const readings = [0, 3].map(second => ({at: at(second), value: second}));
		expect(etaOf({unit: 'sessions', done: 3, total: 4}, readings)).toBeNull();
	});
});

describe('the note of a VACUUM', () => {
	it.each([
		['scanning heap', 0, ''],
		['vacuuming indexes', 0, ''],
		['vacuuming heap', 1, ''],
		['cleaning up indexes', 1, ''],
		['scanning heap', 1, 'index pass 2: maintenance memory too small'],
		['vacuuming indexes', 1, 'index pass 2: maintenance memory too small'],
		['vacuuming heap', 2, 'index pass 2: maintenance memory too small'],
		['cleaning up indexes', 3, 'index pass 3: maintenance memory too small'],
	])('in %s after %i passes', (phase, index_vacuum_count, note) => {
		expect(noteOf({...counting('VACUUM', phase, {}), index_vacuum_count})).toBe(note);
	});
});

describe('the note of PostgreSQL 19', () => {
	it('says that wraparound is near if a VACUUM runs in failsafe mode', () => {
		expect(noteOf({...counting('VACUUM', 'scanning heap', {}), mode: 'failsafe', started_by: 'autovacuum_wraparound'})).toBe(
			'failsafe: wraparound is near',
		);
	});

	it('says that autovacuum started a VACUUM against wraparound', () => {
		const row = {...counting('VACUUM', 'scanning heap', {}), mode: 'aggressive'};
		expect(noteOf({...row, started_by: 'autovacuum_wraparound'})).toBe('prevents wraparound');
		expect(noteOf({...row, started_by: 'autovacuum'})).toBe('');
		expect(noteOf({...row, started_by: 'manual'})).toBe('');
	});

	it('counts the changes that the catch-up of a REPACK applied, and only there', () => {
		const row = {...counting('REPACK', 'catch-up', {}), tuples_updated: 2500, tuples_deleted: 0};
		expect(noteOf(row)).toBe('2.5k updates, 0 deletes applied');
		expect(noteOf({...row, phase: 'swapping relation files'})).toBe('');
	});
});

it('the note has partitions, rows and sleep', () => {
	expect(noteOf({...counting('ANALYZE', 'acquiring sample rows', {}), partitions_total: 12, partitions_done: 3})).toBe(
		'3 of 12 partitions done',
	);
	expect(noteOf({...counting('COPY FROM', 'copying', {tuples_done: 1500}), tuples_skipped: 7})).toBe('1.5k rows, 7 rows skipped');
	expect(noteOf({...counting('VACUUM', 'scanning heap', {}), delay_seconds: 4.2})).toBe('slept 4.2s for cost delay');
});
