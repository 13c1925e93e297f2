import type {LogEntry} from './entry.ts';
import {parseEpoch, parseLogTime} from './log-time.ts';

/** A part of log_line_prefix: text as it is, or an escape. */
type Part =
	| {readonly kind: 'text'; readonly text: string}
	| {readonly kind: 'fixed'; readonly letter: string; readonly shape: RegExp}
	| {readonly kind: 'free'; readonly letter: string}
	| {readonly kind: 'rest'};

const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';

/** Escapes whose values have a shape of their own. */
const shapes: Readonly<Record<string, string>> = {
	m: `${time}\\.\\d{3} \\S+?`,
	t: `${time} \\S+?`,
	s: `${time} \\S+?`,
	n: '\\d+\\.\\d{3}',
	p: '\\d+',
	P: '\\d*',
	l: '\\d+',
	e: '[0-9A-Z]{5}',
	c: '[0-9a-f]+\\.[0-9a-f]+',
	v: '(?:-?\\d+/\\d+)?',
	x: '\\d+',
	Q: '-?\\d+',
	r: '\\[local\\]|[^\\s()]*\\(\\d+\\)|',
};

/** Escapes with any text: application, user, database, host, backend type, command tag, local address (18). */
const free = new Set(['a', 'u', 'd', 'h', 'b', 'i', 'L']);

const escapes = /%(-?\d*)([A-Za-z%])|[^%]+|%/g;

const partOf = (text: string, letter: string | undefined): Part => {
	const shape = letter === undefined ? undefined : shapes[letter];
	if (letter === 'q') return {kind: 'rest'};
	// A width pads the value with spaces on either side.
	if (shape !== undefined && letter !== undefined) return {kind: 'fixed', letter, shape: new RegExp(` *(${shape}) *`, 'y')};
	if (letter !== undefined && free.has(letter)) return {kind: 'free', letter};
	return {kind: 'text', text: letter === '%' ? '%' : letter === undefined ? text : ''};
};

const partsOf = (prefix: string): readonly Part[] =>
	Array.from(prefix.matchAll(escapes), ([text, , letter]) => partOf(text, letter)).filter(
		part => part.kind !== 'text' || part.text !== '',
	);

/** The values of a prefix, by the letters of its escapes, and where the text behind it begins. */
type Values = {readonly values: Readonly<Record<string, string>>; readonly end: number};

const label = /^([^\s:,]{2,24}): {2}/;
const mostLabel = 30;

// Prefixes are short; a name has at most 63 bytes.
const mostFree = 300;

/** End of a shaped value that is followed by a text: the shortest match that the text follows. */
const fixedEnd = (line: string, from: number, shape: RegExp, next: Part | undefined): readonly [string, number] | undefined => {
	shape.lastIndex = from;
	const match = shape.exec(line);
	if (!match) return undefined;
	let [value, end] = [match[1] ?? '', shape.lastIndex];
	// An abbreviation of a zone ends where the next part begins; spaces belong to it.
	const follows = next?.kind === 'text' ? next.text : undefined;
	if (follows === undefined) {
		const word = value.includes(':') ? (/^\S*/.exec(line.slice(end))?.[0] ?? '') : '';
		[value, end] = [value + word, end + word.length];
		return [value, end];
	}
	const start = line.indexOf(value, from);
	const at = line.indexOf(follows, start + value.length);
	if (at < 0 || at - start > mostFree) return undefined;
	const whole = line.slice(start, at);
	return /^\S*$/.test(whole.slice(value.length).trim()) ? [whole.trim(), at] : undefined;
};

// A name with as many separators in it is not worth a longer search.
const mostSeparators = 30;

/** End of a value without a shape: before the next text, which the label follows if it is the last one; -1 if unknown. */
const freeEnd = (line: string, from: number, next: Part | undefined, isLast: boolean): number => {
	if (next === undefined) return labelAt(line, from);
	// Without a text between two of them nothing says where the first ends.
	if (next.kind !== 'text') return -1;
	let end = line.indexOf(next.text, from);
	for (let tried = 0; isLast && end >= 0 && tried < mostSeparators; tried++) {
		const after = end + next.text.length;
		if (label.test(line.slice(after, after + mostLabel))) return end;
		end = line.indexOf(next.text, end + 1);
	}
	return isLast ? -1 : end;
};

