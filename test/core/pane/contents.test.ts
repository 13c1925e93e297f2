import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {age, count, text} from '../../../source/core/pane/column.ts';
import {type Contents, contentsOf, isSameContents, settledContents} from '../../../source/core/pane/contents.ts';
import type {Row} from '../../../source/core/sample/sample.ts';
import {seed} from '../arbitraries.ts';

const merge = 'age';
const user = text<Row>('user', '', row => row.user ?? null, {keep: 50, width: {min: 4, max: 12}});
const blocks = count<Row>('blocks', '', row => row.blocks ?? null, {keep: 50});
const lag = count<Row>('lag', '', row => row.lag ?? null, {keep: 50, stays: true});
const time = age<Row>('time', '', row => row.time ?? null, {keep: 50, merge});
const xact = age<Row>('xact', '', row => row.xact ?? null, {keep: 50, merge});
const hidden = count<Row>('hidden', '', () => 1);
const columns = [user, blocks, lag, time, xact, hidden];

const now = '2026-11-22T14:30:00.000000+00:00';
const of = (...rows: readonly Row[]): Contents => contentsOf(columns, rows, now);

const anyRow: fc.Arbitrary<Row> = fc.record({
	user: fc.option(fc.string({maxLength: 14})),
	blocks: fc.constantFrom(0, 0, 0, 3),
	lag: fc.constantFrom(0, null),
	time: fc.constantFrom(1, 1.4, 70),
	xact: fc.constantFrom(1, 1.4, 70),
});
const anyRows = fc.array(anyRow, {minLength: 1, maxLength: 8});

describe('the contents of columns', () => {
	it('are the widest text of a column, up to its maximum', () => {
		expect(of({user: 'ann'}, {user: 'billing'}).get(user)?.width).toBe(7);
		expect(of({user: 'a-very-long-name'}).get(user)?.width).toBe(12);
		expect(of({user: '漢字'}).get(user)?.width).toBe(4);
		expect(of({blocks: 12_345_678}).get(blocks)?.width).toBeUndefined();
	});

	it('separate a figure or a text from columns that are empty or 0 on every row', () => {
		expect(of({blocks: 0}, {blocks: null}).get(blocks)).toMatchObject({filled: false, blank: false});
		expect(of({blocks: 0}, {blocks: 1}).get(blocks)).toMatchObject({filled: true, blank: false});
		expect(of({user: null}, {user: ''}).get(user)).toMatchObject({filled: false, blank: true});
		expect(of({lag: 0}).get(lag)).toMatchObject({filled: true});
	});

	it('find columns that show the same on every row, to half a second', () => {
		expect(of({time: 1, xact: 1.4}, {time: 70, xact: 70}).get(xact)?.apart).toEqual([]);
		expect(of({time: 1, xact: 1}, {time: 1, xact: 70}).get(xact)?.apart).toEqual([time]);
		expect(of({time: 1, xact: null}).get(xact)?.apart).toEqual([time]);
	});

	it('do not depend on the order of the rows, nor on how often one comes', () => {
		fc.assert(
			fc.property(anyRows, rows => {
				expect(isSameContents(of(...rows), of(...rows.toReversed(), ...rows))).toBe(true);
			}),
			{seed},
		);
	});

	it('leave out columns that are only reached by scrolling', () => {
		expect(of({user: 'ann'}).has(hidden)).toBe(false);
	});
});

describe('settled contents', () => {
	const idle = of({user: 'ann', blocks: 0, time: 1, xact: 1});
	const busy = of({user: 'billing', blocks: 2, time: 1, xact: 70});

	it('are those of the only refresh', () => {
		expect(settledContents([idle])).toBe(idle);
		expect(settledContents([])).toBeUndefined();
	});

	it('widen a column at once, and narrow it after all refreshes', () => {
		expect(settledContents([busy, idle, idle])?.get(user)?.width).toBe(7);
		expect(settledContents([idle, idle, busy])?.get(user)?.width).toBe(7);
		expect(settledContents([idle, idle, idle])?.get(user)?.width).toBe(3);
	});

	it('show a column after two refreshes in a row, and hide it after all of them', () => {
		expect(settledContents([busy, idle, idle])?.get(blocks)?.filled).toBe(false);
		expect(settledContents([busy, busy, idle])?.get(blocks)?.filled).toBe(true);
		expect(settledContents([idle, idle, busy, busy])?.get(blocks)?.filled).toBe(true);
		expect(settledContents([idle, idle, idle, idle])?.get(blocks)?.filled).toBe(false);
	});

	it('part columns after two refreshes in a row, and merge them after all of them', () => {
		expect(settledContents([busy, idle, idle])?.get(xact)?.apart).toEqual([]);
		expect(settledContents([busy, busy, idle])?.get(xact)?.apart).toEqual([time]);
		expect(settledContents([idle, busy, busy])?.get(xact)?.apart).toEqual([time]);
	});

	it('have a column that earlier refreshes did not have', () => {
		const without = contentsOf([user], [{user: 'ann'}], now);
		expect(settledContents([busy, without])?.get(blocks)?.filled).toBe(true);
		expect(settledContents([without, busy])?.has(blocks)).toBe(false);
	});

	it('are the same however rows come and go, as long as none stays for two refreshes', () => {
		fc.assert(
			fc.property(fc.array(fc.boolean(), {minLength: 1, maxLength: 40}), flags => {
				let last = true;
				// No two refreshes in a row are busy, and the first is not.
				const refreshes = flags.map(flag => {
					last = flag && !last;
					return last ? busy : idle;
				});
				const shown = refreshes.map((_, index) => settledContents(refreshes.slice(Math.max(0, index - 9), index + 1).reverse()));
				// The oldest of a window stands for what was before it: here, that it was calm.
				for (const [index, contents] of shown.entries())
					if (refreshes[Math.max(0, index - 9)] === idle) expect(contents?.get(blocks)?.filled).toBe(false);
			}),
			{seed},
		);
	});
});
