import {expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {bloatPane} from '../../../source/panes/bloat/bloat.ts';
import {exclusiveLocks} from '../../../source/queries/exclusive-locks.ts';
import {samplesOf} from '../../screens/recorded.ts';

const sample =
	samplesOf('trouble-18').findLast(({results}) => results.tables?.ok && results.exclusive_locks?.ok) ?? expect.fail();

/** The sample a moment later, with who locks what read anew. */
const later = (locks: readonly {readonly relation: number; readonly pid: number; readonly granted: boolean}[]): Sample => ({
	...sample,
	seq: sample.seq + 1,
	results: {...sample.results, [exclusiveLocks.name]: {ok: true, at: sample.at, tookMs: 1, rows: locks}},
});

const locksNow = sample.results[exclusiveLocks.name];
const relations = sample.results.tables?.ok ? sample.results.tables.rows.map(({relid}) => Number(relid)) : [];

it('thousands of tables are not worked out again while nothing of them changed', () => {
	// A sample that nobody has asked about yet: of another one the rows would be those of then.
	const rows = bloatPane.rows({...sample}, [sample]);
	expect(rows.length).toBeGreaterThan(10);
	const same = locksNow?.ok ? locksNow.rows.map(row => ({...row})) : [];
	expect(bloatPane.rows(later(same as []), [sample])).toBe(rows);
});

it('a table that somebody locks is said to be locked in the next sample', () => {
	const relation = relations[0] ?? expect.fail();
	const rows = bloatPane.rows(later([{relation, pid: 42, granted: true}]), [sample]) as readonly {
		relid: number;
		locked: boolean;
	}[];
	expect(rows.filter(({locked}) => locked).map(({relid}) => relid)).toEqual([relation]);
});

it('tables come in the order of their bloat, which leaves nothing to sort', () => {
	const rows = bloatPane.rows(sample, [sample]) as readonly {bloat_bytes: number | null}[];
	const known = rows.map(({bloat_bytes}) => bloat_bytes ?? -1);
	expect(known).toEqual(known.toSorted((a, b) => b - a));
	expect(new Set(known).size).toBeGreaterThan(3);
});
