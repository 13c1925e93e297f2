import {describe, expect, test} from 'vitest';
import {explainOptions} from '../../../source/core/explain/options.ts';
import {
	highestParameter,
	isNormalised,
	namesIn,
	onlyPlanned,
	parameterPairs,
	plannedText,
	preparedAs,
	statementsOf,
} from '../../../source/core/explain/planned-text.ts';
import {pathWith, schemasOf} from '../../../source/core/explain/search-path.ts';

describe('the query inside of a command', () => {
	test.each([
		['select 1', 'select 1', null],
		['/* hint */ (select 1) -- end', '(select 1)', null],
		["copy (select a from t where b = ')') to stdout (format csv)", "select a from t where b = ')'", 'COPY'],
		['create table a (b) with (fillfactor = 70) as select 1 with no data', 'select 1', 'CREATE TABLE AS'],
		['create unlogged table if not exists a as (select 1) with data', '(select 1)', 'CREATE TABLE AS'],
		['CREATE TEMP TABLE a ON COMMIT DROP AS WITH x AS (SELECT 1) TABLE x', 'WITH x AS (SELECT 1) TABLE x', 'CREATE TABLE AS'],
		['create materialized view "as" (a) tablespace x as values (1)', 'values (1)', 'CREATE MATERIALIZED VIEW'],
		['declare c no scroll cursor with hold for select 1 for update', 'select 1 for update', 'DECLARE CURSOR'],
		['select a, b into temp table x.y from t', 'select a, b from t', 'SELECT INTO'],
		['with x as (select 1) select * into table "a b" from x', 'with x as (select 1) select * from x', 'SELECT INTO'],
		['insert into t select 1', 'insert into t select 1', null],
		['with x as (select 1) insert into t select * from x', 'with x as (select 1) insert into t select * from x', null],
		['explain (analyze, buffers) update t set a = 1', 'update t set a = 1', 'EXPLAIN'],
		['explain analyze verbose (select 1)', '(select 1)', 'EXPLAIN'],
		['explain create table a as select 1', 'select 1', 'CREATE TABLE AS'],
		['select now() - interval $1, date $2', 'select now() - ($1::pg_catalog.interval), ($2::pg_catalog.date)', null],
	])('of %s', (text, query, from) => expect(plannedText(text)).toEqual({kind: 'query', query, from, types: []}));

	test('of PREPARE has its types', () => {
		expect(plannedText('prepare "P" (int, numeric(3, 2), a."b,c"[]) as select $1')).toEqual({
			kind: 'query',
			query: 'select $1',
			from: 'PREPARE',
			types: ['int', 'numeric(3, 2)', 'a."b,c"[]'],
		});
		expect(preparedAs('prepare "P" as select 1', 'P')).toMatchObject({query: 'select 1'});
		expect(preparedAs('prepare P as select 1', 'P')).toBeUndefined();
		expect(preparedAs('select 1', 'P')).toBeUndefined();
	});

	test('of REFRESH is in the catalog', () => {
		expect(plannedText('refresh materialized view concurrently "A""b".C with data')).toEqual({
			kind: 'refresh',
			name: ['A"b', 'c'],
		});
		expect(plannedText('refresh materialized view digest')).toEqual({kind: 'refresh', name: ['digest']});
	});

	test.each([
		['copy t to stdout', 'COPY of a table'],
		['copy t from stdin', 'COPY of a table'],
		['create table t (a int generated always as (1) stored)', 'runs no query'],
		['create table t as execute p', 'AS EXECUTE'],
		['create index on t (a)', 'CREATE INDEX'],
		['call f()', 'CALL has no plan'],
		['do $$select 1$$', 'DO has no plan'],
		['fetch 1 from c', 'only its session knows the cursor'],
		['vacuum t', 'not VACUUM.'],
		['lock table t', 'LOCK has no plan'],
	])('does not exist in %s', (text, sentence) =>
		expect(plannedText(text)).toMatchObject({
			kind: 'none',
			failure: {message: expect.stringContaining(sentence), hint: expect.any(String)},
		}),
	);

	test('of an EXECUTE or one of several statements is looked up', () => {
		expect(plannedText('execute p (1)')).toEqual({kind: 'lookup', what: 'execute', parts: ['p']});
		const parts = ['set a = 1', `select ';'`, 'commit'];
		expect(plannedText(`${parts.join('; ')};`)).toEqual({kind: 'lookup', what: 'several', parts});
		expect(onlyPlanned(parts)).toMatchObject({query: `select ';'`});
		expect(onlyPlanned([...parts, 'select 1'])).toBeUndefined();
		expect(onlyPlanned(['commit'])).toBeUndefined();
	});
});

test('statements end at semicolons outside of quotes, comments and brackets', () => {
	expect(statementsOf(`select ';' /* ; */; ; select $a$;$a$ -- ;\n; (select 1;`)).toEqual([
		`select ';'`,
		'select $a$;$a$',
		'(select 1;',
	]);
});

test('a text with parameters is recognized by its literals', () => {
	expect(isNormalised('select $1, a from t where b = $2', "SELECT 1, a\nFROM t WHERE b = 'x'")).toBe(true);
	expect(isNormalised('select $1, a from t', 'select 1, b from t')).toBe(false);
	expect(isNormalised('select "A"', 'select "a"')).toBe(false);
	expect(isNormalised('select $1', 'select 1, 2')).toBe(false);
	expect(isNormalised('select $1', 'select a')).toBe(false);
});

test('names and parameters of a query are those outside of literals', () => {
	expect(namesIn(`select "B""c", a.B from t where 'no' = $$no$$ -- no`)).toEqual([
		'select',
		'B"c',
		'a',
		'b',
		'from',
		't',
		'where',
	]);
	expect(highestParameter(`select $2, '$9' from t limit $10`)).toBe(10);
	expect(highestParameter('select 1')).toBe(0);
	expect(parameterPairs('select $1, $2 + $3 - 1')).toEqual([3]);
});

test('schemas of a search_path are read as the server reads them', () => {
	expect(schemasOf('"$user", public, "A, ""b"""', 'app')).toEqual(['app', 'public', 'A, "b"']);
	expect(schemasOf('', 'app')).toEqual([]);
	expect(pathWith('"T"', '')).toBe('"T"');
	expect(pathWith('t', '"$user", public')).toBe('t, "$user", public');
});

test('options of EXPLAIN follow the version', () => {
	expect(explainOptions(false, 160_000)).toBe('format json, settings, summary');
	expect(explainOptions(false, 170_000)).toBe('format json, settings, summary, memory');
	expect(explainOptions(true, 160_000)).toBe('format json, settings, analyze, buffers');
	expect(explainOptions(true, 180_000)).toBe('format json, settings, analyze, buffers, memory, serialize');
	expect(explainOptions(true, 190_000)).toBe('format json, settings, analyze, buffers, memory, serialize, io');
});