const matched = (line: string, parts: readonly Part[]): Values | undefined => {
	const values: Record<string, string> = {};
	let at = 0;
	for (const [index, part] of parts.entries()) {
		const next = parts[index + 1];
		switch (part.kind) {
			case 'text':
				if (!line.startsWith(part.text, at)) return undefined;
				at += part.text.length;
				break;
			case 'fixed': {
				const found = fixedEnd(line, at, part.shape, next);
				if (!found) return undefined;
				[values[part.letter], at] = found;
				break;
			}
			case 'free': {
				const end = freeEnd(line, at, next, index === parts.length - 2);
				if (end < 0 || end - at > mostFree) return undefined;
				values[part.letter] = line.slice(at, end).trim();
				at = end;
				break;
			}
			case 'rest':
				break;
			default:
				part satisfies never;
		}
	}
	return {values, end: at};
};

const labelled = /(?:^|[^\p{L}\d])([\p{L}\d]{2,24}:) {2}/u;

/** Start of the label of a line from a place on. */
const labelAt = (line: string, from: number): number => {
	const match = labelled.exec(line.slice(from, from + mostFree));
	return match ? from + match.index + match[0].indexOf(match[1] ?? '') : -1;
};

/** The prefix of a line, its label (`ERROR`, `DETAIL`) and the text behind it. */
export type PrefixedLine = {
	readonly entry: Partial<LogEntry>;
	readonly label: string;
	readonly text: string;
};

const known = (text: string | undefined): string | null =>
	text === undefined || text === '' || text === '[unknown]' ? null : text;

const entryOf = (values: Readonly<Record<string, string>>, zone: string): Partial<LogEntry> => {
	const {m, t, n, p, e, u, d, a, b, Q} = values;
	const when = m ?? t;
	const queryId = known(Q);
	return {
		at: when === undefined ? (n === undefined ? null : parseEpoch(n)) : parseLogTime(when, zone),
		pid: p === undefined ? null : Number(p),
		sqlstate: known(e),
		usename: known(u),
		datname: known(d),
		application_name: known(a),
		backend_type: known(b),
		query_id: queryId === '0' ? null : queryId,
	};
};

// The labels of English messages, to read lines whose prefix is another one: written before it was changed.
const anywhere =
	/(?:^|[^A-Z0-9])(DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT|BACKTRACE): {2}/;
const anyTime = new RegExp(`${time}(?:\\.\\d{1,6})? [A-Za-z0-9+:-]+`);

const guessed = (line: string, zone: string): PrefixedLine | undefined => {
	const head = line.slice(0, 2 * mostFree);
	const match = anywhere.exec(head);
	if (!match) return undefined;
	const before = head.slice(0, match.index);
	const when = anyTime.exec(before)?.[0];
	const pid = /\[(\d{1,10})\]/.exec(before)?.[1];
	return {
		entry: {at: when === undefined ? null : parseLogTime(when, zone), pid: pid === undefined ? null : Number(pid)},
		label: match[1] ?? '',
		text: line.slice(match.index + match[0].length),
	};
};

/**
 * Creates a reader of lines in the format stderr with this log_line_prefix; undefined for a line without a label. If the
 * prefix does not match, the time and the pid in brackets are still found.
 */
export const createPrefix = (prefix: string, zone: string): ((line: string) => PrefixedLine | undefined) => {
	const all = partsOf(prefix);
	const stop = all.findIndex(({kind}) => kind === 'rest');
	// Processes that are not sessions write nothing of what follows %q.
	const variants = stop < 0 ? [all] : [all.filter(({kind}) => kind !== 'rest'), all.slice(0, stop)];
	return line => {
		for (const parts of variants) {
			const found = matched(line, parts);
			const rest = found && line.slice(found.end);
			const mark = rest === undefined ? undefined : label.exec(rest);
			if (found && rest !== undefined && mark)
				return {entry: entryOf(found.values, zone), label: mark[1] ?? '', text: rest.slice(mark[0].length)};
		}
		return guessed(line, zone);
	};
};
