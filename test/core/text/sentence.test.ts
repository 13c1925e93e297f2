import {expect, test} from 'vitest';
import {sentences} from '../../../source/core/sample/sample.ts';
import {fullStop, joinSentences} from '../../../source/core/text/sentence.ts';

test.each([
	['database "x" does not exist', 'database "x" does not exist.'],
	['Check -h and -p.', 'Check -h and -p.'],
	['Is it running?', 'Is it running?'],
	['alter role x connection limit …', 'alter role x connection limit …'],
	['数据库 "x" 不存在。', '数据库 "x" 不存在。'],
	['He said "stop."', 'He said "stop."'],
	['', ''],
])('%j ends with one full stop', (text, sentence) => {
	expect(fullStop(text)).toBe(sentence);
});

test('a message and a hint become sentences', () => {
	expect(sentences({message: 'database "x" does not exist', hint: 'Choose another with -d'})).toBe(
		'database "x" does not exist. Choose another with -d.',
	);
	expect(sentences({message: 'database "x" does not exist'})).toBe('database "x" does not exist.');
	expect(sentences(undefined)).toBe('');
});

test('nothing is said twice', () => {
	expect(joinSentences('The server is full', undefined, '', 'The server is full.')).toBe('The server is full.');
	expect(joinSentences('a: Retrying.', 'Retrying.')).toBe('a: Retrying.');
});
