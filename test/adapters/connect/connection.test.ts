import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {expect, describe as group, test} from 'vitest';
import {type ConnectionOptions, describe, resolveConnection, withPassword} from '../../../source/adapters/connect/connection.ts';
import {passwordFrom, passwordIn} from '../../../source/adapters/connect/pgpass.ts';
import type {Surroundings} from '../../../source/adapters/connect/surroundings.ts';
import {encryptions} from '../../../source/adapters/session/tls.ts';
import {UserError} from '../../../source/core/values/errors.ts';

const files: Readonly<Record<string, string>> = {
	'/home/ada/.pg_service.conf':
		'[other]\nhost=no\n\n# here\n[prod]\n  host=db7\nport=6432\nuser=eve\nhost=second\n[late]\ndbname=x',
	'/etc/postgresql-common/pg_service.conf': '[prod]\nhost=system\n[wide]\nhost=db8',
	'/srv/services':
		'[prod]\nhost=db9\n[nested]\nservice=prod\n[wrong]\nhots=db1 password=hunter2\n[ldap]\nldap://x\n[blank]\nhost = a',
};

const surroundings = (present: readonly string[] = ['/var/run/postgresql']): Surroundings => ({
	user: () => 'ada',
	home: () => '/home/ada',
	exists: path => present.includes(path),
	read: path => files[path] ?? '',
	hasUnixSockets: true,
});

type Environment = Readonly<Record<string, string>>;

const resolve = (options: ConnectionOptions, environment: Environment = {}, present?: readonly string[]) =>
	resolveConnection(options, {HOME: '/home/ada', ...environment}, surroundings(present));

const brief = (options: ConnectionOptions, environment?: Environment, present?: readonly string[]) =>
	describe(resolve(options, environment, present));

const mistake = (options: ConnectionOptions, environment?: Environment): UserError => {
	try {
		resolve(options, environment);
	} catch (error) {
		if (error instanceof UserError) return error;
		throw error;
	}
	throw new Error('Nothing was thrown.');
};

const sock = '/var/run/postgresql';

