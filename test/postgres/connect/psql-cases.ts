import type {ConnectionOptions} from '../../../source/adapters/connect/connection.ts';

/**
 * Connection parameters for psql and pgtriage, and where both must end: `primary` or `standby`, with `tls` if encrypted, or
 * the reason they fail. `{primary}`, `{standby}` and `{dead}` are addresses, `{socket}` the primary's socket directory, `{%socket}` the same
 * for a URI, `{folder}` holds the files.
 */
export type Case = readonly [
	what: string,
	options: ConnectionOptions,
	environment: Readonly<Record<string, string>>,
	expected: string,
];

const there = {PGHOST: '{socket}'};
const tcp = {PGHOST: '{primary}', PGUSER: 'plain', PGDATABASE: 'postgres'};
const named = {PGHOST: 'db.test', PGHOSTADDR: '{primary}', PGUSER: 'plain', PGDATABASE: 'postgres'};
const trusted = {...named, PGSSLROOTCERT: '{folder}/root.crt'};
const several = {PGUSER: 'plain', PGDATABASE: 'postgres', PGSSLMODE: 'disable'};
const services = {PGSERVICEFILE: '{folder}/services'};
const sesame = {PGPASSWORD: 'secret'};
const attrs = (target_session_attrs: string, host: string): ConnectionOptions => ({
	positional: `host=${host} target_session_attrs=${target_session_attrs}`,
});

const strings: readonly Case[] = [
	['options', {host: '{socket}', user: 'postgres', dbname: 'my app'}, {}, 'primary'],
	['the database of the name of the user', {host: '{socket}', user: 'monitor'}, {}, 'primary'],
	['a database that is not there', {host: '{socket}', user: 'plain'}, {}, 'no database'],
	['a role that is not there', {host: '{socket}', user: 'nobody_here', dbname: 'postgres'}, {}, 'no role'],
	['a database as the argument', {positional: 'my app'}, {...there, PGUSER: 'plain'}, 'primary'],
	['a user as the argument', {dbname: 'postgres', positional: 'plain'}, there, 'primary'],
	['a URI', {positional: 'postgresql://monitor@{%socket}'}, {}, 'primary'],
	['a URI before the environment', {positional: 'postgresql://monitor@{%socket}:5432/my%20app'}, {PGUSER: 'plain'}, 'primary'],
	['parameters of a URI', {positional: 'postgres:///postgres?host={%socket}&user=plain&application_name=a%20b'}, {}, 'primary'],
	[
		'options in a URI',
		{positional: 'postgres:///postgres?host={%socket}&user=plain&options=-c%20geqo_threshold%3D7'},
		{},
		'primary',
	],
	['a URI that ends in "?"', {positional: 'postgresql://plain@{%socket}/postgres?'}, {}, 'primary'],
	['a parameter without a value', {positional: 'postgresql://plain@{%socket}/postgres?user'}, {}, 'usage'],
	['an unknown parameter', {positional: 'postgresql://plain@{%socket}/postgres?nonsense=1'}, {}, 'usage'],
	['pairs', {positional: "user=plain dbname='my app'"}, there, 'primary'],
	['escapes in pairs', {positional: String.raw`user=plain dbname=my\ app`}, there, 'primary'],
	['a keyword twice', {positional: 'host={socket} user=plain dbname=postgres user=monitor'}, {}, 'primary'],
	['a word without "="', {positional: 'host={socket} user = plain dbname'}, {}, 'usage'],
	[
		'a string in -d before options',
		{dbname: 'host={socket} user=plain dbname=postgres', user: 'monitor', host: '/nowhere'},
		{},
		'primary',
	],
	[
		'the environment',
		{dbname: 'postgres'},
		{...there, PGUSER: 'plain', PGAPPNAME: 'mine', PGOPTIONS: '-c geqo_threshold=7'},
		'primary',
	],
	['another port', {dbname: 'postgres', user: 'plain'}, {...there, PGPORT: '5433'}, 'absent'],
	['a port that is none', {dbname: 'postgres', user: 'plain'}, {...there, PGPORT: '5433x'}, 'usage'],
	['an empty host', {host: '', dbname: 'postgres', user: 'plain', port: '1'}, there, 'absent'],
	['TLS on a socket', {positional: 'postgresql://plain@{%socket}/postgres?sslmode=require'}, {}, 'primary'],
];

