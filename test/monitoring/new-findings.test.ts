import {describe, expect, it} from 'vitest';
import {createFindingMemory, type Named} from '../../source/monitoring/new-findings.ts';
import {instantAt} from '../findings/samples.ts';

const warning: Named = {name: 'root-blocker 1', severity: 'warning'};
const critical: Named = {name: 'root-blocker 1', severity: 'critical'};
const other: Named = {name: 'wraparound postgres', severity: 'warning'};

describe('the memory of findings', () => {
	it('returns a finding once, however long it goes on', () => {
		const isNew = createFindingMemory();
		expect(isNew([warning], instantAt(0))).toEqual([warning]);
		for (let second = 1; second < 1000; second += 100) expect(isNew([warning], instantAt(second))).toEqual([]);
		expect(isNew([warning, other], instantAt(1001))).toEqual([other]);
	});

	it('does not return one that flaps, and returns one that was gone for more than two minutes', () => {
		const isNew = createFindingMemory();
		isNew([warning], instantAt(0));
		for (let second = 10; second < 100; second += 20) {
			isNew([], instantAt(second));
			expect(isNew([warning], instantAt(second + 10))).toEqual([]);
		}
		expect(isNew([], instantAt(150))).toEqual([]);
		expect(isNew([warning], instantAt(240))).toEqual([warning]);
	});

	it('returns one again that became worse, but not one that became better', () => {
		const isNew = createFindingMemory();
		isNew([warning], instantAt(0));
		expect(isNew([critical], instantAt(1))).toEqual([critical]);
		expect(isNew([warning], instantAt(2))).toEqual([]);
		expect(isNew([critical], instantAt(3))).toEqual([]);
	});

	it('survives a clock that is set back', () => {
		const isNew = createFindingMemory();
		isNew([warning], instantAt(1000));
		expect(isNew([warning], instantAt(0))).toEqual([warning]);
		expect(isNew([warning], instantAt(1))).toEqual([]);
	});
});