group('a connection is resolved as psql does', () => {
	test.each<[string, ConnectionOptions, Environment, string]>([
		['nothing given', {}, {}, `ada@${sock}:5432/ada`],
		['a database name', {positional: 'app'}, {}, `ada@${sock}:5432/app`],
		['-d and a user name', {dbname: 'app', positional: 'eve'}, {}, `eve@${sock}:5432/app`],
		['options', {host: 'db1', port: 6432, user: 'eve', dbname: 'app'}, {}, 'eve@db1:6432/app'],
		['the environment', {}, {PGHOST: 'db2', PGPORT: '7', PGUSER: 'eve', PGDATABASE: 'x'}, 'eve@db2:7/x'],
		['options before the environment', {host: 'db1', user: 'u'}, {PGHOST: 'db2', PGUSER: 'eve'}, 'u@db1:5432/u'],
		['an empty variable', {}, {PGHOST: '', PGUSER: ''}, `ada@${sock}:5432/ada`],
		['an empty -h hides PGHOST', {host: ''}, {PGHOST: 'db2'}, `ada@${sock}:5432/ada`],
		['a URI', {positional: 'postgresql://eve:pw@db1:6432/app'}, {PGHOST: 'db2'}, 'eve@db1:6432/app'],
		['the short scheme', {positional: 'postgres://db1/app'}, {}, 'ada@db1:5432/app'],
		['an empty URI', {positional: 'postgresql://'}, {PGHOST: 'db2'}, 'ada@db2:5432/ada'],
		['a URI with only a database', {positional: 'postgresql:///app'}, {}, `ada@${sock}:5432/app`],
		['escapes', {positional: 'postgresql://e%40ve:p%3Aw@db1/a%2Fb'}, {}, 'e@ve@db1:5432/a/b'],
		['characters of several bytes', {positional: 'postgresql://%C3%A9ve@db1/caf%C3%A9'}, {}, 'éve@db1:5432/café'],
		['a socket directory in a URI', {positional: 'postgresql://%2Ftmp%2Fpg:5433/app'}, {}, 'ada@/tmp/pg:5433/app'],
		['a socket directory as a parameter', {positional: 'postgresql:///app?host=/tmp/pg&port=1'}, {}, 'ada@/tmp/pg:1/app'],
		['an IPv6 address', {positional: 'postgresql://[2001:db8::1]:5433/app'}, {}, 'ada@[2001:db8::1]:5433/app'],
		['a parameter over its place', {positional: 'postgresql://a@db1/app?user=eve&dbname=x'}, {}, 'eve@db1:5432/x'],
		['pairs', {positional: 'host=db1 port=6432 user=eve dbname=app'}, {}, 'eve@db1:6432/app'],
		['pairs with blanks', {positional: " host = db1  dbname = 'my app' "}, {}, 'ada@db1:5432/my app'],
		['pairs with escapes', {positional: String.raw`host=db1 dbname='it\'s \\' user=a\ b`}, {}, "a b@db1:5432/it's \\"],
		['a string in -d wins over -h and -U', {dbname: 'host=db1 user=eve', host: 'db2', user: 'u', port: '9'}, {}, 'eve@db1:9/eve'],
		['an address alone', {positional: 'hostaddr=10.0.0.7'}, {}, 'ada@10.0.0.7:5432/ada'],
		['several hosts with one port', {host: 'db1,db2', port: '7'}, {}, 'ada@db1:7,db2:7/ada'],
		['several hosts with a port each', {}, {PGHOST: 'db1,db2', PGPORT: ',6432'}, 'ada@db1:5432,db2:6432/ada'],
		['several hosts of a URI', {positional: 'postgresql://db1:1,[::1],%2Ftmp:3/app'}, {}, 'ada@db1:1,[::1]:5432,/tmp:3/app'],
		['an empty host among others', {host: 'db1,'}, {}, `ada@db1:5432,${sock}:5432/ada`],
		['addresses beside names', {positional: 'host=db1,db2 hostaddr=10.0.0.1,10.0.0.2'}, {}, 'ada@db1:5432,db2:5432/ada'],
	])('%s', (_, options, environment, expected) => {
		expect(brief(options, environment)).toBe(expected);
	});

	test('chooses the socket directory where a server listens on the port', () => {
		const both = ['/var/run/postgresql', '/tmp', '/tmp/.s.PGSQL.5433'];
		expect(brief({port: '5433'}, {}, both)).toBe('ada@/tmp:5433/ada');
		expect(brief({}, {}, both)).toBe(`ada@${sock}:5432/ada`);
		expect(brief({}, {}, ['/tmp'])).toBe('ada@/tmp:5432/ada');
	});

	test.each<[string, ConnectionOptions, Environment, string]>([
		['in the user file, whose first value wins', {positional: 'service=prod'}, {}, 'eve@db7:6432/eve'],
		['by PGSERVICE', {}, {PGSERVICE: 'late'}, `ada@${sock}:5432/x`],
		['in the system file', {}, {PGSERVICE: 'wide'}, 'ada@db8:5432/ada'],
		['in a named file', {}, {PGSERVICE: 'prod', PGSERVICEFILE: '/srv/services'}, 'ada@db9:5432/ada'],
		['in a file named beside it', {positional: 'service=prod servicefile=/srv/services'}, {}, 'ada@db9:5432/ada'],
		['before the environment', {}, {PGSERVICE: 'prod', PGHOST: 'db2', PGDATABASE: 'y'}, 'eve@db7:6432/y'],
		['after the command line', {host: 'db1', user: 'u'}, {PGSERVICE: 'prod'}, 'u@db1:6432/u'],
		['from a URI', {positional: 'postgresql://?service=prod'}, {}, 'eve@db7:6432/eve'],
	])('a service is found %s', (_, options, environment, expected) => {
		expect(brief(options, environment, [sock, ...Object.keys(files)])).toBe(expected);
	});

	test('reads target_session_attrs and the timeout for several hosts', () => {
		expect(resolve({}, {PGTARGETSESSIONATTRS: 'prefer-standby', PGLOADBALANCEHOSTS: 'random'})).toMatchObject({
			targetSessionAttrs: 'prefer-standby',
			isBalanced: true,
		});
		expect(resolve({})).toMatchObject({targetSessionAttrs: 'any', isBalanced: false, keepAliveMs: 10_000});
		expect(resolve({positional: 'keepalives=0'}).keepAliveMs).toBeUndefined();
		expect(resolve({positional: 'keepalives_idle=30'}).keepAliveMs).toBe(30_000);
		expect([...(resolve({}, {PGREQUIREAUTH: 'md5,scram-sha-256'}).requireAuth ?? [])]).toEqual(['md5', 'scram-sha-256']);
		expect(resolve({}, {PGREQUIREAUTH: '!none'}).requireAuth?.has('md5')).toBe(true);
		expect(resolve({}, {PGREQUIREAUTH: '!none'}).requireAuth?.has('none')).toBe(false);
	});

	test('an address takes the place of all hosts that are named, with the role, the database and the password', async () => {
		const positional = 'host=a,b hostaddr=10.0.0.1,10.0.0.2 port=1,2 user=u dbname=d password=p target_session_attrs=read-write';
		const address = {host: '10.0.0.9', hostaddr: undefined, port: 7};
		const target = resolve({positional, address}, {PGHOSTADDR: '10.0.0.3', PGTARGETSESSIONATTRS: 'primary'});
		expect(target).toMatchObject({user: 'u', dbname: 'd', targetSessionAttrs: 'any', endpoints: [address]});
		expect(target.endpoints).toHaveLength(1);
		expect(await target.password()).toEqual({password: 'p'});
		expect(brief({address: {...address, host: 'db9', hostaddr: '10.0.0.9'}}, {PGHOST: sock})).toBe('ada@db9:7/ada');
	});

	test('application_name is pgtriage unless the connection or PGAPPNAME sets it', () => {
		expect(resolve({}).applicationName).toBe('pgtriage');
		expect(resolve({}, {PGAPPNAME: 'night watch'}).applicationName).toBe('night watch');
		expect(resolve({positional: 'application_name=mine'}, {PGAPPNAME: 'night'}).applicationName).toBe('mine');
	});

	test('takes PGOPTIONS and the connect timeout, with its own limit where libpq has none', () => {
		expect(resolve({}, {PGOPTIONS: '-c geqo=off'}).options).toBe('-c geqo=off');
		expect(resolve({}).connectTimeoutMs).toBe(5000);
		expect(resolve({}, {PGCONNECT_TIMEOUT: '10'}).connectTimeoutMs).toBe(10_000);
		expect(resolve({positional: 'connect_timeout=1'}).connectTimeoutMs).toBe(2000);
		expect(resolve({positional: 'connect_timeout=0'}).connectTimeoutMs).toBe(5000);
		expect([{}, {PGCONNECT_TIMEOUT: '0'}, {PGCONNECT_TIMEOUT: '10'}].map(each => resolve({}, each).patienceMs)).toEqual([
			25_000, 25_000, 0,
		]);
	});
});

