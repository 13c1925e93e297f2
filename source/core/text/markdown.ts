import {clean, cleanLines} from './clean.ts';

// An entity shows its character and never acts as syntax; `$` and `:` start math and links on GitHub.
const entity = (character: string): string => `&#${character.codePointAt(0)};`;

/**
 * Text from a server for one line of Markdown: a paragraph, a heading, a list, a cell of a GitHub table, or between `<code>` and
 * `</code>`, in which GitHub finds no @names and #numbers. The text is cleaned and every character shows as itself. Not for use
 * between backticks: those would show the escapes.
 */
export const inMarkdown = (text: string): string =>
	clean(text)
		.replace(/[&<>|`\\$@]|:(?=\/)|(?<=www)\.|^ | $/giu, entity)
		.replace(/[*_~[\]]|^[-+=]|(?<=^\d+)[.)](?= |$)|(?<!&)#/gu, '\\$&');

/** Text from a server as a fenced block of Markdown, cleaned line by line; it cannot end the block. */
export const blockInMarkdown = (text: string, language = ''): string => {
	const lines = cleanLines(text);
	const longest = Math.max(2, ...lines.flatMap(line => line.match(/`+/g) ?? []).map(({length}) => length));
	const fence = '`'.repeat(longest + 1);
	return [`${fence}${language}`, ...lines, fence].join('\n');
};
