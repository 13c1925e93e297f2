import {expect, it} from 'vitest';
import {parseDeadlock} from '../../../source/core/serverlog/deadlock.ts';
import {unknownEntry} from '../../../source/core/serverlog/entry.ts';
import {countErrors} from '../../../source/core/serverlog/errors.ts';

const waits = [
	'Process 12 waits for ShareLock on transaction 741; blocked by process 15.',
	'Process 15 waits for AccessExclusiveLock on relation 16384 of database 5; blocked by process 12.',
];

it('a statement of several lines belongs to its process, also if a line of it looks like the next one', () => {
	const detail = [...waits, 'Process 12: select 1,', 'Process 12: 2', 'Process 15: lock t'].join('\n');
	expect(parseDeadlock({pid: 12, detail, context: null})).toEqual({
		victim: 12,
		relation: 'relation 16384',
		processes: [
			{pid: 12, awaited: 'ShareLock on transaction 741', blockedBy: 15, statement: 'select 1,\nProcess 12: 2'},
			{pid: 15, awaited: 'AccessExclusiveLock on relation 16384 of database 5', blockedBy: 12, statement: 'lock t'},
		],
	});
});

it('the words of another language do not matter', () => {
	const detail = [
		'Prozess 12 wartet auf ShareLock-Sperre auf Transaktion 741; blockiert von Prozess 15.',
		'Prozess 15 wartet auf ShareLock-Sperre auf Transaktion 740; blockiert von Prozess 12.',
		'Prozess 12: update a',
		'Prozess 15: update b',
	].join('\n');
	const context = 'beim Aktualisieren von Tupel (0,1) in Relation »accounts«';
	const found = parseDeadlock({pid: 15, detail, context});
	expect(found?.relation).toBe('accounts');
	expect(found?.processes.map(({pid, blockedBy, statement}) => [pid, blockedBy, statement])).toEqual([
		[12, 15, 'update a'],
		[15, 12, 'update b'],
	]);
});

it('an entry without the waits is not taken apart', () => {
	expect(parseDeadlock({pid: 1, detail: null, context: null})).toBeUndefined();
	expect(parseDeadlock({pid: 1, detail: waits[0] ?? '', context: null})).toBeUndefined();
});

it('errors are counted by database and SQLSTATE, without old ones and what is not an error', () => {
	const error = {...unknownEntry, at: '2026-11-29T21:30:29.123000+00:00', severity: 'ERROR', datname: 'shop'};
	const ms = Date.parse('2026-11-29T21:30:00Z');
	const entries = [
		{...error, sqlstate: '23505', message: 'duplicate "a"'},
		{...error, sqlstate: '23505', message: 'duplicate "b"'},
		{...error, sqlstate: '23502', message: 'null'},
		{...error, sqlstate: '00000', severity: 'LOG', message: 'hello'},
		{...error, sqlstate: '23502', at: '2026-11-29T21:20:29.123000+00:00', message: 'old'},
	];
	expect(countErrors(entries, ms)).toEqual([
		{sqlstate: '23505', datname: 'shop', count: 2, message: 'duplicate "b"'},
		{sqlstate: '23502', datname: 'shop', count: 1, message: 'null'},
	]);
});
