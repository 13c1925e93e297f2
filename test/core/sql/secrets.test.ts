import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {statement, statementHead} from '../../../source/core/sample/query.ts';
import {masked} from '../../../source/core/sql/secrets.ts';
import {anyText, seed} from '../arbitraries.ts';

const verifier = 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy';
const hash = `md5${'0123456789abcdef'.repeat(2)}`;
const awsKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

describe('only secrets are masked', () => {
	it.each([
		["alter role app password 'top\"secret'", "alter role app password '***'"],
		[
			"ALTER ROLE app ENCRYPTED PASSWORD 'topsecret' VALID UNTIL '2027-01-01'",
			"ALTER ROLE app ENCRYPTED PASSWORD '***' VALID UNTIL '2027-01-01'",
		],
		["create user app with password 'it''s' login", "create user app with password '***' login"],
		["CrEaTe RoLe app PaSsWoRd'x'", "CrEaTe RoLe app PaSsWoRd'***'"],
		["alter role app password /* new */ -- one\n 'topsecret'", "alter role app password /* new */ -- one\n '***'"],
		["alter role app password E'a\\'b''c' login", "alter role app password E'***' login"],
		["alter role app password U&'\\0074op' uescape '!'", "alter role app password U&'***' uescape '!'"],
		['alter role app password $$topsecret$$ login', 'alter role app password $$***$$ login'],
		['alter role app password $pw$top$$secret$pw$ login', 'alter role app password $pw$***$pw$ login'],
		["alter role app password 'top'\n\t'secret' login", "alter role app password '***'\n\t'***' login"],
		["alter role app password 'top' -- one\n'secret' login", "alter role app password '***' -- one\n'***' login"],
		["alter role app password 'top'\r'secret' login", "alter role app password '***'\r'***' login"],
		["alter role app password E'top'\n'sec\\'ret' login", "alter role app password E'***'\n'***' login"],
		["alter role app password /* a /* b */ c */ 'topsecret'", "alter role app password /* a /* b */ c */ '***'"],
		["/* it's /* */ */ alter role app password 'topsecret'", "/* it's /* */ */ alter role app password '***'"],
		["-- it's\ralter role app password 'topsecret'", "-- it's\ralter role app password '***'"],
		["select 1 /* /* */ password 'topsecret", "select 1 /* /* */ password '***"],
		["alter role app password\u00a0'topsecret'", "alter role app password\u00a0'***'"],
		['alter role app password $é1$top$$secret$é1$ login', 'alter role app password $é1$***$é1$ login'],
		['do $a$ begin alter role app password $b$topsecret$b$; end $a$', 'do $a$ begin alter role app password $b$***$b$; end $a$'],
		['update users set U&"password" = \'topsecret\'', 'update users set U&"password" = \'***\''],
		["alter role U&\"d\\0061t'a\" password 'topsecret'", "alter role U&\"d\\0061t'a\" password '***'"],
		["alter role \"it's\" password 'topsecret'", "alter role \"it's\" password '***'"],
		["alter role app password 'a\nb\n", "alter role app password '***"],
		['alter role app password $pw$topsec', 'alter role app password $pw$***'],
		["alter role app password E'topsec\\", "alter role app password E'***"],
		[`alter role app password '${verifier}'`, "alter role app password '***'"],
		[`select '${verifier}' = rolpassword`, "select 'SCRAM-SHA-256$***' = rolpassword"],
		[`select '${hash}', md5('text')`, "select 'md5***', md5('text')"],
		[
			"create subscription s connection 'host=a password=b user=c' publication p",
			"create subscription s connection 'host=a password=*** user=c' publication p",
		],
		[
			"create subscription s connection 'host=a password=''it\\''s mine'' user=c' publication p",
			"create subscription s connection 'host=a password=''***'' user=c' publication p",
		],
		[
			"create subscription s connection 'host=a password = b' publication p",
			"create subscription s connection 'host=a password = ***' publication p",
		],
		["create subscription s connection 'topsecret' publication p", "create subscription s connection '***' publication p"],
		["create subscription s connection 'host=a passw", "create subscription s connection '***"],
		[
			"alter subscription s connection 'postgresql://app:b@host:5432/db?sslmode=require'",
			"alter subscription s connection 'postgresql://app:***@host:5432/db?sslmode=require'",
		],
		[
			"create user mapping for app server far options (user 'a', password 'b c')",
			"create user mapping for app server far options (user 'a', password '***')",
		],
		[
			"alter user mapping for app server far options (set password 'b', add sslpassword 'c')",
			"alter user mapping for app server far options (set password '***', add sslpassword '***')",
		],
		["select dblink_connect('far', 'host=a user=b password=c')", "select dblink_connect('far', 'host=a user=b password=***')"],
		[
			"select * from dblink($$host=a password='b c' dbname=d$$, 'select 1')",
			"select * from dblink($$host=a password='***' dbname=d$$, 'select 1')",
		],
		[
			"select dblink_exec('host=a', 'alter role app password ''topsecret''')",
			"select dblink_exec('host=a', 'alter role app password ''***''')",
		],
		[
			"do $$ begin execute 'alter role app password ''topsecret'''; end $$",
			"do $$ begin execute 'alter role app password ''***'''; end $$",
		],
		["do $$ begin alter role app password 'topsecret'; end $$", "do $$ begin alter role app password '***'; end $$"],
		["alter system set primary_conninfo = 'host=a password=b'", "alter system set primary_conninfo = 'host=a password=***'"],
		["host=a user='b c' password='d \\' e' sslpassword=f", "host=a user='b c' password='***' sslpassword=***"],
		['host=a password=to\\ psecret user=b', 'host=a password=*** user=b'],
		[
			'postgres://app:p@ss/w0rd@host/db?sslpassword=x&application_name=y',
			'postgres://app:***@host/db?sslpassword=***&application_name=y',
		],
		["select 'redis://:topsecret@cache:6379/0'", "select 'redis://:***@cache:6379/0'"],
		["copy t from program 'curl https://app:topsec", "copy t from program 'curl https://app:***"],
		[
			'copy t from program \'PGPASSWORD=topsecret psql -c "select 1"\'',
			'copy t from program \'PGPASSWORD=*** psql -c "select 1"\'',
		],
		['env PGPASSWORD=topsecret wal-push %p', 'env PGPASSWORD=*** wal-push %p'],
		[
			"select aws_commons.create_aws_credentials('AKIAIOSFODNN7EXAMPLE', 'KEY', '')".replace('KEY', awsKey),
			"select aws_commons.create_aws_credentials('***', '***', '')",
		],
		[`set app.aws_secret_access_key = '${awsKey}'`, "set app.aws_secret_access_key = '***'"],
		["set app.jwt_secret to 'topsecret'", "set app.jwt_secret to '***'"],
		["select http_header('Authorization', 'Bearer abcdefghijklmnop.qrst')", "select http_header('Authorization', 'Bearer ***')"],
		["update users set password = 'topsecret', name = 'bob'", "update users set password = '***', name = 'bob'"],
		['update users set "password" = \'topsecret\'', 'update users set "password" = \'***\''],
		[
			"update users set password = crypt('topsecret', gen_salt('bf'))",
			"update users set password = crypt('***', gen_salt('bf'))",
		],
		['insert into t values (\'{"user": "a", "password": "b"}\')', 'insert into t values (\'{"user": "a", "password": "***"}\')'],
		['syntax error in "alter role app password \'topsecret\' x"', 'syntax error in "alter role app password \'***\' x"'],
		["select 1 /* password='topsecret' */", "select 1 /* password='***' */"],
		// With standard_conforming_strings off a backslash escapes a quote in any literal.
		["alter role app password 'top\\'secret'", "alter role app password '***'"],
		["select 'it\\'s'; alter role app password 'topsecret'", "select 'it\\'s'; alter role app password '***'"],
		["select 'a\\'; alter role app password 'topsecret'", "select 'a\\'; alter role app password '***'"],
	])('%s', (text, expected) => {
		expect(masked(text)).toBe(expected);
		expect(masked(expected)).toBe(expected);
	});
});

