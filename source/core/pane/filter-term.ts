import type {Value} from '../sample/sample.ts';
import {type Instant, msOf} from '../values/instant.ts';
import {parseBytes, parseDuration} from '../values/units.ts';
import type {Column, Kind} from './column.ts';

/** Operator of a term. */
export type FilterOperator = '=' | '!=' | '~' | '!~' | '>' | '>=' | '<' | '<=';

/** A value as typed; quoted text has no special characters. */
export type FilterValue = {readonly text: string; readonly quoted: boolean};

type Test<R> = (row: R, now: Instant) => boolean;
type TermColumn<R> = Pick<Column<R>, 'id' | 'kind' | 'value'>;
type Holds = (value: Value, now: Instant) => boolean;

/**
 * Test of one term, or a sentence that says why the value does not suit the column. Unknown equals only `null`; it differs from
 * everything else, and is neither greater nor less than anything.
 */
export const term = <R>(column: TermColumn<R>, operator: FilterOperator, values: readonly FilterValue[]): Test<R> | string => {
	const [first = {text: '', quoted: false}] = values;
	switch (operator) {
		case '=':
		case '!=': {
			const alternatives: Holds[] = [];
			for (const value of values) {
				const holds = equals(column.kind, value);
				if (!holds) return `${column.id}${operator} ${wants[column.kind]}.`;
				alternatives.push(holds);
			}
			const equal = operator === '=';
			return (row, now) => {
				const value = column.value(row, now);
				return alternatives.some(holds => holds(value, now)) === equal;
			};
		}
		case '~':
		case '!~': {
			const pattern = first.text === '' ? undefined : regularExpression(first.text);
			if (!pattern) return first.text === '' ? `${column.id}${operator} needs a regular expression.` : invalid(first.text);
			const like = operator === '~';
			return (row, now) => {
				const value = column.value(row, now);
				return (value !== null && pattern.test(textOf(value))) === like;
			};
		}
		case '>':
		case '>=':
		case '<':
		case '<=': {
			if (column.kind === 'flag' || column.kind === 'pids') return `${column.id} has no order: use = or !=.`;
			const compare = first.text === '' ? undefined : comparison(column.kind, first.text);
			if (!compare) return `${column.id}${operator} ${wants[column.kind]}.`;
			const accepts = accepted[operator];
			return (row, now) => {
				const value = column.value(row, now);
				return value !== null && accepts(compare(value, now));
			};
		}
	}
};

/**
 * Test of a bare word: any text, number or list of pids in the row contains it, ignoring case. Durations, sizes and timestamps are
 * left out, because the screen does not show them as stored.
 */
export const anywhere = <R>(columns: readonly TermColumn<R>[], word: string): Test<R> => {
	const wanted = word.toLowerCase();
	const searched = columns.filter(({kind}) => kind === 'text' || kind === 'number' || kind === 'pids');
	return (row, now) =>
		searched.some(column => {
			const value = column.value(row, now);
			return value !== null && textOf(value).toLowerCase().includes(wanted);
		});
};

const wants: Readonly<Record<Kind, string>> = {
	text: 'needs a text',
	number: 'needs a number such as 100 or 2k',
	seconds: 'needs a duration such as 500ms, 5m or 2h',
	bytes: 'needs a size such as 8kB, 10MB or 2GB',
	ratio: 'needs a percentage such as 30%',
	flag: 'needs yes or no',
	instant: 'needs a time such as 14:30, 2026-11-22 or 2026-11-22T14:30, or an age such as 7d',
	pids: 'needs a process id',
};

const accepted: Readonly<Record<'>' | '>=' | '<' | '<=', (order: number) => boolean>> = {
	'>': order => order > 0,
	'>=': order => order >= 0,
	'<': order => order < 0,
	'<=': order => order <= 0,
};

const textOf = (value: Value): string => (Array.isArray(value) ? value.join(',') : String(value));

const isUnknown = (value: Value): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

