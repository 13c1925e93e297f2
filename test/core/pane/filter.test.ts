import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type FilterColumn, parseFilter} from '../../../source/core/pane/filter.ts';
import type {Value} from '../../../source/core/sample/sample.ts';
import {type Instant, secondsBetween} from '../../../source/core/values/instant.ts';

type Session = Readonly<Record<string, Value>>;

const read =
	(name: string) =>
	(row: Session): Value =>
		row[name] ?? null;
const column = (id: string, kind: FilterColumn<Session>['kind'], aliases: readonly string[] = []): FilterColumn<Session> => ({
	id,
	kind,
	aliases,
	value: read(id),
});

const columns: readonly FilterColumn<Session>[] = [
	column('pid', 'number'),
	column('state', 'text'),
	column('state_change', 'instant'),
	column('application_name', 'text', ['app']),
	column('usename', 'text', ['user']),
	column('wait_event', 'text'),
	column('wait_event_type', 'text'),
	{
		id: 'xact_seconds',
		kind: 'seconds',
		aliases: ['age'],
		value: (row, now) => secondsBetween(read('xact_start')(row) as Instant | null, now),
	},
	column('size_bytes', 'bytes', ['size']),
	column('bloat_ratio', 'ratio'),
	column('soft', 'flag'),
	column('blocked_by', 'pids'),
	column('query', 'text'),
];

const now = '2026-11-22T14:30:00.000000+02:00';
const rows: readonly Session[] = [
	{
		pid: 101,
		state: 'active',
		state_change: '2026-11-22T14:20:00.000000+02:00',
		application_name: 'Cron',
		usename: 'batch',
		wait_event: 'tuple',
		xact_start: '2026-11-22T14:20:00.000000+02:00',
		size_bytes: 20 * 1024 ** 2,
		bloat_ratio: 0.35,
		soft: true,
		blocked_by: [7, 102],
		query: 'UPDATE orders SET note = \'a, "b"\'',
	},
	{
		pid: 102,
		state: 'idle',
		state_change: '2026-11-15T00:00:00.000000+02:00',
		application_name: 'web',
		wait_event: '',
		xact_start: '2026-11-22T14:29:59.500000+02:00',
		size_bytes: '9223372036854775808',
		bloat_ratio: 0.05,
		soft: false,
		blocked_by: [],
		query: 'select 1',
	},
	{pid: 2500, application_name: 'crony', query: 'Größe\nvon orders_2'},
];

const found = (text: string): readonly Value[] => {
	const filter = parseFilter(text, columns);
	if (!filter.ok) throw new Error(filter.message);
	return rows.filter(row => filter.test(row, now)).map(row => row.pid ?? null);
};