describe('a text that only resembles a secret stays', () => {
	it.each([
		'select password from users where id = 1',
		'select "password", \'x\' from users',
		"select 'password', 'x'",
		'update users set password_hash = $1 where id = $2',
		'update users set password = $1, updated = now()',
		'insert into users (name, password) values ($1, $2) on conflict (name) do update set password = excluded.password',
		"select u.id from users u join old o on u.password = o.password where o.name = 'bob'",
		"create table users (name text default 'x', password text not null)",
		"comment on column users.password is 'as bcrypt'",
		"select column_name from information_schema.columns where column_name in ('password', 'secret')",
		'alter role app password null',
		"alter role app valid until 'infinity' connection limit 5",
		'password authentication failed for user "app"',
		'column "password" does not exist',
		'no password supplied',
		'alter role app password $1',
		"select * from pg_subscription where subconninfo like '%host=a%'",
		"select 'http://host:8080/path?email=a@example.org'",
		'postgresql://host:5432/db',
		'postgresql://app@host/db',
		"set timezone = 'Asia/Tokyo'",
		"select md5('password')",
		"select * from connections where connection = 'a'",
		'do $$ begin if new.password = old.password then return new; end if; end $$',
		'scram-sha-256',
		'on',
		'',
	])('%s', text => {
		expect(masked(text)).toBe(text);
	});
});

/** Milliseconds of CPU time that this thread spends: other programs on the machine do not count. */
const cpuMsOf = (work: () => void): number => {
	const before = process.threadCpuUsage();
	work();
	const {user, system} = process.threadCpuUsage(before);
	return (user + system) / 1000;
};

