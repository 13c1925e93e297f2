import {describe, expect, it} from 'vitest';
import {createDuty, type Duty} from '../../../source/adapters/poll/duty.ts';

const dutyAfter = (...costs: readonly number[]): Duty => {
	const duty = createDuty();
	for (const cost of costs) duty.spend(cost);
	return duty;
};

describe('polling takes at most a tenth of the server time', () => {
	it('pauses for nine times the cost of a poll', () => {
		expect(dutyAfter(320, 320, 320).restMs()).toBe(2880);
		expect(dutyAfter(2, 2, 2).restMs()).toBe(18);
	});

	it('a single slow poll does not slow polling down', () => {
		expect(dutyAfter().restMs()).toBe(0);
		expect(dutyAfter(500).restMs()).toBe(0);
		expect(dutyAfter(500, 3).restMs()).toBe(27);
		expect(dutyAfter(3, 3, 500).restMs()).toBe(27);
		expect(dutyAfter(3, 500, 3).restMs()).toBe(27);
	});

	it('the second slow poll in a row slows polling down until two cheap ones', () => {
		expect(dutyAfter(3, 3, 500, 400).restMs()).toBe(3600);
		expect(dutyAfter(500, 500, 500, 3, 3).restMs()).toBe(27);
	});

	it('pauses for ten seconds at most', () => {
		expect(dutyAfter(2000, 2000).restMs()).toBe(10_000);
	});

	it('reports a pace only if it is slower than the interval', () => {
		expect(dutyAfter(80, 80, 80).pace(1000)).toBeUndefined();
		expect(dutyAfter(320, 320, 320).pace(1000)).toEqual({everyMs: 3000, costMs: 320});
		expect(dutyAfter(320, 320, 320).pace(5000)).toBeUndefined();
	});
});
