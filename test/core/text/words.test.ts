import {describe, expect, it} from 'vitest';
import {plural} from '../../../source/core/text/words.ts';

describe('plural', () => {
	it('uses the singular for one and the plural for any other count', () => {
		expect([0, 1, 2].map(count => plural(count, 'session'))).toEqual(['0 sessions', '1 session', '2 sessions']);
	});

	it('accepts an irregular plural', () => {
		expect(plural(2, 'index', 'indexes')).toBe('2 indexes');
		expect(plural(1, 'session waits', 'sessions wait')).toBe('1 session waits');
	});
});
