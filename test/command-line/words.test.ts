import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {wordsOf} from '../../source/command-line/words.ts';

describe('a command', () => {
	it.each([
		['notify', ['notify']],
		['  notify  -t a ', ['notify', '-t', 'a']],
		[`sh -c 'cat >> "a b"'`, ['sh', '-c', 'cat >> "a b"']],
		[`a "b \\"c\\" \\\\ d" e\\ f`, ['a', 'b "c" \\ d', 'e f']],
		[`a --b='c d'"e"`, ['a', '--b=c de']],
		['a $HOME `b` *; c | d', ['a', '$HOME', '`b`', '*;', 'c', '|', 'd']],
		["a ''", ['a', '']],
	])('%s has the words %j', (command, words) => {
		expect(wordsOf('on-finding', command)).toEqual(words);
	});

	it.each(['', '   ', "''", `a 'b`, `a "b`, 'a \\'])('%j is refused', command => {
		expect(() => wordsOf('on-finding', command)).toThrow(/^--on-finding needs a command/);
	});

	it('quoted in single quotes is one word', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				expect(wordsOf('on-finding', `a '${text.replaceAll("'", `'\\''`)}'`)).toEqual(['a', text]);
			}),
		);
	});
});
