import {clean, cleanLines} from './clean.ts';

// An entity stands for its character and never for structure; `$` and `:` begin mathematics and links on GitHub.
const entity = (character: string): string => `&#${character.codePointAt(0)};`;

/**
 * Text from a server for one line of Markdown: a paragraph, a heading, a list or a cell of a GitHub table, also between `<code>` and
 * `</code>`, which GitHub searches for no @names and #numbers. It is cleaned, and every character of it is shown as itself. Between
 * backticks it would show its escapes.
 */
export const inMarkdown = (text: string): string =>
	clean(text)
		.replace(/[&<>|`\\$@]|:(?=\/)|(?<=www)\.|^ | $/giu, entity)
		.replace(/[*_~[\]]|^[-+=]|(?<=^\d+)[.)]|(?<!&)#/gu, '\\$&');

/** Text from a server as a fenced block of Markdown with the lines it has, cleaned; it cannot end the block. */
export const blockInMarkdown = (text: string, language = ''): string => {
	const lines = cleanLines(text);
	const longest = Math.max(2, ...lines.flatMap(line => line.match(/`+/g) ?? []).map(({length}) => length));
	const fence = '`'.repeat(longest + 1);
	return [`${fence}${language}`, ...lines, fence].join('\n');
};
