import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {branchesOf} from '../../../source/core/text/tree.ts';
import {seed} from '../arbitraries.ts';

describe('the branches of a tree', () => {
	it('show siblings, last ones and what leads to later rows', () => {
		expect(branchesOf([0, 1, 2, 3, 2, 1, 0, 1, 2])).toEqual(['', '├', '│├', '││└', '│└', '└', '', '└', ' └']);
	});

	it('keep the last levels of a deep row', () => {
		expect(branchesOf([0, 1, 2, 3, 4, 5, 6, 7, 7]).slice(-3)).toEqual(['     └', '…    ├', '…    └']);
	});

	it('take a cell a level and never more than six', () => {
		fc.assert(
			fc.property(fc.array(fc.nat({max: 30})), depths => {
				for (const [index, branch] of branchesOf(depths).entries()) expect(branch.length).toBe(Math.min(depths[index] ?? 0, 6));
			}),
			{seed},
		);
	});
});
