import {describe, expect, it, test} from 'vitest';
import {isMasked, refusalOfText} from '../../../source/core/explain/request.ts';
import {type Circumstances, wayOf} from '../../../source/core/explain/way.ts';

describe('a statement', () => {
	it.each([
		'select 1',
		'/* hint */ select 1',
		'-- from the shop\nselect 1',
		'((select 1))',
		'WITH a AS (SELECT 1) SELECT * FROM a',
		'table t',
		'values (1)',
		'merge into t using s on true when matched then delete',
		'update t set a = 1',
		`select '/* vacuum'`,
	])('%s can be planned', query => expect(refusalOfText(query, false)).toBeUndefined());

	it.each([
		['', 'No statement to explain'],
		['  \n', 'No statement to explain'],
		['<insufficient privilege>', 'may not see'],
		['select \ufffd', 'unreadable characters'],
		['vacuum t', 'and MERGE, not VACUUM.'],
		['analyze select 1', 'and MERGE, not ANALYZE.'],
		['/* select */ create table t as select 1', 'and MERGE, not CREATE.'],
		['fetch 100 from c', 'FETCH has no plan of its own'],
		['; -- nothing', 'not this text.'],
		['/* never closed', 'not this text.'],
	])('%j is refused', (query, sentence) => expect(refusalOfText(query, false)?.message).toContain(sentence));

	it.each([
		'select count(*) from t',
		'table t',
		'values (1)',
		`select 'update', "delete", $$insert$$ -- for update`,
		'with a as (select 1) select * from a',
		`select '$1'`,
	])('%s can be executed', query => expect(refusalOfText(query, true)).toBeUndefined());

	it.each([
		'update t set a = 1',
		'with a as (delete from t returning *) select * from a',
		'select * from t for update',
		'select * from t FOR NO KEY UPDATE',
		'select * from t for share',
		'select * from t for key share',
		'select 1 into t',
		'select * from t where a = $1',
		'select $2',
		'merge into t using s on true when matched then delete',
	])('%s is not executed', query => expect(refusalOfText(query, true)?.message).toMatch(/^EXPLAIN ANALYZE executes/));

	it('is masked if there are asterisks outside its comments', () => {
		expect(isMasked(`select dblink('password=***')`)).toBe(true);
		expect(isMasked('***')).toBe(true);
		expect(isMasked('/*** the shop ***/ select 1 -- ***')).toBe(false);
		expect(isMasked('select 1')).toBe(false);
	});
});

describe('the plan of a text', () => {
	const base: Circumstances = {
		version: 160_000,
		login: 'dba',
		role: 'app',
		ours: true,
		superuser: false,
		inRecovery: false,
		alwaysTriggers: false,
		makesFunctions: true,
		oid: 16_400,
		roleSuperuser: false,
		isLogin: false,
		canBecome: false,
		roleTemporary: true,
		powers: null,
	};
	const superuser = {...base, superuser: true, canBecome: true, powers: 'postgres'};
	const member = {...base, canBecome: true, powers: 'pg_signal_backend'};
	const own = {...base, isLogin: true, canBecome: true};

	test.each<[what: string, circumstances: Circumstances, way: unknown]>([
		['uses a function of the role for a superuser', superuser, {by: 'function', rights: 'role', risks: []}],
		['uses a function of the role for a member of it', member, {by: 'function', rights: 'role', risks: []}],
		['needs no function for the role itself', {...own, powers: 'pg_signal_backend'}, {by: 'session', rights: 'role', risks: []}],
		[
			'needs no function for the role itself on a standby',
			{...own, inRecovery: true, makesFunctions: false},
			{by: 'session', rights: 'role', risks: []},
		],
		[
			'needs consent for any other login',
			base,
			{by: 'session', rights: 'login', risks: [expect.stringContaining('with the privileges of dba')]},
		],
		[
			"needs consent for another superuser's text",
			{...superuser, roleSuperuser: true},
			{by: 'session', rights: 'login', risks: [expect.stringContaining('app is a superuser')]},
		],
		[
			"needs consent for a superuser's own text",
			{...superuser, roleSuperuser: true, isLogin: true},
			{by: 'session', rights: 'login', risks: [expect.stringContaining('app is a superuser')]},
		],
	])('%s', (_, circumstances, way) => expect(wayOf(circumstances)).toEqual(way));

	test.each<[what: string, circumstances: Circumstances, sentence: string]>([
		['a session of another role', {...superuser, ours: false}, 'does not run as dba'],
		['a role that is gone', {...superuser, oid: 0}, 'Role app no longer exists'],
		['a superuser on a standby', {...superuser, inRecovery: true}, 'standby'],
		['a superuser without plpgsql', {...superuser, makesFunctions: false}, 'plpgsql'],
		['a superuser whose event triggers cannot be switched off', {...superuser, alwaysTriggers: true}, 'always fires'],
		['a strong login that cannot become the role', {...base, powers: 'pg_signal_backend'}, 'can become pg_signal_backend'],
		['a strong login whose role cannot own a function', {...member, roleTemporary: false}, 'can become pg_signal_backend'],
		['a strong login on a standby', {...member, inRecovery: true}, 'can become pg_signal_backend'],
		["a strong login before a superuser's text", {...member, roleSuperuser: true}, 'can become pg_signal_backend'],
	])('is refused for %s', (_, circumstances, sentence) => {
		expect(wayOf(circumstances)).toMatchObject({message: expect.stringContaining(sentence), hint: expect.any(String)});
	});

	test('switches off event triggers that always fire from 17 on', () => {
		expect(wayOf({...superuser, version: 170_000, alwaysTriggers: true})).toMatchObject({by: 'function'});
	});
});
