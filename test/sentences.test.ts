import {expect, test} from 'vitest';
import {sentencePage, sentencesOf} from '../scripts/sentences.ts';

const textsOf = (text: string): readonly string[] => sentencesOf({path: 'source/a.tsx', text}).map(sentence => sentence.text);

const sentences: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
	['a string', "export const a = 'No rows match.';", ['No rows match.']],
	['a phrase', "export const a = 'last ran';", ['last ran']],
	['a capitalized word with a full stop', "export const a = 'Quit.';", ['Quit.']],
	['a template', `export const a = \`Session \${session.pid} waits.\`;`, ['Session {pid} waits.']],
	[
		'a template with calls',
		`export const a = \`Open for \${duration(since(b, c))}\${names.join(", ")}\`;`,
		['Open for {b}{names}'],
	],
	[
		'a template in a template, after it',
		`export const a = \`It waits\${lock ? \` for \${lock}\` : " for a client"}.\`;`,
		['It waits{lock}.', ' for {lock}', ' for a client'],
	],
	['text of JSX', 'export const a = <Text>Sort by</Text>;', ['Sort by']],
	[
		'a sentence that names a function of SQL',
		"export const a = 'Grant it: pg_catalog.pg_stat_reset()';",
		['Grant it: pg_catalog.pg_stat_reset()'],
	],
];

test.each(sentences)('%s is a sentence', (_, text, expected) => {
	expect(textsOf(text)).toEqual(expected);
});

const others: readonly (readonly [what: string, text: string])[] = [
	['a word', "export const a = 'Sessions';"],
	['an import', "import a from 'a b.ts';"],
	['a type', "export type A = 'one word' | 'another word';"],
	['a key', "export const a = {'Node Type': 1}['Node Type'];"],
	['a value that is compared', "export const a = (b: string) => b === 'idle in transaction' || b.startsWith('idle in');"],
	['a case', "switch (a) { case 'idle in transaction': b(); }"],
	['a query', 'export const a = {ladder: [{since: 1, sql: `anything at all`}]};'],
	['a statement', 'export const a = `\\n\\tselect 1 from b`;'],
	['an expression of SQL', 'export const a = `s.param1 operator(pg_catalog.+) 1`;'],
	['a script', 'export const a = `# completes it\\n\\twhile read line`;'],
	['an escape sequence', 'export const a = "\\u001b[2J or so";'],
	['a comment', '// Nobody waits for it.'],
];

test.each(others)('%s is not a sentence', (_, text) => {
	expect(textsOf(text)).toEqual([]);
});

test('a page lists the files by path and shows outer spaces and line breaks', () => {
	const files = [
		{path: 'source/b.ts', text: 'export const a = " for a \\"lock\\"\\n";'},
		{path: 'source/a.ts', text: "export const a = 'First one';"},
		{path: 'source/c.ts', text: 'export const a = 1;'},
	];
	expect(sentencePage(files)).toBe('source/a.ts\n\tFirst one\nsource/b.ts\n\t␣for a "lock"\\n\n');
});