const passwords: readonly Case[] = [
	[
		'a password file',
		{positional: String.raw`user='o\'hara' dbname=postgres`},
		{...there, PGPASSFILE: '{folder}/pass'},
		'primary',
	],
	[
		'no line of it',
		{positional: String.raw`user='o\'hara' dbname='my app'`},
		{...there, PGPASSFILE: '{folder}/pass'},
		'no password',
	],
	['a password file that others can read', {}, {...tcp, PGUSER: 'scram', PGPASSFILE: '{folder}/open-pass'}, 'no password'],
	['a password file named by passfile', {positional: 'passfile={folder}/pass'}, {...tcp, PGUSER: 'scram'}, 'primary tls'],
	['the password file of the home', {}, {...tcp, PGUSER: 'scram', HOME: '{folder}/home'}, 'primary tls'],
	[
		'a line for another host',
		{},
		{...tcp, PGHOST: '{standby},{primary}', PGPORT: '5433,5432', PGUSER: 'scram', HOME: '{folder}/home'},
		'primary tls',
	],
	['PGPASSWORD', {user: "o'hara", dbname: 'postgres'}, {...there, PGPASSWORD: 'a:b\\c d'}, 'primary'],
	['a password in a URI', {positional: 'postgresql://o%27hara:a%3Ab%5Cc%20d@{%socket}/postgres'}, {}, 'primary'],
	[
		'a wrong one in a URI',
		{positional: 'postgresql://o%27hara:wrong@{%socket}/postgres'},
		{PGPASSWORD: 'a:b\\c d'},
		'wrong password',
	],
	['an MD5 hash', {}, {...tcp, ...sesame, PGUSER: 'hashed'}, 'primary tls'],
	['a password in clear', {}, {...tcp, ...sesame, PGUSER: 'clear'}, 'primary tls'],
	['a password that nobody knows', {}, {...tcp, PGUSER: 'scram'}, 'no password'],
	['bound to the channel', {positional: 'channel_binding=require'}, {...tcp, ...sesame, PGUSER: 'scram'}, 'primary tls'],
	[
		'not bound without TLS',
		{positional: 'channel_binding=require sslmode=disable'},
		{...tcp, ...sesame, PGUSER: 'scram'},
		'not bound',
	],
	['not bound where nothing is checked', {}, {...tcp, PGCHANNELBINDING: 'require'}, 'not bound'],
	['not bound with an MD5 hash', {positional: 'channel_binding=require'}, {...tcp, ...sesame, PGUSER: 'hashed'}, 'not bound'],
	['a binding that is none', {}, {...tcp, PGCHANNELBINDING: 'maybe'}, 'usage'],
];