describe('a filter', () => {
	it.each<readonly [string, readonly number[]]>([
		['', [101, 102, 2500]],
		['   ', [101, 102, 2500]],
		['state=active', [101]],
		['STATE=Active', [101]],
		['state=active,idle', [101, 102]],
		['state="active","idle"', [101, 102]],
		['state=act', []],
		['state=*ct*', [101]],
		['state="*ct*"', []],
		['app=cron', [101]],
		['app=cron*', [101, 2500]],
		['app!=cron', [102, 2500]],
		['user!=batch', [102, 2500]],
		['state!=active,idle', [2500]],
		['state!=active,null', [102]],
		['query=*von*', [2500]],
		['wait_event=null', [102, 2500]],
		['wait_event=NULL', [102, 2500]],
		['wait_event=', [102, 2500]],
		['wait_event="null"', []],
		['wait_event!=null', [101]],
		['blocked_by!=null', [101]],
		['age>5m', [101]],
		['age>500ms', [101]],
		['age>=500ms', [101, 102]],
		['age<1', [102]],
		['!age>5m', [102, 2500]],
		['size>10MB', [101, 102]],
		['size>1TB', [102]],
		['size<=20MB', [101]],
		['bloat>30%', [101]],
		['bloat>30', [101]],
		['bloat<0.3', [102]],
		['pid>=102', [102, 2500]],
		['pid=101,102', [101, 102]],
		['pid=10*', [101, 102]],
		['pid>2k', [2500]],
		['soft=yes', [101]],
		['soft=false', [102]],
		['soft!=yes', [102, 2500]],
		['blocked_by=102', [101]],
		['blocked_by!=102', [102, 2500]],
		['blocked_by=10', []],
		['query~^update', [101]],
		['query~"orders set|select"', [101, 102]],
		['query!~orders', [102]],
		['state!~active', [102, 2500]],
		['state_change<7d', [102]],
		['state_change>7d', [101]],
		['state_change>=14:20', [101]],
		['state_change>14:20:01', []],
		['state_change>2026-11-22', [101]],
		['state_change<"2026-11-22 14:20"', [102]],
		['state_change<2026-11-15T00:01', [102]],
		['state_change=2026-11-15', [102]],
		['state_change>=2026-11-22T14:20:00.000000+02:00', [101]],
		['state_change<=2026-11-22t12:20:00.000000+00:00', [101, 102]],
		['state>b', [102]],
		['orders', [101, 2500]],
		['GRÖSSE', []],
		['größe', [2500]],
		['102', [101, 102]],
		['!orders', [102]],
		['!!orders', [101, 2500]],
		['"set note"', [101]],
		['!"set note"', [102, 2500]],
		['"a, ""b"""', [101]],
		['"state=active"', []],
		['a->b', []],
		['  orders   state=active  ', [101]],
		['orders !state=active', [2500]],
		['state=active age>5m app!=cron', []],
		['state=active age>5m app!=web', [101]],
		['wait_event_t=null', [101, 102, 2500]],
		['bloat_ratio=35%', [101]],
	])('%s', (text, pids) => {
		expect(found(text)).toEqual(pids);
	});

	it.each([
		['stat=x', 'stat is ambiguous: state or state_change.', 0],
		['wait=x', 'wait is ambiguous: wait_event or wait_event_type.', 0],
		['active ap=x stete=y', 'There is no column stete. Similar: state.', 12],
		['name=x', 'There is no column name. Similar: application_name, usename.', 0],
		['zzz=1', 'There is no column zzz. Quote the term to search for it as text.', 0],
		['constructor=1', 'There is no column constructor. Quote the term to search for it as text.', 0],
		['age>', 'xact_seconds> needs a duration such as 500ms, 5m or 2h.', 0],
		['age>soon', 'xact_seconds> needs a duration such as 500ms, 5m or 2h.', 0],
		['age>5m,6m', 'xact_seconds> needs a duration such as 500ms, 5m or 2h.', 0],
		['age=5m,soon', 'xact_seconds= needs a duration such as 500ms, 5m or 2h.', 0],
		['size>=8EB', 'size_bytes>= needs a size such as 8kB, 10MB or 2GB.', 0],
		['pid=0x10', 'pid= needs a number such as 100 or 2k.', 0],
		['soft=constructor', 'soft= needs yes or no.', 0],
		['blocked_by=x', 'blocked_by= needs a process id.', 0],
		['blocked_by>1', 'blocked_by has no order: use = or !=.', 0],
		['soft>1', 'soft has no order: use = or !=.', 0],
		['query~(', '( is not a regular expression.', 0],
		['query~', 'query~ needs a regular expression.', 0],
		['x >5m', 'Name a column right before >, as in age>5m.', 2],
		['age > 5m', 'Name a column right before >, as in age>5m.', 4],
		['!=x', 'Name a column right before !=, as in age>5m.', 0],
		['x !', 'Write the term to exclude right after !.', 2],
		['! x', 'Write the term to exclude right after !.', 0],
		['query="a', 'The quote is not closed.', 6],
		['"a"b', 'Write a space after the closing quote.', 3],
		['state_change>25:00', /^state_change> needs a time/, 0],
		['state_change>2026-13-01', /^state_change> needs a time/, 0],
		['state_change=5m', /^state_change= needs a time/, 0],
	])('%s is an error with a sentence', (text, message, at) => {
		const filter = parseFilter(text, columns);
		expect(filter).toEqual({
			ok: false,
			at,
			message: typeof message === 'string' ? message : expect.stringMatching(message),
		});
	});

	it('returns its text without surrounding spaces', () => {
		expect(parseFilter('  state=active ', columns)).toMatchObject({ok: true, text: 'state=active'});
	});

	it('prefers a column of exactly that name to others that begin with it', () => {
		expect(found('wait_event=tuple')).toEqual([101]);
	});
});

