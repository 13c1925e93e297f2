import {describe, expect, it} from 'vitest';
import {plural} from '../../../source/core/text/words.ts';

describe('plural', () => {
	it('names one in the singular, and any other count in the plural', () => {
		expect([0, 1, 2].map(count => plural(count, 'session'))).toEqual(['0 sessions', '1 session', '2 sessions']);
	});

	it('takes the plural that no s makes', () => {
		expect(plural(2, 'index', 'indexes')).toBe('2 indexes');
		expect(plural(1, 'session waits', 'sessions wait')).toBe('1 session waits');
	});
});