const encryption: readonly Case[] = [
	['TLS where it is offered', {}, tcp, 'primary tls'],
	['sslmode=disable', {}, {...tcp, PGSSLMODE: 'disable'}, 'primary'],
	['sslmode=allow', {}, {...tcp, PGSSLMODE: 'allow'}, 'primary'],
	['sslmode=allow where TLS is needed', {}, {...tcp, PGSSLMODE: 'allow', PGUSER: 'tls_only'}, 'primary tls'],
	['sslmode=disable where TLS is needed', {}, {...tcp, PGSSLMODE: 'disable', PGUSER: 'tls_only'}, 'not let in'],
	['sslmode=prefer where TLS is refused', {}, {...tcp, PGUSER: 'plain_only'}, 'primary'],
	['sslmode=require where TLS is refused', {}, {...tcp, PGSSLMODE: 'require', PGUSER: 'plain_only'}, 'not let in'],
	['a role that is let in nowhere', {}, {...tcp, PGUSER: 'rejected'}, 'not let in'],
	['sslmode=prefer without TLS', {}, {...tcp, PGHOST: '{standby}'}, 'standby'],
	['sslmode=require without TLS', {}, {...tcp, PGHOST: '{standby}', PGSSLMODE: 'require'}, 'no tls'],
	['ssl=true in a URI', {positional: 'postgresql://plain@{standby}/postgres?ssl=true'}, {}, 'no tls'],
	['PGREQUIRESSL', {}, {...tcp, PGHOST: '{standby}', PGREQUIRESSL: '1'}, 'no tls'],
	['an sslmode that is none', {}, {...tcp, PGSSLMODE: 'maybe'}, 'usage'],
	['verify-ca', {}, {...trusted, PGSSLMODE: 'verify-ca'}, 'primary tls'],
	['verify-ca under another name', {host: 'other.test'}, {...trusted, PGSSLMODE: 'verify-ca'}, 'primary tls'],
	['verify-ca by another authority', {}, {...named, PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '{folder}/other.crt'}, 'not trusted'],
	['verify-ca without an authority', {}, {...named, PGSSLMODE: 'verify-ca'}, 'usage'],
	['verify-full', {}, {...trusted, PGSSLMODE: 'verify-full'}, 'primary tls'],
	['verify-full under another name', {host: 'other.test'}, {...trusted, PGSSLMODE: 'verify-full'}, 'not trusted'],
	['verify-full under the common name', {host: 'common.test'}, {...trusted, PGSSLMODE: 'verify-full'}, 'not trusted'],
	['verify-full under a wildcard', {host: 'a.wild.test'}, {...trusted, PGSSLMODE: 'verify-full'}, 'primary tls'],
	['verify-full two levels under it', {host: 'a.b.wild.test'}, {...trusted, PGSSLMODE: 'verify-full'}, 'not trusted'],
	['verify-full of an address', {}, {...trusted, PGHOST: '{primary}', PGHOSTADDR: '', PGSSLMODE: 'verify-full'}, 'not trusted'],
	['verify-full without a name', {}, {...trusted, PGHOST: '', PGSSLMODE: 'verify-full'}, 'usage'],
	['the authority of the home', {}, {...named, PGSSLMODE: 'verify-full', HOME: '{folder}/trusting'}, 'primary tls'],
	['sslmode=require with a wrong authority', {}, {...named, PGSSLMODE: 'require', HOME: '{folder}/mistaken'}, 'not trusted'],
	['sslmode=prefer with a wrong authority', {}, {...named, HOME: '{folder}/mistaken'}, 'primary'],
	[
		'an empty list of revoked certificates',
		{},
		{...trusted, PGSSLMODE: 'verify-ca', PGSSLCRL: '{folder}/empty.crl'},
		'primary tls',
	],
	['a certificate that was revoked', {}, {...trusted, PGSSLMODE: 'verify-ca', PGSSLCRL: '{folder}/root.crl'}, 'not trusted'],
	['only TLS 1.2', {positional: 'ssl_max_protocol_version=TLSv1.2'}, tcp, 'primary tls'],
];

