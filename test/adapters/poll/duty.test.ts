import {describe, expect, it} from 'vitest';
import {createDuty, type Duty} from '../../../source/adapters/poll/duty.ts';

const dutyAfter = (...costs: readonly number[]): Duty => {
	const duty = createDuty();
	for (const cost of costs) duty.spent(cost);
	return duty;
};

describe('a poll takes a tenth of the server’s time', () => {
	it('rests nine times what polls cost', () => {
		expect(dutyAfter(320, 320, 320).restMs()).toBe(2880);
		expect(dutyAfter(2, 2, 2).restMs()).toBe(18);
	});

	it('is not slowed down by a single slow one, the first of all or any other', () => {
		expect(dutyAfter().restMs()).toBe(0);
		expect(dutyAfter(500).restMs()).toBe(0);
		expect(dutyAfter(500, 3).restMs()).toBe(27);
		expect(dutyAfter(3, 3, 500).restMs()).toBe(27);
		expect(dutyAfter(3, 500, 3).restMs()).toBe(27);
	});

	it('is slowed down by the second in a row, and free again after two that cost little', () => {
		expect(dutyAfter(3, 3, 500, 400).restMs()).toBe(3600);
		expect(dutyAfter(500, 500, 500, 3, 3).restMs()).toBe(27);
	});

	it('rests ten seconds at most', () => {
		expect(dutyAfter(2000, 2000).restMs()).toBe(10_000);
	});

	it('names the pace only where it is slower than asked for', () => {
		expect(dutyAfter(80, 80, 80).pace(1000)).toBeUndefined();
		expect(dutyAfter(320, 320, 320).pace(1000)).toEqual({everyMs: 3000, costMs: 320});
		expect(dutyAfter(320, 320, 320).pace(5000)).toBeUndefined();
	});
});
