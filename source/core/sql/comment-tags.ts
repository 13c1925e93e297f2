import {tokensOf} from './lexer.ts';

/** Tags of a statement by name, in the order of the comment. */
export type Tags = ReadonlyMap<string, string>;

/** Form of a tag's name in a filter or a grouping. */
export const tagName = /^[\w.-]{1,64}$/;

const none: Tags = new Map();

// Comments of frameworks hold less than ten tags of a few dozen characters.
const mostTags = 16;
const mostValue = 128;
const mostComment = 4096;

// sqlcommenter: name='value' with both URL-encoded and quotes escaped by a backslash. marginalia: name:value without spaces.
const quotedTag = /\s*([^\s=',:*]+)\s*=\s*'((?:[^'\\]|\\[\s\S])*)'\s*/y;
const plainTag = /\s*([a-z_][\w.-]*):(?!\/\/)([^\s,'"*]+)\s*/iy;

/** Text without its URL encoding; as it is if the encoding is not valid. */
const decoded = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

/** Tags of a comment in one notation; undefined if it is not a list of tags as a whole: prose stays a comment. */
const listIn = (comment: string, notation: RegExp): readonly (readonly [string, string])[] | undefined => {
	const tags: (readonly [string, string])[] = [];
	for (let at = 0; ; at++) {
		notation.lastIndex = at;
		const match = notation.exec(comment);
		if (!match) return undefined;
		const [whole, name = '', value = ''] = match;
		tags.push([decoded(name), decoded(value.replace(/\\([\s\S])/g, '$1'))]);
		at += whole.length;
		if (at === comment.length) return tags;
		if (comment[at] !== ',') return undefined;
	}
};

const tagsIn = (comment: string): readonly (readonly [string, string])[] =>
	comment.length > mostComment ? [] : (listIn(comment, quotedTag) ?? listIn(comment, plainTag) ?? []);

/** Block comments before the first and behind the last other token of a statement, without their delimiters. */
const outerComments = (sql: string): readonly string[] => {
	let leading: readonly string[] | undefined;
	let comments: string[] = [];
	for (const {kind, from, to} of tokensOf(sql)) {
		if (kind === 'comment') {
			if (sql.startsWith('/*', from) && sql.endsWith('*/', to) && to - from >= 4) comments.push(sql.slice(from + 2, to - 2));
		} else if (kind !== 'space' && sql[from] !== ';') {
			leading ??= comments;
			comments = [];
		}
	}
	return [...(leading ?? []), ...comments];
};

const parsed = (sql: string): Tags => {
	const tags = new Map<string, string>();
	for (const comment of outerComments(sql))
		for (const [name, value] of tagsIn(comment))
			if (tags.size < mostTags && tagName.test(name) && !tags.has(name)) tags.set(name, value.slice(0, mostValue));
	return tags.size === 0 ? none : tags;
};

// A statement that many sessions run, or one session for long, is parsed once; this bounds the memory of the texts.
const mostCached = 4_000_000;
let known = new Map<string, Tags>();
let cached = 0;

/**
 * Tags that a framework wrote into a comment before or behind a statement, as sqlcommenter (`controller='orders'`) or marginalia
 * (`controller:orders`): at most 16, names of letters, digits and `_.-`, values of at most 128 characters. The first value of a name
 * counts.
 */
export const tagsOf = (sql: string | null): Tags => {
	if (sql === null || !sql.includes('/*')) return none;
	const before = known.get(sql);
	if (before) return before;
	if (cached + sql.length > mostCached) [known, cached] = [new Map(), 0];
	const tags = parsed(sql);
	known.set(sql, tags);
	cached += sql.length;
	return tags;
};

/** Tags in one line: `action=show controller=orders`; null without any. */
export const tagText = (tags: Tags): string | null =>
	tags.size === 0 ? null : Array.from(tags, ([name, value]) => `${name}=${value}`).join(' ');
