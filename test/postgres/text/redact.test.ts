import fc from 'fast-check';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {redacted} from '../../../source/core/sql/redact.ts';
import type {Server} from '../../../source/demo/server.ts';
import {seed} from '../../core/arbitraries.ts';
import {connect, startTestServer} from '../servers.ts';

// Each mark is there once; those of literals begin with zq, those of names with nm, those of comments with kc.
const literals = [
	"'MARK'",
	"'MARK''b'",
	"'a\\MARK'",
	"'MARK\\'",
	"'MARK\\' ",
	"'MARK\\''",
	"'MARK\\\\'",
	"E'MARK\\'b'",
	"e'MARK''\\\\'",
	"E'a'\n'MARK\\'b'",
	"'a'\n  'MARK'",
	"'a' -- kcMARK'\n 'MARK'",
	"N'MARK'",
	"U&'MARK\\0061'",
	'$$MARK$$',
	"$$'MARK$$",
	'$a$MARK$$b$a$',
	'$a$ $b$MARK$a$',
	'$é$MARK$é$',
	'$1a$MARK$1a$',
	"1||'MARK'",
	"date '2026-11-22'||'MARK'",
	"(select 'MARK')",
	"lower('MARK')",
	"array['MARK', 'b']",
	'1e1 || $x$MARK$x$',
	'1$x$MARK$x$',
	'1e$x$MARK$x$',
	"e1 || 'MARK'",
] as const;
const gaps = [
	' ',
	'\n',
	'\r',
	'\t',
	'',
	'',
	'/*kcMARK*/',
	'/* \' /* " */ $$ kcMARK */',
	"--'kcMARK\n",
	'--kcMARK\r',
	'--\\\n',
	'+--kcMARK\n',
] as const;
const names = [
	'',
	'',
	' as "nmMARK"',
	' as "nm\'MARK"',
	' as nmMARK$a$',
	' as "nm$$MARK"',
	' nmMARK',
	' as "nm""MARK"',
	' as u&"nmMARK\\0061"',
] as const;

const item = fc.tuple(
	fc.constantFrom(...gaps),
	fc.constantFrom(...literals),
	fc.constantFrom(...gaps),
	fc.constantFrom(...names),
	fc.constantFrom(...gaps),
);

/** A list of literals with names and comments among them, each of their marks a number of its own. */
const statement = fc.array(item, {minLength: 1, maxLength: 5}).map(items => {
	let number = 1000;
	return `select ${items.map(parts => parts.join('')).join(',')}`.replace(
		/(kc|nm['"$]*)?MARK/g,
		(_, of?: string) => `${of ?? 'zq'}${number++}x`,
	);
});

describe.each([13, 18] as const)('on PostgreSQL %i', version => {
	let server: Server;
	let client: Client;
	beforeAll(async () => {
		server = await startTestServer(version);
		client = await connect(server);
	});
	afterAll(() => server?.remove());

	it.each(['on', 'off'])(
		'no piece of what the server read as a literal is left, with standard_conforming_strings %s',
		async setting => {
			await client.query(
				`set standard_conforming_strings = ${setting}; set backslash_quote = on; set escape_string_warning = off`,
			);
			let understood = 0;
			let whole = 0;
			await fc.assert(
				fc.asyncProperty(statement, async sql => {
					const answer = await client.query({text: sql, rowMode: 'array'}).catch(() => undefined);
					if (!answer || Array.isArray(answer)) return;
					understood++;
					const told = redacted(sql);
					for (const [mark] of JSON.stringify(answer.rows).matchAll(/zq\d+x/g)) expect(told).not.toContain(mark);
					if (told.endsWith('…') && !told.endsWith(', …')) return;
					whole++;
					for (const {name} of answer.fields) for (const [mark] of name.matchAll(/^nm\d+x/g)) expect(told).toContain(mark);
					for (const [mark] of sql.matchAll(/kc\d+x/g)) {
						const isComment = !JSON.stringify(answer.rows).includes(mark);
						if (isComment && !/'a' -- kc/.test(sql)) expect(told, sql).toContain(mark);
					}
				}),
				{seed, numRuns: 1500},
			);
			expect(understood).toBeGreaterThan(150);
			expect(whole).toBeGreaterThan(50);
		},
	);
});
