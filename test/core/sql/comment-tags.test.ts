import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {tagName, tagsOf, tagText} from '../../../source/core/sql/comment-tags.ts';
import {seed} from '../arbitraries.ts';

const tagged = (sql: string): Readonly<Record<string, string>> => Object.fromEntries(tagsOf(sql));

describe('tags in the comment of a statement', () => {
	it.each([
		["select 1 /*action='show',controller='orders'*/", {action: 'show', controller: 'orders'}],
		["/* controller='orders' */ select 1", {controller: 'orders'}],
		["select 1 /* route='%2Fpolls%201',traceparent='00-5bd6-01' */;", {route: '/polls 1', traceparent: '00-5bd6-01'}],
		["select 1 /*name='it\\'s'*/", {name: "it's"}],
		["select 1 /*db_driver='django.db',framework='django%3A4.2'*/ -- end", {db_driver: 'django.db', framework: 'django:4.2'}],
		['/*controller:orders,action:show*/ select 1', {controller: 'orders', action: 'show'}],
		['select 1 /*application:Shop,job:Foo::Bar*/', {application: 'Shop', job: 'Foo::Bar'}],
		["/*app:shop*/ select 1 /*app='other',action='show'*/", {app: 'shop', action: 'show'}],
		["select 1 /*bad='%E0%A4%A'*/", {bad: '%E0%A4%A'}],
	])('%s', (sql, tags) => {
		expect(tagged(sql)).toEqual(tags);
	});

	it.each([
		'select 1',
		"select '/*controller=''orders''*/'",
		"select $$ /*action='show'*/ $$",
		"select 1 /* action='show' */ + 1",
		'select 1 /* note: this is slow */',
		'select 1 /* see https://example.org */',
		"select 1 /* action='show', and prose */",
		"select 1 /*action='show'",
		"select 1 /* /*action='show'*/ */",
		"select 1 -- action='show'",
		'/**/ select 1 /*,*/',
	])('%s has none', sql => {
		expect(tagged(sql)).toEqual({});
	});

	it('a hostile name is not a tag, and a hostile value stays one value', () => {
		expect(tagged("select 1 /*a%20b='1',%1b%5b='2',ok='%1b[2J%00'*/")).toEqual({ok: '\u001b[2J\u0000'});
		const tags = tagsOf("select 1 /*__proto__='x',constructor='y'*/");
		expect([tags.get('__proto__'), tags.get('toString')]).toEqual(['x', undefined]);
	});

	it('their number and lengths are bounded', () => {
		const many = Array.from({length: 60}, (_, index) => `t${index}='${index}'`).join(',');
		expect(tagsOf(`select 1 /*${many}*/`).size).toBe(16);
		expect(tagsOf(`select 1 /*long='${'x'.repeat(3000)}'*/`).get('long')).toHaveLength(128);
		expect(tagsOf(`select 1 /*${'n'.repeat(65)}='1'*/`).size).toBe(0);
		expect(tagsOf(`select 1 /*long='${'x'.repeat(5000)}'*/`).size).toBe(0);
	});

	it('any text is read without an error, and gives only names that a filter can write', () => {
		const part = fc.constantFrom(
			'/*',
			'*/',
			"a='b'",
			',',
			'a:b',
			"'",
			'\\',
			'%',
			'%2',
			' ',
			'--',
			'\n',
			'$$',
			'select',
			'=',
			':',
		);
		fc.assert(
			fc.property(fc.array(part, {maxLength: 30}), parts => {
				const tags = tagsOf(parts.join(''));
				for (const name of tags.keys()) expect(name).toMatch(tagName);
				expect(tagText(tags) === null).toBe(tags.size === 0);
			}),
			{seed, numRuns: 1000},
		);
	});

	it('a long comment that is almost a list of tags is read in linear time', () => {
		const before = process.cpuUsage();
		for (const piece of ["a='", 'a:b,', "a='\\", 'aaaa', '/*']) tagsOf(`select 1 /*${piece.repeat(4000 / piece.length)}*/`);
		const {user, system} = process.cpuUsage(before);
		expect((user + system) / 1000).toBeLessThan(500);
	});
});
