import {describe, expect, test} from 'vitest';
import {dueOf, optionsOf, type TableCounters, type Thresholds} from '../../../source/core/bloat/due.ts';

const shipped: Thresholds = {
	autovacuum: true,
	vacuum_threshold: 50,
	vacuum_scale_factor: 0.2,
	vacuum_max_threshold: null,
	vacuum_insert_threshold: 1000,
	vacuum_insert_scale_factor: 0.2,
	analyze_threshold: 50,
	analyze_scale_factor: 0.1,
	freeze_max_age: 200_000_000,
	multixact_freeze_max_age: 400_000_000,
};

const atRest: TableCounters = {
	relpages: 100,
	reltuples: 1000,
	relallfrozen: null,
	options: new Map(),
	dead: 0,
	inserts: 0,
	mods: 0,
	xidAge: 1000,
	mxidAge: 0,
};

const due = (of: Partial<TableCounters>, settings: Partial<Thresholds> = {}) => {
	const {vacuum, analyze} = dueOf({...atRest, ...of}, {...shipped, ...settings});
	return [vacuum, analyze];
};

const options = (text: string) => ({options: optionsOf(text)});

describe('autovacuum', () => {
	test.each<[string, Partial<TableCounters>, Partial<Thresholds>, readonly (boolean | null)[]]>([
		['leaves a table at rest', {}, {}, [false, false]],
		['leaves what is just at a threshold', {dead: 250, inserts: 1200, mods: 150}, {}, [false, false]],
		['takes what is one above: dead', {dead: 251}, {}, [true, false]],
		['takes what is one above: inserted', {inserts: 1201}, {}, [true, false]],
		['takes what is one above: changed', {mods: 151}, {}, [false, true]],
		['takes a table that was never analyzed for its rows alone', {reltuples: -1, dead: 51, mods: 51}, {}, [true, true]],
		[
			'uses the storage parameters of a table',
			{dead: 11, ...options('autovacuum_vacuum_threshold=10 autovacuum_vacuum_scale_factor=0')},
			{},
			[true, false],
		],
		[
			'ignores inserts if they are switched off',
			{inserts: 1e9, ...options('autovacuum_vacuum_insert_threshold=-1')},
			{},
			[false, false],
		],
		['lets insertions be where that is off for all', {inserts: 1e9}, {vacuum_insert_threshold: -1}, [false, false]],
		[
			'caps the dead row threshold from 18 on',
			{reltuples: 1e9, dead: 100_000_001},
			{vacuum_max_threshold: 100_000_000},
			[true, false],
		],
		['has no most before', {reltuples: 1e9, dead: 100_000_001}, {}, [false, false]],
		[
			'has no cap if it is switched off',
			{reltuples: 1e9, dead: 100_000_001, ...options('autovacuum_vacuum_max_threshold=-1')},
			{vacuum_max_threshold: 100_000_000},
			[false, false],
		],
		['counts insertions against what is not frozen from 18 on', {relallfrozen: 75, inserts: 1051}, {}, [true, false]],
		[
			'skips a table with autovacuum_enabled = off',
			{dead: 1e6, mods: 1e6, inserts: 1e6, ...options('autovacuum_enabled=false')},
			{},
			[false, false],
		],
		['does not run where it is off', {dead: 1e6, mods: 1e6}, {autovacuum: false}, [false, false]],
		[
			'vacuums an old table in any case',
			{xidAge: 200_000_001, ...options('autovacuum_enabled=off')},
			{autovacuum: false},
			[true, false],
		],
		['takes a table with old multixacts', {mxidAge: 400_000_001}, {}, [true, false]],
		[
			'vacuums a table earlier if its own freeze age is lower',
			{xidAge: 150_000_001, ...options('autovacuum_freeze_max_age=150000000')},
			{},
			[true, false],
		],
		[
			'ignores a freeze age above the setting',
			{xidAge: 200_000_001, ...options('autovacuum_freeze_max_age=900000000')},
			{},
			[true, false],
		],
		['is not known of on a standby', {dead: null, inserts: null, mods: null, xidAge: 2e9}, {}, [null, null]],
	])('%s', (_, of, settings, expected) => {
		expect(due(of, settings)).toEqual(expected);
	});

	test('names the figures that make a table due', () => {
		expect(dueOf({...atRest, dead: 1400, mods: 151}, shipped).why).toEqual(['dead 1.4k > 250', 'changed 151 > 150']);
	});
});
