import {clean, cleanLines} from './clean.ts';

/** Markup made by `html`, which nothing else can make. */
export type Html = {readonly [markup]: string};

type Part = string | number | Html | readonly Part[];

const markup = Symbol('markup');

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

/** Text for an element or a quoted attribute: each character shows as itself. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, character => entities[character] ?? '');

const textOf = (part: Part): string => {
	if (typeof part === 'string') return escaped(clean(part));
	if (typeof part === 'number') return String(part);
	return markup in part ? part[markup] : part.map(textOf).join('');
};

/**
 * A tag of templates: markup whose texts, from a server or not, are cleaned and escaped. They may be in elements and in attributes
 * between double quotes, not in scripts, styles or addresses.
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
	[markup]: strings.map((string, index) => string + textOf(parts[index] ?? '')).join(''),
});

/** Text of several lines, each one cleaned. */
export const htmlLines = (text: string): Html => ({[markup]: escaped(cleanLines(text).join('\n'))});

/** The characters of a document. */
export const htmlText = (document: Html): string => document[markup];
