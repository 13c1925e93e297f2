import {childrenOf, type File, isNode, literalText, type Node, parsed} from './syntax.ts';

// Collects the sentences of the program: string literals, templates and JSX text of two or more words, or of one capitalized word
// with the punctuation of a sentence. A template is one sentence, with `{pid}` for `${session.pid}`. Excluded are
//
// - keys of objects, import paths, types, tagged templates, and what a value is compared or searched with
// - SQL: whatever belongs to a property `sql` or `ladder`; and what begins with a lower-case command or expression of SQL, or names
//   `pg_catalog.` or `operator(`, unless it has the first letter or the full stop of a sentence
// - code in other languages: texts of several lines that are indented, and texts that begin with an escape sequence.

/** A sentence of the program and its place in the file. */
export type Sentence = {readonly text: string; readonly start: number; readonly end: number};

const imports = ['ImportDeclaration', 'ImportExpression', 'ExportAllDeclaration'];
const wordless = new Set([...imports, 'TSLiteralType', 'TaggedTemplateExpression']);
const searches = new Set(['startsWith', 'endsWith', 'includes', 'indexOf', 'has', 'get', 'split', 'replace', 'replaceAll']);

/** True if a property of a node is not text for people. */
const isUnread = (node: Node, property: string): boolean => {
	const {key, callee} = node;
	switch (node.type) {
		case 'Property':
			if (property === 'key') return !node.computed;
			return isNode(key) && (key.name === 'sql' || key.name === 'ladder');
		case 'MemberExpression':
			return property === 'property';
		case 'BinaryExpression':
			return node.operator === '===' || node.operator === '!==';
		case 'SwitchCase':
			return property === 'test';
		case 'CallExpression':
			return (
				property === 'arguments' &&
				isNode(callee) &&
				isNode(callee.property) &&
				callee.type === 'MemberExpression' &&
				searches.has(String(callee.property.name))
			);
		default:
			return wordless.has(node.type);
	}
};

const commands =
	'select|with|set|begin|prepare|explain|vacuum|analyze|reindex|alter|create|drop index|insert|update|delete|truncate|call|do|if|case|from|left join|rollback';
const expressions = [
	'nullif\\(',
	'coalesce\\(',
	"when ['{]",
	'not \\w+\\.',
	'\\w+\\.\\w+ (is|=) ',
	'.*(pg_catalog\\.|operator\\()',
];
const sql = new RegExp(`^[\\s(]*((${commands})\\s|/\\* pgtriage:|${expressions.join('|')})`, 's');
const prose = /^\p{Lu}\p{Ll}|\.$/u;
const otherCode = /\n\t|^\u001b/;

const isSentence = (text: string): boolean => {
	const filled = text.replace(/\{[\w…]+\}/g, '0');
	const isPhrase = /\p{L}{2}/u.test(filled) && /\S \S/.test(filled);
	return (isPhrase || /^\p{Lu}\p{L}+[.!?…:]$/u.test(filled)) && (prose.test(text) || !sql.test(text)) && !otherCode.test(text);
};

/** Sentences of a file in order. */
export const sentencesOf = (file: File): readonly Sentence[] => {
	const below = (node: Node): readonly Sentence[] => {
		const text = literalText(node);
		const inner = childrenOf(node).flatMap(([property, child]) => (isUnread(node, property) ? [] : below(child)));
		return text !== undefined && isSentence(text) ? [{text, start: node.start, end: node.end}, ...inner] : inner;
	};
	return below(parsed(file).program).toSorted((a, b) => a.start - b.start);
};

/** A sentence on one line: escaped like JSON except for quotes, with visible outer spaces. */
const onOneLine = (text: string): string => JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replace(/^ | $/g, '␣');

/** Page of all sentences: the path of each file, and its sentences indented below. */
export const sentencePage = (files: readonly File[]): string =>
	files
		.map(file => ({path: file.path, lines: sentencesOf(file).map(({text}) => `\t${onOneLine(text)}\n`)}))
		.filter(({lines}) => lines.length > 0)
		.toSorted((a, b) => (a.path < b.path ? -1 : 1))
		.map(({path, lines}) => `${path}\n${lines.join('')}`)
		.join('');