const regularExpression = (source: string): RegExp | undefined => {
	try {
		return new RegExp(source, 'i');
	} catch {
		return undefined;
	}
};

const invalid = (source: string): string => `${source} is not a regular expression.`;

const equals = (kind: Kind, {text, quoted}: FilterValue): Holds | undefined => {
	if (!quoted && (text === '' || text.toLowerCase() === 'null')) return isUnknown;
	if (!quoted && text.includes('*')) {
		const pattern = new RegExp(`^${text.split('*').map(literal).join('.*')}$`, 'is');
		return value => value !== null && pattern.test(textOf(value));
	}
	const wanted = text.toLowerCase();
	switch (kind) {
		case 'text':
			return value => value !== null && textOf(value).toLowerCase() === wanted;
		case 'flag': {
			const truth = truths[wanted];
			return truth === undefined ? undefined : value => value === truth;
		}
		case 'pids': {
			const pid = parseNumber(text);
			return pid === undefined ? undefined : value => Array.isArray(value) && value.includes(pid);
		}
		case 'instant': {
			const begin = wanted.replace(' ', 't');
			if (!/^\d{4}-/.test(begin)) return undefined;
			return value => value !== null && textOf(value).toLowerCase().startsWith(begin);
		}
		default: {
			const compare = comparison(kind, text);
			return compare && ((value, now) => value !== null && compare(value, now) === 0);
		}
	}
};

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const truths: Readonly<Record<string, boolean>> = Object.assign(Object.create(null), {
	...{yes: true, true: true, t: true, on: true, y: true, 1: true},
	...{no: false, false: false, f: false, off: false, n: false, 0: false},
});

// Compares a stored value with the typed one: below 0, 0 or above 0; undefined if the typed one is not of this kind.
const comparison = (kind: Kind, text: string): ((value: Value, now: Instant) => number) | undefined => {
	if (kind === 'text') {
		const wanted = text.toLowerCase();
		return value => {
			const own = textOf(value).toLowerCase();
			return own < wanted ? -1 : own > wanted ? 1 : 0;
		};
	}
	if (kind === 'instant') {
		const moment = momentOf(text);
		return moment && ((value, now) => msOf(textOf(value)) - moment(now));
	}
	const wanted = measure(kind, text);
	// Sizes beyond 2^53 may be text.
	return wanted === undefined ? undefined : value => Number(value) - wanted;
};

const measure = (kind: Kind, text: string): number | undefined => {
	if (kind === 'seconds') return parseDuration(text);
	if (kind === 'bytes') return parseBytes(text);
	if (kind !== 'ratio') return parseNumber(text);
	const percent = parseNumber(text.replace(/%$/, ''));
	if (percent === undefined) return undefined;
	// The screen shows percentages, so a bare 30 can only mean 30 %.
	return text.endsWith('%') || percent > 1 ? percent / 100 : percent;
};

const magnitudes: Readonly<Record<string, number>> = {'': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12};

const parseNumber = (text: string): number | undefined => {
	const parts = /^(-?\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text);
	return parts ? Number(parts[1]) * (magnitudes[(parts[2] ?? '').toLowerCase()] ?? 1) : undefined;
};

const wholeInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$/i;
const dayAndTime = /^(?:(\d{4}-\d\d-\d\d)(?:[t ]|$))?(\d\d:\d\d(?::\d\d)?)?$/i;

// A timestamp without a zone is on the server's clock, a time without a date on its current day.
const momentOf = (text: string): ((now: Instant) => number) | undefined => {
	if (wholeInstant.test(text)) return () => msOf(text.toUpperCase());
	const ago = parseDuration(text);
	if (ago !== undefined) return now => msOf(now) - ago * 1000;
	const parts = dayAndTime.exec(text);
	if (!parts) return undefined;
	const [, day, time = '00:00'] = parts;
	const on = (date: string, zone: string): number => Date.parse(`${day ?? date}T${time}${zone}`);
	return Number.isNaN(on('2000-01-01', 'Z')) ? undefined : now => on(now.slice(0, 10), now.slice(-6));
};
