import type {Instant} from '../values/instant.ts';
import type {Column} from './column.ts';
import {anywhere, type FilterOperator, type FilterValue, term} from './filter-term.ts';

/** Properties of a column that the filter language uses. */
export type FilterColumn<R> = Pick<Column<R>, 'id' | 'aliases' | 'kind' | 'value'> & {
	readonly parts?: Column<R>['parts'];
};

/** A parsed filter, or a sentence about the error and its offset in the text. */
export type Filter<R> =
	| {readonly ok: true; readonly text: string; readonly test: (row: R, now: Instant) => boolean}
	| {readonly ok: false; readonly message: string; readonly at: number};

/**
 * Parses a filter: terms separated by spaces, all of which must match. A term is a word (anywhere in the row, ignoring case) or a
 * column, an operator and a value: `=` `!=` (`*` matches anything, commas separate alternatives, `null` is unknown), `~` `!~`
 * (regular expression), `>` `>=` `<` `<=`. `!` negates a term; text in double quotes is literal, with `""` for a quote. A column is
 * named by its id, an alias, or an unambiguous beginning of either; `tag.NAME` is a part of the column of tags.
 */
export const parseFilter = <R>(text: string, columns: readonly FilterColumn<R>[]): Filter<R> => {
	const tests: ((row: R, now: Instant) => boolean)[] = [];
	let at = 0;
	const failed = (message: string, where: number): Filter<R> => ({ok: false, message, at: where});

	while (true) {
		at = skip(text, at, /\s*/y);
		if (at >= text.length) break;
		const start = at;
		at = skip(text, at, /(?:!(?![=~]))*/y);
		const inverted = (at - start) % 2 === 1;
		if (at >= text.length || /\s/.test(text.charAt(at))) return failed('Write the term to exclude right after !.', start);

		const head = match(text, at, /(tag\.[\w.-]+|[a-z_]\w*)?(!=|!~|>=|<=|=|~|>|<)/iy);
		let test: (row: R, now: Instant) => boolean;
		if (head) {
			const [whole, name] = head;
			const operator = head[2] as FilterOperator;
			if (name === undefined) return failed(`Name a column right before ${operator}, as in age>5m.`, at);
			const found = columnOf(name, columns);
			if (!found.ok) return failed(found.message, at);
			const values = valuesOf(text, at + whole.length, operator === '=' || operator === '!=');
			if (!values.ok) return failed(values.message, values.at);
			const made = term(found.column, operator, values.values);
			if (typeof made === 'string') return failed(made, at);
			test = made;
			at = values.end;
		} else {
			const word = valuesOf(text, at, false);
			if (!word.ok) return failed(word.message, word.at);
			test = anywhere(columns, word.values[0]?.text ?? '');
			at = word.end;
		}
		tests.push(inverted ? (row, now) => !test(row, now) : test);
	}
	return {ok: true, text: text.trim(), test: (row, now) => tests.every(test => test(row, now))};
};

const match = (text: string, at: number, pattern: RegExp): RegExpExecArray | null => {
	pattern.lastIndex = at;
	return pattern.exec(text);
};

const skip = (text: string, at: number, pattern: RegExp): number => at + (match(text, at, pattern)?.[0].length ?? 0);

type Values =
	| {readonly ok: true; readonly values: readonly FilterValue[]; readonly end: number}
	| {readonly ok: false; readonly message: string; readonly at: number};

const valuesOf = (text: string, from: number, list: boolean): Values => {
	const values: FilterValue[] = [];
	let at = from;
	while (true) {
		const quoted = match(text, at, /"((?:[^"]|"")*)("?)/y);
		if (quoted) {
			if (quoted[2] === '') return {ok: false, message: 'The quote is not closed.', at};
			values.push({text: (quoted[1] ?? '').replaceAll('""', '"'), quoted: true});
			at += quoted[0].length;
		} else {
			const bare = match(text, at, list ? /[^\s,]*/y : /\S*/y)?.[0] ?? '';
			values.push({text: bare, quoted: false});
			at += bare.length;
		}
		if (at >= text.length || /\s/.test(text.charAt(at))) return {ok: true, values, end: at};
		if (!list || text.charAt(at) !== ',') return {ok: false, message: 'Write a space after the closing quote.', at};
		at++;
	}
};

type Found<R> = {readonly ok: true; readonly column: FilterColumn<R>} | {readonly ok: false; readonly message: string};

const columnOf = <R>(name: string, columns: readonly FilterColumn<R>[]): Found<R> => {
	const part = partOf(name, columns);
	if (part) return {ok: true, column: part};
	const word = name.toLowerCase();
	const exact = columns.find(({id}) => id === word) ?? columns.find(({aliases}) => aliases.includes(word));
	if (exact) return {ok: true, column: exact};
	const candidates = columns.filter(column => namesOf(column).some(each => each.startsWith(word)));
	const [only] = candidates;
	if (only && candidates.length === 1) return {ok: true, column: only};
	if (only) return {ok: false, message: `${name} is ambiguous: ${oneOf(candidates.map(({id}) => id))}.`};
	const similar = columns.filter(column => namesOf(column).some(each => isClose(each, word)));
	const hint =
		similar.length > 0
			? `Similar: ${similar
					.slice(0, 4)
					.map(({id}) => id)
					.join(', ')}.`
			: 'Quote the term to search for it as text.';
	return {ok: false, message: `There is no column ${name}. ${hint}`};
};

/** The part of a column as a column of texts; undefined if no column has parts, or the name is not of a part. */
const partOf = <R>(name: string, columns: readonly FilterColumn<R>[]): FilterColumn<R> | undefined => {
	const dot = name.indexOf('.');
	const whole = dot < 0 ? undefined : columns.find(({parts}) => parts);
	const part = name.slice(dot + 1);
	return whole && {id: name, aliases: [], kind: 'text', value: row => whole.parts?.(row).get(part) ?? null};
};

const namesOf = <R>({id, aliases}: FilterColumn<R>): readonly string[] => [id, ...aliases];

const oneOf = (names: readonly string[]): string =>
	names.length > 5 ? `${names.slice(0, 5).join(', ')} or another` : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const isClose = (name: string, word: string): boolean =>
	(word.length > 2 && name.includes(word)) || distance(name, word) <= Math.min(2, Math.floor(word.length / 3));

// Levenshtein's edit distance, one row at a time.
const distance = (a: string, b: string): number => {
	let row = Array.from({length: b.length + 1}, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1);
			next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
		}
		row = next;
	}
	return row[b.length] ?? 0;
};
