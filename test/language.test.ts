import {join} from 'node:path';
import {expect, test} from 'vitest';
import {filesToRead, languageOf} from '../scripts/english.ts';

const files = filesToRead(join(import.meta.dirname, '..'));
const all = files.map(languageOf);

test('sentences, comments, test titles and pages are free of the patterns', () => {
	for (const folder of ['source/', 'test/', 'scripts/', 'docs/', 'man/', 'README.md'])
		expect(files.some(({path}) => path.startsWith(folder))).toBe(true);
	expect(all.flatMap(({patterns}) => patterns)).toEqual([]);
});

test('fewer than 5 % of the doc comments open with a question word', () => {
	const docComments = all.reduce((sum, each) => sum + each.docComments, 0);
	const questions = all.flatMap(each => each.questions);
	expect(docComments).toBeGreaterThan(1000);
	expect(questions.length < docComments * 0.05 ? [] : questions).toEqual([]);
});

const patterns: readonly (readonly [found: string, sentence: string])[] = [
	['anew', 'The page is read anew.'],
	['dear', 'It is too dear to read.'],
	['no more', 'It waits no more.'],
	['heed', '$XDG_STATE_HOME is heeded.'],
	['tell of', 'The server tells of one database.'],
	['by now', 'It ended by now.'],
	['is no', 'This row is no session.'],
	['Of, in front', 'Of two options the last counts.'],
	['Of, in front of a later sentence', 'It counts. Of two options the last does.'],
	['seldom', 'They are read seldom.'],
	['whoever', 'It plans, whoever wrote it.'],
	['besides', 'It is checked besides.'],
	['stand in', 'It stands in the header.'],
	['hang on', 'It hangs on the version.'],
];

const places: readonly (readonly [place: string, path: string, line: number, text: (sentence: string) => string])[] = [
	['a string', 'source/a.ts', 2, sentence => `export const a =\n\t'${sentence}';`],
	['a template', 'source/a.ts', 1, sentence => `export const a = \`${sentence} \${b}\`;`],
	['a doc comment', 'test/a.ts', 2, sentence => `/**\n * ${sentence}\n */\nexport const a = 1;`],
	['a comment', 'scripts/a.ts', 3, sentence => `const a = 1;\n\n// ${sentence}`],
	['a comment at the end of a line', 'source/a.tsx', 1, sentence => `const a = 1; // ${sentence}`],
	['the title of a test', 'test/a.test.ts', 2, sentence => `describe('a', () => {\n\tit('${sentence}', () => {});\n});`],
	['the title of a table', 'test/a.test.ts', 1, sentence => `test.each([1])('${sentence}', () => {});`],
	['the title of a group', 'test/a.test.ts', 1, sentence => `describe.skipIf(a)('${sentence}', () => {});`],
	['a page', 'README.md', 3, sentence => `# A\n\n${sentence}`],
	['a list', 'docs/a.md', 2, sentence => `- One.\n- ${sentence}`],
	['a table', 'docs/a.md', 1, sentence => `| \`a\` | ${sentence} |`],
	['the manual', 'man/pgtriage.1', 1, sentence => sentence],
];

test.each(patterns.flatMap(([found, sentence]) => places.map(place => [found, place[0], sentence, place] as const)))(
	'"%s" is found in %s',
	(_, __, sentence, [, path, line, text]) => {
		const found = languageOf({path, text: text(sentence)}).patterns;
		expect(found).toEqual([expect.stringContaining(sentence)]);
		expect(found[0]?.startsWith(`${path}:${line}: `)).toBe(true);
	},
);

test('a pattern over two lines is found on the first', () => {
	const file = {path: 'source/a.ts', text: '// It ended by\n// now.\n'};
	expect(languageOf(file).patterns).toEqual(['source/a.ts:1: It ended by now.']);
});

const innocent: readonly string[] = [
	'There is no session.',
	'It is no longer blocked.',
	'It holds no more than 3 locks.',
	'It is one of 3.',
	'`besides` is its name.',
	'Sessions stand in for it.',
	'It knows the server; the endeared one.',
];

test.each(innocent)('%s is fine', sentence => {
	expect(languageOf({path: 'README.md', text: sentence}).patterns).toEqual([]);
});

const unread: readonly (readonly [what: string, path: string, text: string])[] = [
	['SQL', 'source/a.ts', 'export const a = `select dear from whoever`;'],
	['a key', 'source/a.ts', "export const a = {'is no session': 1};"],
	['a string of a test', 'test/a.test.ts', "test('one', () => expect(a).toBe('It is read anew.'));"],
	['code on a page', 'docs/a.md', '```\nIt is read anew.\n```\n'],
];

test.each(unread)('%s is not read', (_, path, text) => {
	expect(languageOf({path, text}).patterns).toEqual([]);
});

test.each(['What', 'Whether', 'How', 'Where', 'Who', 'Why', 'That', 'When', 'Which'])(
	'a doc comment that opens with %s is counted',
	word => {
		const text = `/** ${word} a session waits. */\nexport const a = 1;\n\n/**\n * Seconds since\n * ${word} it began.\n */\nexport const b = 1;`;
		expect(languageOf({path: 'source/a.ts', text})).toEqual({
			patterns: [],
			questions: [expect.stringMatching(`^source/a.ts:1: ${word} a session waits`)],
			docComments: 2,
		});
	},
);

test('a comment that documents nothing is not counted', () => {
	const text = '// What a session waits for.\n/* Where it waits. */\nexport const a = 1;';
	expect(languageOf({path: 'source/a.ts', text})).toEqual({patterns: [], questions: [], docComments: 0});
});