group('what cannot be read or honoured is refused in a sentence', () => {
	test.each<[string, ConnectionOptions, Environment, RegExp]>([
		['a port that is not a number', {port: 'abc'}, {}, /not a port number/],
		['a port out of range', {positional: 'postgresql://db1:70000/'}, {}, /not a port number/],
		['an unknown keyword', {positional: 'hots=db1'}, {}, /Unknown connection parameter "hots"/],
		['an unknown parameter of a URI', {positional: 'postgresql://db1/?frob=1'}, {}, /Unknown connection parameter "frob"/],
		['a keyword of Object', {positional: 'constructor=1'}, {}, /Unknown connection parameter/],
		['a word without "="', {positional: 'host=db1 app'}, {}, /without "="/],
		['an open quote', {positional: "dbname='app"}, {}, /unclosed quote/],
		['a stray percent sign', {positional: 'postgresql://db1/a%zz'}, {}, /"%"/],
		['an open bracket', {positional: 'postgresql://[::1/app'}, {}, /host of the connection URI/],
		['a timeout that is not a number', {}, {PGCONNECT_TIMEOUT: 'soon'}, /not a valid connect_timeout/],
		['an unknown sslmode', {}, {PGSSLMODE: 'maybe'}, /sslmode cannot be "maybe"/],
		['verification without a root certificate', {host: 'db1'}, {PGSSLMODE: 'verify-full'}, /needs a root certificate/],
		['the system authorities without the name', {host: 'db1'}, {PGSSLMODE: 'require', PGSSLROOTCERT: 'system'}, /verify-full/],
		['a service nobody defines', {}, {PGSERVICE: 'prod'}, /No service file defines the service "prod"/],
		['a missing service file', {}, {PGSERVICE: 'prod', PGSERVICEFILE: '/none'}, /service file \/none does not exist/],
		['more ports than hosts', {host: 'a,b', port: '1,2,3'}, {}, /3 ports, but 2 hosts/],
		['more ports than the one host', {port: '1,2'}, {}, /2 ports, but 1 host\./],
		['fewer addresses than hosts', {positional: 'host=a,b hostaddr=10.0.0.1'}, {}, /2 host names but 1 in hostaddr/],
		['a wrong port among others', {host: 'a,b', port: '1,x'}, {}, /not a port number/],
		['unknown session attributes', {positional: 'target_session_attrs=leader'}, {}, /target_session_attrs cannot be "leader"/],
		['an unknown load balancing mode', {}, {PGLOADBALANCEHOSTS: 'yes'}, /load_balance_hosts/],
		['an unknown authentication method', {}, {PGREQUIREAUTH: 'scram'}, /require_auth cannot be "scram"/],
		['authentication methods with and without "!"', {}, {PGREQUIREAUTH: '!md5,password'}, /require_auth/],
		['a client certificate that must be asked for', {}, {PGSSLCERTMODE: 'require'}, /sslcertmode/],
		['keepalives that are not a number', {positional: 'keepalives=yes'}, {}, /not a valid keepalives/],
		['an address to be verified by name', {}, {PGHOSTADDR: '10.0.0.1', PGSSLMODE: 'verify-full'}, /root certificate/],
		['required GSS', {}, {PGGSSENCMODE: 'require'}, /gssencmode/],
		['an argument too many', {dbname: 'a', user: 'b', positional: 'c'}, {}, /Too many arguments/],
	])('%s', (_, options, environment, sentence) => {
		const error = mistake(options, environment);
		expect(error.message).toMatch(sentence);
		expect(error.hint).toBeTruthy();
		expect(error.exitCode).toBe(2);
	});

	test.each(['nested', 'wrong', 'ldap', 'blank'])('names the line of a service that cannot be read: %s', PGSERVICE => {
		const read = () => resolve({}, {PGSERVICE, PGSERVICEFILE: '/srv/services'}, Object.keys(files));
		expect(read).toThrow(/^Line \d+ of the service file \/srv\/services cannot be read\.$/);
	});

	test.each([
		'postgresql://u:hunter2@db1:x/a',
		'postgresql://u:hunter2%zz@db1/a',
		"host=a password='hunter2",
		'password=hunter2 hots=1',
		'password= hunter2 hunter2',
		'postgresql://u:hunter2@[::1/a',
		'postgresql://u:x@hunter2@db1/a',
		'postgresql://u:x@hunter2:y@db1/a',
		'postgresql://u:x/hunter2@db1/a',
		'postgresql://u:hunter2/x@db1/a',
		'postgresql://u:17/hunter2@db1/a',
		'postgresql://u:/hunter2@db1/a',
		'postgresql://u:x@17/hunter2@db1/a',
		'postgresql://u:x/y?hunter2=z@db1/a',
		'postgresql://u:17/y?hunter2=z@db1/a',
		'postgresql://u:x/y?a=b=hunter2@db1/a',
		'postgresql://u:hunter2',
		'postgresql://hunter2:x@[y/a',
		'u:hunter2@db1/a',
		'jdbc:postgresql://u:hunter2@db1/a',
		'u:hunter2=@db1/a',
		'password=x hunter2=y',
		"password='x'hunter2=y",
		'sslpassword=x hunter2=y',
		'password=x hunter2',
	])('a password is in no error: %s', positional => {
		const error = mistake({positional});
		expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('hunter2');
		expect(error.hint).toBeTruthy();
	});

	test.each<[string, Environment]>([
		['a URI as the host', {PGHOST: 'postgresql://u:hunter2@db1/a'}],
		['a user, a password and a host as the host', {PGHOST: 'u:hunter2@db1'}],
		['a password as the port', {PGPORT: 'hunter2'}],
	])('a password is in no error about the environment: %s', (_, environment) => {
		const error = mistake({}, environment);
		expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('hunter2');
	});

	test.each([
		['postgresql://u:a@b@db1/a', '%40'],
		['postgresql://u:a/b@db1/a', '%2F'],
		['postgresql://u:a%zz@db1/a', '%25'],
		['password=a b=c', "password='a b'"],
		['password=a b', "password='a b'"],
	])('%s gets a hint with %s', (positional, remedy) => {
		expect(mistake({positional}).hint).toContain(remedy);
	});

	test.each<[string, string, string]>([
		['postgresql://u:a#b@db1/a', 'a#b', 'u@db1:5432/a'],
		['postgresql://u:a?b@db1/a', 'a?b', 'u@db1:5432/a'],
		['postgresql://u:a:b@db1/a', 'a:b', 'u@db1:5432/a'],
		['postgresql://u:a%40b%2Fc@db1/a', 'a@b/c', 'u@db1:5432/a'],
		['postgresql://db1:5432/a?user=u@corp&password=p', 'p', 'u@corp@db1:5432/a'],
	])('%s is read as libpq reads it', async (positional, password, place) => {
		const target = resolve({positional});
		expect(await target.password()).toMatchObject({password});
		expect(describe(target)).toBe(place);
	});

	test('a database name may hold "@" if it cannot be a part of a password', () => {
		expect(brief({positional: 'postgresql://db1/a@b'})).toBe('ada@db1:5432/a@b');
		expect(brief({dbname: 'a@b'})).toBe(`ada@${sock}:5432/a@b`);
	});

	test('never prints the password of a target', () => {
		const target = withPassword(resolve({positional: 'postgresql://u:hunter2@db1/a'}, {PGPASSWORD: 'hunter2'}), 'hunter2');
		expect(target.password()).toEqual({password: 'hunter2'});
		expect(`${describe(target)} ${JSON.stringify(target)} ${inspect(target, {depth: 9})}`).not.toContain('hunter2');
	});
});