describe('any filter', () => {
	const cell = fc.option(fc.string({unit: 'grapheme', maxLength: 12}));
	const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
	const test = (text: string, row: Session): boolean => {
		const filter = parseFilter(text, columns);
		if (!filter.ok) throw new Error(filter.message);
		return filter.test(row, now);
	};

	it('never throws and points into the text', () => {
		const piece = fc.oneof(
			fc.constantFrom('!', '"', ' ', ',', '=', '!=', '~', '!~', '>', '<=', 'state', 'age', '5m', 'null', '*', '(', '\\'),
			fc.string({maxLength: 3}),
		);
		fc.assert(
			fc.property(fc.array(piece, {maxLength: 12}), pieces => {
				const text = pieces.join('');
				const filter = parseFilter(text, columns);
				if (filter.ok) for (const row of rows) expect(typeof filter.test(row, now)).toBe('boolean');
				else {
					expect(filter.at).toBeLessThanOrEqual(text.length);
					expect(filter.message).toMatch(/[.]$/);
				}
			}),
			{seed: 1, numRuns: 3000},
		);
	});

	it('matches a text by itself in quotes, and != and ! match exactly the others', () => {
		fc.assert(
			fc.property(cell, cell, (query, wanted) => {
				const row = {query};
				const value = wanted === null ? 'null' : quote(wanted);
				const equal = wanted === null ? query === null || query === '' : query?.toLowerCase() === wanted.toLowerCase();
				expect(test(`query=${value}`, row)).toBe(equal);
				expect(test(`query!=${value}`, row)).toBe(!equal);
				expect(test(`!query=${value}`, row)).toBe(!equal);
				if (query !== null) expect(test(`query=${quote(query)}`, row)).toBe(true);
			}),
			{seed: 2, numRuns: 1000},
		);
	});

	it('matches any part of a text as a bare word', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme-ascii'}), fc.nat(40), fc.nat(10), (query, from, length) => {
				const part = query.slice(from, from + length);
				expect(test(quote(part.toUpperCase()), {query})).toBe(true);
				expect(test(`!${quote(part)}`, {query})).toBe(false);
			}),
			{seed: 3, numRuns: 1000},
		);
	});

	it('compares numbers as numbers, and unknown is neither above nor below', () => {
		fc.assert(
			fc.property(fc.option(fc.integer()), fc.integer(), (pid, bound) => {
				const known = pid ?? Number.NaN;
				expect(test(`pid>${bound}`, {pid})).toBe(known > bound);
				expect(test(`pid>=${bound}`, {pid})).toBe(known >= bound);
				expect(test(`pid<${bound}`, {pid})).toBe(known < bound);
				expect(test(`pid<=${bound}`, {pid})).toBe(known <= bound);
				expect(test(`pid=${bound}`, {pid})).toBe(known === bound);
			}),
			{seed: 4, numRuns: 1000},
		);
	});

	it('matches if each of its terms matches', () => {
		const terms = ['state=active', '!orders', 'age>5m', 'app!=cron', 'pid<2k', 'query~s', 'blocked_by=null'];
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...terms)), fc.constantFrom(...rows), (chosen, row) => {
				expect(test(chosen.join(' '), row)).toBe(chosen.every(each => test(each, row)));
			}),
			{seed: 5, numRuns: 500},
		);
	});
});
