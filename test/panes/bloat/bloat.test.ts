import {expect, it} from 'vitest';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {bloatPane} from '../../../source/panes/bloat/bloat.ts';
import {exclusiveLocks} from '../../../source/queries/activity/exclusive-locks.ts';
import {samplesOf} from '../../screens/recorded.ts';

const sample =
	samplesOf('trouble-18').findLast(({results}) => results.tables?.ok && results.exclusive_locks?.ok) ?? expect.fail();

/** Next sample, with new locks. */
const later = (locks: readonly {readonly relation: number; readonly pid: number; readonly granted: boolean}[]): Sample => ({
	...sample,
	seq: sample.seq + 1,
	results: {...sample.results, [exclusiveLocks.name]: {ok: true, at: sample.at, tookMs: 1, rows: locks}},
});

const locksNow = sample.results[exclusiveLocks.name];
const relations = sample.results.tables?.ok ? sample.results.tables.rows.map(({relid}) => Number(relid)) : [];

it('the rows of unchanged tables are the same objects in the next sample', () => {
	// A fresh sample: another test may have asked for the rows of the first one already.
	const rows = bloatPane.rows({...sample}, [sample]);
	expect(rows.length).toBeGreaterThan(10);
	const same = locksNow?.ok ? locksNow.rows.map(row => ({...row})) : [];
	expect(bloatPane.rows(later(same as []), [sample])).toBe(rows);
});

it('a table locked since the last sample is shown as locked', () => {
	const relation = relations[0] ?? expect.fail();
	const rows = bloatPane.rows(later([{relation, pid: 42, granted: true}]), [sample]) as readonly {
		relid: number;
		locked: boolean;
	}[];
	expect(rows.filter(({locked}) => locked).map(({relid}) => relid)).toEqual([relation]);
});

it('tables are ordered by bloat', () => {
	const rows = bloatPane.rows(sample, [sample]) as readonly {bloat_bytes: number | null}[];
	const known = rows.map(({bloat_bytes}) => bloat_bytes ?? -1);
	expect(known).toEqual(known.toSorted((a, b) => b - a));
	expect(new Set(known).size).toBeGreaterThan(3);
});

it('a table that is due shows its score, and that autovacuum takes the highest first', () => {
	const {tables} = sample.results;
	if (!tables?.ok) throw new Error('The recording has no tables.');
	const [relid] = relations;
	const scored = tables.rows.map(row => (row.relid === relid ? {...row, autovacuum_score: 3.25} : row));
	const changed: Sample = {...sample, results: {...sample.results, tables: {...tables, rows: scored}}};
	const rows = bloatPane.rows(changed, [changed]) as readonly {relid: number; autovacuum_score: number | null}[];
	expect(rows.filter(row => row.autovacuum_score !== null)).toMatchObject([{relid, autovacuum_score: 3.25}]);
	const row = bloatPane.rows(changed, [changed]).find(each => each.relid === relid) ?? expect.fail();
	const page = bloatPane.inspect(row, changed, 120, [changed]).map(textOf);
	expect(page).toContain('  Its score is 3.3: autovacuum takes the table with the highest one first.');
});