group('encryption', () => {
	const kinds = (options: ConnectionOptions, environment?: Environment, present?: readonly string[]) =>
		encryptions(resolve(options, environment, present)).map(one => (one === undefined ? 'plain' : 'tls'));

	test.each([
		['disable', ['plain']],
		['allow', ['plain', 'tls']],
		['prefer', ['tls', 'plain']],
		['require', ['tls']],
	])('sslmode %s tries what libpq tries', (PGSSLMODE, expected) => {
		expect(kinds({host: 'db1'}, {PGSSLMODE})).toEqual(expected);
		expect(kinds({host: '/tmp'}, {PGSSLMODE})).toEqual(['plain']);
	});

	test('defaults to prefer, and raises require to verify-ca with a root certificate', () => {
		expect(resolve({host: 'db1'}).sslmode).toBe('prefer');
		expect(resolve({host: 'db1'}, {PGSSLMODE: 'require'}, ['/home/ada/.postgresql/root.crt']).sslmode).toBe('verify-ca');
		expect(resolve({positional: 'postgresql://db1/?ssl=true'}).sslmode).toBe('require');
		expect(resolve({host: 'db1'}, {PGREQUIRESSL: '1'}).sslmode).toBe('require');
	});

	test('rejects a certificate that an existing root certificate did not sign', () => {
		const options = (PGSSLMODE: string) =>
			encryptions(resolve({host: 'db1'}, {PGSSLMODE, PGSSLROOTCERT: '/dev/null'}, ['/dev/null']))[0];
		expect(encryptions(resolve({host: 'db1'}))[0]).toMatchObject({rejectUnauthorized: false, servername: 'db1'});
		expect(options('verify-ca')).toMatchObject({rejectUnauthorized: true});
		// As in libpq, an existing root certificate is used in every mode.
		expect(options('prefer')).toMatchObject({rejectUnauthorized: true});
	});
});