const own = {...tcp, PGUSER: 'certified', PGSSLMODE: 'require'};
const certificates: readonly Case[] = [
	['a client certificate', {}, {...own, PGSSLCERT: '{folder}/client.crt', PGSSLKEY: '{folder}/client.key'}, 'primary tls'],
	['the client certificate of the home', {}, {...own, HOME: '{folder}/certified'}, 'primary tls'],
	['no client certificate', {}, own, 'no certificate'],
	['a client certificate of somebody else', {}, {...own, PGUSER: 'plain', HOME: '{folder}/certified'}, 'primary tls'],
	['a client certificate that is not there', {}, {...own, PGSSLCERT: '{folder}/nothing.crt'}, 'no certificate'],
	['a client certificate without a key', {}, {...own, HOME: '{folder}/keyless'}, 'key'],
	['a key that others can read', {}, {...own, PGSSLCERT: '{folder}/client.crt', PGSSLKEY: '{folder}/open.key'}, 'key'],
	['a key of another certificate', {}, {...own, PGSSLCERT: '{folder}/other.crt', PGSSLKEY: '{folder}/client.key'}, 'key'],
	[
		'a locked key and its password',
		{positional: "sslcert={folder}/client.crt sslkey={folder}/locked.key sslpassword='open sesame'"},
		own,
		'primary tls',
	],
	[
		'a locked key and a wrong password',
		{positional: "sslcert={folder}/client.crt sslkey={folder}/locked.key sslpassword='close'"},
		own,
		'key',
	],
	['a key that cannot be used, where TLS may be left out', {}, {...tcp, HOME: '{folder}/keyless'}, 'primary'],
];

const hosts: readonly Case[] = [
	['a dead host before a live one', {host: '{dead},{primary}'}, several, 'primary'],
	['a socket that is not there before a live host', {host: '/nowhere,{standby}'}, several, 'standby'],
	['a name that nobody knows before a live host', {host: 'a..b,{standby}'}, several, 'standby'],
	['a name that nobody knows', {host: 'a..b'}, several, 'unknown host'],
	['only dead hosts', {host: '{dead},{dead}'}, several, 'absent'],
	['a port for each host', {host: '{primary},{standby}', port: '5433,5432'}, several, 'standby'],
	['one port for all hosts', {host: '{dead},{primary}', port: '5432'}, several, 'primary'],
	['too many ports', {host: '{dead},{primary}', port: '1,2,3'}, several, 'usage'],
	['an empty port', {host: '{dead},{primary}', port: '1,'}, several, 'primary'],
	['several hosts in a URI', {positional: 'postgresql://{dead}:1,{standby}:5432/postgres'}, several, 'standby'],
	['names with addresses', {positional: 'host=a,b hostaddr={dead},{standby}'}, several, 'standby'],
	['fewer addresses than names', {positional: 'host=a,b hostaddr={dead}'}, several, 'usage'],
	['a host that refuses ends the walk', {host: '{primary},{standby}', user: 'rejected'}, several, 'not let in'],
	['a database that is not there ends the walk', {host: '{primary},{standby}', dbname: 'nowhere'}, several, 'no database'],
	['a host without TLS ends the walk', {host: '{standby},{primary}'}, {...several, PGSSLMODE: 'require'}, 'no tls'],
	['any', attrs('any', '{standby},{primary}'), several, 'standby'],
	['read-write', attrs('read-write', '{standby},{primary}'), several, 'primary'],
	['read-write beside a dead host', attrs('read-write', '{dead},{standby},{primary}'), several, 'primary'],
	['read-only', attrs('read-only', '{primary},{standby}'), several, 'standby'],
	['read-only for who only reads', attrs('read-only', '{primary},{standby}'), {...several, PGUSER: 'reader'}, 'primary'],
	['read-write for who only reads', attrs('read-write', '{primary},{standby}'), {...several, PGUSER: 'reader'}, 'not as asked'],
	['primary for who only reads', attrs('primary', '{standby},{primary}'), {...several, PGUSER: 'reader'}, 'primary'],
	['standby', attrs('standby', '{primary},{standby}'), several, 'standby'],
	['no standby', attrs('standby', '{primary},{dead}'), several, 'not as asked'],
	['no primary', attrs('primary', '{standby}'), several, 'not as asked'],
	['prefer-standby', attrs('prefer-standby', '{primary},{standby}'), several, 'standby'],
	['prefer-standby without one', attrs('prefer-standby', '{dead},{primary}'), several, 'primary'],
	['by the environment', {host: '{standby},{primary}'}, {...several, PGTARGETSESSIONATTRS: 'primary'}, 'primary'],
	['attributes that are none', attrs('leader', '{primary}'), several, 'usage'],
	['a timeout that is none', {host: '{primary}'}, {...several, PGCONNECT_TIMEOUT: 'soon'}, 'usage'],
	['a timeout', {host: '{dead},{primary}'}, {...several, PGCONNECT_TIMEOUT: '3'}, 'primary'],
	['keepalives', {positional: 'host={primary} keepalives=0 keepalives_idle=3'}, several, 'primary'],
];

