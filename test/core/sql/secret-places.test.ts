import {describe, expect, it} from 'vitest';
import {masked} from '../../../source/core/sql/secrets.ts';

// In the cases below, § is the secret in the statement and *** in what is left of it.
const secret = 'hunter2Z9';

const check = (pattern: string): void => {
	const expected = pattern.replaceAll('§', '***');
	expect(masked(pattern.replaceAll('§', secret))).toBe(expected);
	expect(masked(expected)).toBe(expected);
};

describe('a secret is masked by the place where it is', () => {
	it.each([
		// Quoting
		"alter role a password U&'§'",
		"alter role a password N'§'",
		"alter role a password E'\\x68§'".replace('\\x68§', '§'),
		'alter role a password $tag$§$tag$',
		"create subscription s connection U&'host=a password=§' publication p",
		"create subscription s connection 'host=a password='\n'§' publication p",
		"create subscription s connection 'host=a pass'\n'word=§' publication p",
		// PREPARE and EXECUTE
		"prepare p as update users set password = '§' where id = 1",
		"prepare p as insert into users (name, password) values ($1, $2); execute p('§', '§')",
		"execute set_password('§', '§')",
		// Settings
		"set myapp.api_key to '§'",
		'set myapp.api_key to §',
		'set myapp.api_key = §',
		'set local "myapp"."token" = §; select 1',
		"set session myapp.token = '§'",
		"alter database d set app.api_token to '§'",
		"alter role r in database d set app.jwt = '§'",
		"alter system set app.secret_key = '§'",
		"select set_config('myapp.password', '§', false)",
		"select pg_catalog.set_config('app.jwt', '§', true)",
		"select set_config('app.password'::text, '§'::text, false)",
		"select set_config(E'app.password', $q$§$q$, false)",
		"select set_config(setting_name => 'app.password', new_value => '§', is_local => true)",
		"do $x$ begin perform set_config('app.password', '§', false); end $x$",
		// Options and connections
		"create server s foreign data wrapper f options (host 'h', password '§', token '§')",
		"create user mapping for a server s options (user 'x', passcode '§')",
		"select dblink_connect('postgres://u:§@h/db')",
		"select dblink('dbname=x password=§', 'select 1')",
		// Keys of pgcrypto
		"select pgp_sym_encrypt('data', '§')",
		"select pgp_sym_encrypt(data, '§', 'cipher-algo=aes256') from t",
		'select public.pgp_sym_decrypt_bytea(col, $$§$$) from t',
		"select pgp_pub_decrypt(col, dearmor('§'), '§')",
		"select hmac('data', '§'::bytea, 'sha256')",
		"select encrypt_iv('data', '§', 'iv', 'aes')",
		"select password = crypt('§', password) from users",
		"create function f() returns text as $$ select pgp_sym_encrypt('x', '§') $$ language sql",
		"select vault.create_secret('§', 'name')",
		// Columns
		"insert into t (name, password) values ('bob', '§')",
		"insert into t (name, password) values ('bob', '§'), ('eve', '§') on conflict (name) do update set name = 'x'",
		`insert into s.t as x (name, "Password") overriding system value values (lower('bob'), upper('§')), (default, $$§$$)`,
		"insert into t (name, password) select 'bob', '§' from u where a = 'b'",
		"with x as (insert into t (name, password) values ('bob', '§') returning 1) select 'y' from x",
		"insert into t (name, password) values ('bob', crypt('§', gen_salt('bf')))",
		"explain analyze insert into t (id, password_hash, name) values (1, '§', 'x')",
		"merge into t using s on true when not matched then insert (name, password) values ('bob', '§')",
		"update t set password = upper('§'), name = 'x' where id = 'y'",
		"update t set password = '§' || '§' where name = 'x'",
		"update t set (name, password) = ('bob', '§')",
		"update t set (name, password) = row('bob', '§') where name = 'x'",
		"select * from t where api_key = '§' and name = 'x'",
		"select * from t where t.api_key in ('§', '§') or a in ('x')",
		"select * from t where api_key = any(array['§']) order by 'x'",
		"select * from t where api_key like '§%'".replace('§%', '§'),
		"select * from t where '§' = u.api_key and 'x' = u.name",
		"select * from t where lower(password) = '§'",
		"select * from t where data->>'password' = '§' and data->>'name' = 'x'",
		"call create_user(p_name => 'bob', p_password => '§')",
		"select jsonb_build_object('password', '§', 'name', 'x')",
		"select hstore('password', '§')",
		"select jsonb_set(data, '{password}', '§') from t",
		// Text of other programs
		'-- password: §\nselect 1',
		'/* password: § */ select 1',
		"/* token=§ */ select 'x'",
		'/* api-key: §*/ select 1',
		'/* Authorization: Basic § */ select 1',
		`select '{"password": "§", "apiKey": ["§"]}'::jsonb`,
		"select '<password>§</password>'::xml",
		"select http_post('u', 'X-Api-Key: §')",
		'Key (api_key)=(§) already exists.',
		'Key (token, name)=(§) is not present in table "t".',
	])('%s', check);
});

describe('a token is masked behind the prefix of its issuer', () => {
	const letters = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH';
	it.each([
		['ghp_', letters],
		['github_pat_', `11ABCDEFG0_${letters}`],
		['glpat-', letters],
		['xoxb-', `123456789012-${letters}`],
		['AIza', letters],
		['sk_live_', letters],
		['npm_', letters],
		['sk-', `proj-${letters}`],
		['SG.', `${letters}.${letters}`],
		['hf_', letters],
		['https://hooks.slack.com/services/', `T00/B00/${letters}`],
		['eyJ', `${letters}.eyJ${letters}.${letters}`],
	])('%s', (prefix, rest) => {
		expect(masked(`select '${prefix}${rest}', 'x'`)).toBe(`select '${prefix}***', 'x'`);
		expect(masked(`/* ${prefix}${rest} */ select 1`)).toBe(`/* ${prefix}*** */ select 1`);
	});

	it('a private key is masked up to its end, or to that of the text', () => {
		const begin = '-----BEGIN RSA PRIVATE KEY-----';
		const end = '-----END RSA PRIVATE KEY-----';
		expect(masked(`insert into k values ('${begin}\nMIIE\nabc=\n${end}')`)).toBe(`insert into k values ('${begin}***${end}')`);
		expect(masked(`insert into k values (E'${begin}\\nMIIE`)).toBe(`insert into k values (E'${begin}***`);
	});
});

describe('text without a secret stays', () => {
	it.each([
		"insert into t (password, name) values ($1, 'bob')",
		"insert into t (name, note) values ('password', 'x')",
		"select set_config('app.user', 'bob', false)",
		"set app.token to default; select 'x'",
		"select token, 'x' from t where name = 'bob'",
		"select * from t where token.name = 'x' and 'x' = token.name",
		"create index on t (password) where name = 'x'",
		"create unique index on t (token) where state = 'x'",
		"select password::text, 'x' from t",
		"select data->>'password', 'x' from t",
		"update t set name = 'x' where password is not null and state = 'y'",
		"select case when password = $1 then 'yes' else 'no' end from t",
		"select encode(digest('x', 'sha256'), 'hex')",
		"execute get_order('42')",
		"alter table users rename column password to pw; select 'x'",
		"select sum(tokens) from usage where model = 'x'",
		"select 'monkey', keyboard from t where key = 'x' and primary_key = 'y'",
		"insert into t (name, passenger) values ('bob', 'eve')",
		"select crypt($1, 'x')",
		'select /* token: $1 */ 1',
	])('%s', text => {
		expect(masked(text)).toBe(text);
	});
});
