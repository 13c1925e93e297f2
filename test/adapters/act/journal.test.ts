import {describe, expect, it} from 'vitest';
import {createJournal} from '../../../source/adapters/act/journal.ts';
import type {JournalEntry} from '../../../source/core/sample/journal.ts';
import {msOf} from '../../../source/core/values/instant.ts';

const entry = (fields: Partial<JournalEntry> = {}): JournalEntry => ({
	at: null,
	kind: 'session',
	connection: 7,
	statement: 'select 1',
	target: null,
	outcome: 'done',
	sqlstate: null,
	took_ms: 1,
	...fields,
});

const clock = '2026-11-22T14:30:00.000000+00:00';

describe('the journal', () => {
	it('returns the same array until an entry is added', () => {
		const journal = createJournal();
		journal.note(entry());
		const rows = journal.rows(clock);
		expect(journal.rows('2026-11-22T14:30:05.000000+00:00')).toBe(rows);
		journal.note(entry());
		expect(journal.rows(clock)).not.toBe(rows);
		expect(journal.rows(clock)[0]).toBe(rows[0]);
	});

	it('dates entries once the server clock is known', () => {
		const journal = createJournal();
		journal.note(entry());
		journal.note(entry({at: '2026-11-22T14:29:00.000000+00:00'}));
		expect(journal.rows(undefined)[0]?.at).toBeNull();
		const [first, second] = journal.rows(clock);
		expect(msOf(clock) - msOf(first?.at ?? '')).toBeGreaterThanOrEqual(0);
		expect(msOf(clock) - msOf(first?.at ?? '')).toBeLessThan(60_000);
		expect(second?.at).toBe('2026-11-22T14:29:00.000000+00:00');
	});

	it('keeps the newest entries, and actions longer than connections', () => {
		const journal = createJournal(3);
		journal.note(entry({kind: 'action', statement: 'first'}));
		for (const statement of ['a', 'b', 'c']) journal.note(entry({statement}));
		expect(journal.rows(clock).map(row => row.statement)).toEqual(['first', 'b', 'c']);
		for (const statement of ['second', 'third', 'fourth']) journal.note(entry({kind: 'action', statement}));
		expect(journal.rows(clock).map(row => [row.number, row.statement])).toEqual([
			[5, 'second'],
			[6, 'third'],
			[7, 'fourth'],
		]);
	});

	it('masks secrets', () => {
		const journal = createJournal();
		const quoting = "alter role app password 'topsecret'";
		journal.note(entry({statement: quoting, target: quoting, outcome: `syntax error in "${quoting}"`}));
		expect(JSON.stringify(journal.rows(clock))).not.toContain('topsecret');
	});
});