group('.pgpass', () => {
	const key = {host: 'db1', port: 5432, dbname: 'app', user: 'eve'};
	test.each<[string, string, string | undefined]>([
		['an exact line', 'db1:5432:app:eve:secret', 'secret'],
		['a short line', 'db1:*:*:*:x', 'x'],
		['wildcards', '*:*:*:*:any', 'any'],
		['the first match wins', 'db1:5432:app:eve:one\n*:*:*:*:two', 'one'],
		['another host', 'db2:5432:app:eve:secret', undefined],
		['a part of a wildcard is a name', 'db*:5432:app:eve:secret', undefined],
		['an escaped star is a name', String.raw`\*:5432:app:eve:secret`, undefined],
		['colons and backslashes in the password', String.raw`db1:5432:app:eve:a\:b:c\\d`, 'a:b:c\\d'],
		['an escaped colon in a field', `${String.raw`a\:b:1:c:d:no`}\ndb1:5432:app:eve:yes`, 'yes'],
		['comments and broken lines', '# db1:5432:app:eve:no\nnonsense\n\ndb1:5432:app:eve:yes\r\n', 'yes'],
	])('%s', (_, text, expected) => {
		expect(passwordIn(text, key)).toBe(expected);
	});

	test('skips a password file that others can read and keeps the reason for the hint', () => {
		const folder = mkdtempSync(join(tmpdir(), 'pgpass-'));
		const path = join(folder, 'pass');
		try {
			writeFileSync(path, 'localhost:*:*:*:secret\n');
			chmodSync(path, 0o640);
			expect(passwordFrom(path, {...key, host: 'localhost'})).toEqual({ignored: expect.stringContaining('chmod 0600')});
			chmodSync(path, 0o600);
			expect(passwordFrom(path, {...key, host: 'localhost'})).toEqual({password: 'secret'});
			expect(passwordFrom(join(folder, 'none'), key)).toEqual({});
			expect(passwordFrom(folder, key)).toEqual({ignored: expect.stringContaining('not a regular file')});
			const found = (options: ConnectionOptions) => resolve(options, {PGPASSFILE: path}).password();
			expect(found({})).toEqual({password: 'secret'});
			expect(found({host: '/elsewhere'})).toEqual({});
			expect(resolve({}, {PGPASSFILE: path, PGPASSWORD: 'typed'}).password()).toEqual({password: 'typed'});
		} finally {
			rmSync(folder, {recursive: true});
		}
	});
});