// Pieces that open, close and cut each other in every order.
const piece = fc.oneof(
	fc.constantFrom(
		...["'", "''", '"', '\\', "\\'", '$$', '$a$', '$a', '/*', '*/', '--', '\n', ' ', '=', ':', '(', ',', '@', '://'],
	),
	fc.constantFrom(
		'password',
		'PASSWORD ',
		'connection ',
		'host=a ',
		'secret',
		"E'",
		"U&'",
		'select ',
		'alter role a ',
		'bearer ',
		'***',
		'AKIA',
		'x',
	),
	fc.constantFrom(
		'insert into t (',
		'values (',
		'set ',
		'execute ',
		'prepare p as ',
		'hstore(',
		'crypt(',
		'->>',
		')=(',
		'eyJ',
		'ghp_',
	),
	anyText,
);
const hostile = fc.array(piece, {maxLength: 40}).map(pieces => pieces.join(''));

describe('masking', () => {
	it('changes nothing that is masked already', () => {
		fc.assert(
			fc.property(hostile, text => {
				const once = masked(text);
				expect(masked(once)).toBe(once);
			}),
			{seed, numRuns: 20_000},
		);
	});

	const secret = fc.string({unit: fc.constantFrom(...'QZXJKV0987!?/@#&'), minLength: 5, maxLength: 12});
	const wrapped = fc.constantFrom(
		(value: string) => `password '${value}'`,
		(value: string) => `PASSWORD E'${value}'`,
		(value: string) => `password $body$${value}$body$`,
		(value: string) => `connection 'host=h password=${value}'`,
		(value: string) => `options (user 'u', password '${value}')`,
		(value: string) => `set app.api_key = '${value}'`,
	);

	it('leaves no piece of a secret, in any whole statement and wherever it is cut', () => {
		const around = fc.constantFrom('', "select 'a''b', \"c'd\" ", "/* it's */ ", "-- don't\n", "$f$ it's $f$ ", "E'\\'' ");
		fc.assert(
			fc.property(around, wrapped, secret, around, fc.nat(), (before, wrap, value, after, cut) => {
				const text = `alter role r ${before}${wrap(value)} ${after}`;
				expect(masked(text)).not.toContain(value);
				const end = text.indexOf(value) + 1 + (cut % value.length);
				const part = text.slice(text.indexOf(value), end);
				if (part.length > 3) expect(masked(text.slice(0, end))).not.toContain(part);
			}),
			{seed, numRuns: 5000},
		);
	});

	it('leaves a text without a mark of a secret unchanged', () => {
		fc.assert(
			fc.property(anyText, text => {
				fc.pre(!/passw|secret|:\/\//i.test(text));
				expect(masked(text)).toBe(text);
			}),
			{seed, numRuns: 2000},
		);
	});

	it('is fast on any hostile text', () => {
		const marks = [
			'insert into t (password) values (',
			'update t set (a, password) = (',
			'execute token(',
			'set a.token to ',
			'pgp_sym_encrypt(',
			'hstore(',
			"'x' = ",
			'eyJ',
			'eyJabcdefgh.',
			'-----BEGIN PRIVATE KEY-----',
			'ghp_',
			'SG.',
			'authorization: basic ',
			'token:',
			'<password>',
			'password',
			'password ',
			"password'",
			"password''",
			'password"',
			'password=',
			'password/*',
			'password $a$',
			'://a:',
			'://',
			'bearer ',
			'connection ',
		];
		const others = [
			"'",
			"''",
			'\\',
			"\\'",
			'\n',
			' ',
			'/*',
			'*/',
			'--',
			'$',
			'$$',
			'$a$',
			'"',
			'password',
			'=',
			'a=',
			'@',
			'A',
			'(',
			'***',
			',',
			')',
			';',
			"'a',",
			"'a'\n",
			'-----END',
		];
		for (const mark of marks)
			for (const other of others)
				for (const text of [mark + other.repeat(100_000 / other.length), (mark + other).repeat(100_000 / (mark + other).length)])
					expect({text: text.slice(0, 40), tookMs: cpuMsOf(() => masked(text))}).toMatchObject({
						tookMs: expect.toSatisfy((ms: number) => ms < 500),
					});
	});

	it('costs nearly nothing on texts without secrets', () => {
		const plain = 'select a.id, sum(b.total) from accounts a join bookings b on b.account = a.id group by 1 '.repeat(12);
		masked(plain);
		const tookMs = cpuMsOf(() => {
			for (let index = 0; index < 1000; index++) masked(plain);
		});
		expect(tookMs).toBeLessThan(50);
	});
});

it('statements and their beginnings are masked on decoding', () => {
	expect(statement.decode("alter role é password 'topsecret'")).toBe("alter role é password '***'");
	expect(statementHead.decode("alter role \\303\\251 password 'topse")).toBe("alter role é password '***");
});
