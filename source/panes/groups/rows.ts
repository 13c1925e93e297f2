import {literalValue} from '../../core/pane/filter-value.ts';
import {tagOfGrouping} from '../../core/pane/grouping.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {tagsOf} from '../../core/sql/comment-tags.ts';
import type {Instant} from '../../core/values/instant.ts';
import {isBackground, type SessionRow, sessionRows} from '../sessions/rows.ts';

/** Sessions with the same value; counts are null if the states of all are hidden. */
export type GroupRow = {
	readonly name: string;
	/** The common value; null for sessions without one. */
	readonly group: string | null;
	/** Filter of the pane Sessions that shows them. */
	readonly filter: string;
	readonly total: number;
	readonly active: number | null;
	readonly idle: number | null;
	readonly idle_in_transaction: number | null;
	readonly waiting: number;
	readonly oldest_xact: Instant | null;
	/** Time since which one of them has been idle the longest. */
	readonly idle_since: Instant | null;
	readonly temp_bytes: number | null;
	readonly cpu_percent: number | null;
};

/** The value that sessions of a group have in common, and the filter for them; `value` is null for those without one. */
type Grouping = {
	readonly value: (row: SessionRow) => string | null;
	/** Text that tells groups apart, if not the value. */
	readonly key?: (row: SessionRow) => string | null;
	readonly filter: (value: string | null, row: SessionRow) => string;
};

const term = (column: string, value: string | null): string => `${column}=${value === null ? 'null' : literalValue(value)}`;

const byColumn = (column: string, value: (row: SessionRow) => string | null): Grouping => ({
	value,
	filter: known => term(column, known),
});

const byWait: Grouping = {
	value: ({wait_event_type: type, wait_event: event, state}) =>
		type === null ? (state === 'active' ? 'CPU' : null) : `${type}/${event ?? ''}`,
	filter: (_, {wait_event_type: type, wait_event: event, state}) =>
		type === null
			? `wait_event_type=null state${state === 'active' ? '=' : '!='}active`
			: `${term('wait_event_type', type)} ${term('wait_event', event)}`,
};

// The literals of a statement do not make groups of their own if the server computes its identifier.
const byQuery: Grouping = {
	value: ({query}) => query,
	key: ({query, query_id}) => (query_id === null ? query : `id ${query_id}`),
	filter: (value, {query_id}) => (query_id === null ? `query_id=null ${term('query', value)}` : term('query_id', query_id)),
};

/** A grouping by its name; throws a RangeError for one that does not exist. */
const groupingOf = (by: string): Grouping => {
	const tag = tagOfGrouping(by);
	if (tag !== undefined) return byColumn(by, row => tagsOf(row.query).get(tag) ?? null);
	switch (by) {
		case 'application':
			return byColumn('application_name', row => row.application_name);
		case 'user':
			return byColumn('usename', row => row.usename);
		case 'client':
			return byColumn('client_addr', row => row.client_addr);
		case 'database':
			return byColumn('datname', row => row.datname);
		case 'state':
			return byColumn('state', row => row.state);
		case 'wait':
			return byWait;
		case 'query':
			return byQuery;
		default:
			throw new RangeError(`Sessions cannot be grouped by ${by}.`);
	}
};

const isActive = ({state}: SessionRow): boolean => state === 'active' || state === 'fastpath function call';
const isInTransaction = ({state}: SessionRow): boolean => state?.startsWith('idle in transaction') === true;

const earliest = (rows: readonly SessionRow[], of: (row: SessionRow) => Instant | null): Instant | null => {
	let first: Instant | null = null;
	for (const row of rows) {
		const at = of(row);
		if (at !== null && (first === null || at < first)) first = at;
	}
	return first;
};

const total = (rows: readonly SessionRow[], of: (row: SessionRow) => Value | undefined): number | null => {
	let sum: number | null = null;
	for (const row of rows) {
		const value = of(row);
		if (typeof value === 'number') sum = (sum ?? 0) + value;
	}
	return sum;
};

const groupOf = (name: string, {value, filter}: Grouping, rows: readonly [SessionRow, ...SessionRow[]]): GroupRow => {
	const [first] = rows;
	const group = value(first) || null;
	const isKnown = rows.some(({state}) => state !== null);
	const counted = (holds: (row: SessionRow) => boolean): number | null => (isKnown ? rows.filter(holds).length : null);
	const cpu = total(rows, row => row.cpu_percent);
	return {
		name,
		group,
		filter: filter(group, first),
		total: rows.length,
		active: counted(isActive),
		idle: counted(({state}) => state === 'idle'),
		idle_in_transaction: counted(isInTransaction),
		waiting: rows.filter(({waits}) => waits).length,
		oldest_xact: earliest(rows, row => row.xact_start),
		idle_since: earliest(rows, row => (row.state === 'idle' ? row.state_change : null)),
		temp_bytes: total(rows, row => row.temp_bytes),
		cpu_percent: cpu === null ? null : Math.round(cpu * 10) / 10,
	};
};

/** Most waiting sessions first, then most busy ones, then most of all. */
const byTrouble = (a: GroupRow, b: GroupRow): number =>
	b.waiting - a.waiting || busy(b) - busy(a) || b.total - a.total || (a.name < b.name ? -1 : 1);

const busy = ({active, idle_in_transaction}: GroupRow): number => (active ?? 0) + (idle_in_transaction ?? 0);

/** Groups of sessions with the same value, worst first; background processes and parallel workers are left out. */
export const groupRows = (sessions: readonly SessionRow[], by: string): readonly GroupRow[] => {
	const grouping = groupingOf(by);
	const {value, key = value} = grouping;
	const groups = new Map<string, [SessionRow, ...SessionRow[]]>();
	for (const row of sessions) {
		if (isBackground(row)) continue;
		const name = key(row) ?? '';
		const rows = groups.get(name);
		if (rows) rows.push(row);
		else groups.set(name, [row]);
	}
	return Array.from(groups, ([name, rows]) => groupOf(name, grouping, rows)).sort(byTrouble);
};

const mostTagNames = 16;

/** Names of the tags that statements of a sample have, in alphabetical order. */
export const tagNamesIn = (sample: Sample): readonly string[] => {
	const names = new Set<string>();
	for (const {query} of sessionRows(sample)) for (const name of tagsOf(query).keys()) names.add(name);
	return [...names].sort().slice(0, mostTagNames);
};
