import {expect, test} from 'vitest';
import {nearestWord} from '../../../source/core/text/nearest.ts';

const words = ['interval', 'pane', 'password', 'record', 'replay', 'report', 'from', 'format'];

test.each([
	['intervall', 'interval'],
	['intevral', 'interval'],
	['inter', 'interval'],
	['recrod', 'record'],
	['repaly', 'replay'],
	['pnae', 'pane'],
	['x', undefined],
	['nonsense', undefined],
	['', undefined],
])('the word nearest to %j is %j', (word, expected) => {
	expect(nearestWord(word, words)).toBe(expected);
});