const serviceCases: readonly Case[] = [
	['a service', {positional: 'service=wide'}, services, 'primary'],
	['a service of a URI', {positional: 'postgresql://?service=wide'}, services, 'primary'],
	['a service by its variable', {}, {...services, PGSERVICE: 'wide'}, 'primary'],
	['a service before the environment', {}, {...services, PGSERVICE: 'wide', PGUSER: 'monitor', PGHOST: '/nowhere'}, 'primary'],
	['options before a service', {user: 'monitor'}, {...services, PGSERVICE: 'wide'}, 'primary'],
	['several hosts of a service', {}, {...services, PGSERVICE: 'several'}, 'primary'],
	['a service in the home', {}, {PGSERVICE: 'home', HOME: '{folder}/home'}, 'standby'],
	['a service of the system', {}, {PGSERVICE: 'system', PGSYSCONFDIR: '{folder}/system'}, 'standby'],
	['the home before the system', {}, {PGSERVICE: 'home', HOME: '{folder}/home', PGSYSCONFDIR: '{folder}/system'}, 'standby'],
	['the system behind a named file', {}, {...services, PGSERVICE: 'system', PGSYSCONFDIR: '{folder}/system'}, 'standby'],
	['a service that is nowhere', {}, {...services, PGSERVICE: 'nowhere'}, 'usage'],
	['a service file that is not there', {}, {PGSERVICE: 'wide', PGSERVICEFILE: '{folder}/none'}, 'usage'],
	['a line that cannot be read', {}, {...services, PGSERVICE: 'broken'}, 'usage'],
	['a service in a service', {}, {...services, PGSERVICE: 'nested'}, 'usage'],
];

/** All cases, by topic. */
export const cases: readonly Case[] = [
	...strings.map(each => about('a connection string', each)),
	...passwords.map(each => about('a password', each)),
	...encryption.map(each => about('TLS', each)),
	...certificates.map(each => about('a certificate', each)),
	...hosts.map(each => about('several hosts', each)),
	...serviceCases.map(each => about('a service', each)),
];

function about(subject: string, [what, ...rest]: Case): Case {
	return [`${subject}: ${what}`, ...rest];
}

/** Files that the cases name, by path in the folder. */
export const files: Readonly<Record<string, string>> = {
	pass: `${String.raw`*:5432:postgres:o'hara:a\:b\\c d`}\n{primary}:*:*:scram:secret\n`,
	'open-pass': '*:*:*:*:secret\n',
	'home/.pgpass': '{standby}:*:*:*:wrong\n# {primary}:*:*:*:wrong\n{primary}:5432:postgres:scram:secret\n',
	services: `# services
[wid]
host=/nowhere

[wide]
  host={socket}
user=plain
dbname=my app
user=monitor
[several]
host={standby},{primary}
user=plain
dbname=postgres
target_session_attrs=read-write
sslmode=disable
[broken]
host={socket}
hots={socket}
[nested]
service=wide
`,
	'home/.pg_service.conf': '[home]\nhost={standby}\nuser=plain\ndbname=postgres\n',
	'system/pg_service.conf': '[home]\nhost=/nowhere\n[system]\nhost={standby}\nuser=plain\ndbname=postgres\n',
};
