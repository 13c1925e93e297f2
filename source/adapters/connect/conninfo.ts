import {UserError} from '../../core/values/errors.ts';
import {assertKeyword, type Parameters} from './keywords.ts';

/** Error for an unreadable connection string; it never repeats the string, which may hold a password. */
const unreadable = (message: string, hint: string): UserError => new UserError(message, {hint, exitCode: 2});

const scheme = /^postgres(?:ql)?:\/\//;

// Credentials without the scheme, or after one that libpq does not know: as a database name they would be shown and sent.
const credentials = /^[^@]*:[^@]*@/;

/** True if psql would read the text as a connection string rather than a database name. */
export const isConnectionString = (text: string): boolean => scheme.test(text) || text.includes('=');

/** Throws a UserError if a text that is not a connection string seems to hold a password. */
export const assertNoCredentials = (text: string): void => {
	if (credentials.test(text))
		throw unreadable(
			'The database name looks like a connection URI without its scheme.',
			'Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE.',
		);
};

/** Parameters of a `postgresql://` URI or a `key=value` string, by libpq's rules; throws a UserError if libpq refuses it. */
export const parseConnectionString = (text: string): Parameters => (scheme.test(text) ? parseUri(text) : parsePairs(text));

const space = /\s/;

const parsePairs = (text: string): Parameters => {
	const found: Record<string, string> = {};
	let previous = '';
	let at = 0;
	const skip = (): void => {
		while (at < text.length && space.test(text.charAt(at))) at++;
	};
	for (skip(); at < text.length; skip()) {
		const start = at;
		while (at < text.length && text[at] !== '=' && !space.test(text.charAt(at))) at++;
		const keyword = text.slice(start, at);
		skip();
		if (text[at] !== '=')
			throw unreadable(
				'The connection string has a word without "=".',
				"Write key=value pairs, and quote a value with spaces: password='a b'.",
			);
		at++;
		skip();
		const [value, next] = text[at] === "'" ? quoted(text, at + 1) : bare(text, at);
		at = next;
		assertKeyword(keyword, mayShow(keyword, previous));
		found[keyword] = value;
		previous = keyword;
	}
	return found;
};

const secrets: ReadonlySet<string> = new Set(['password', 'sslpassword', 'scram_client_key', 'oauth_client_secret']);

/** True if a keyword cannot be a part of a password: one with a blank goes on after it, and one with signs may be a URI. */
const mayShow = (keyword: string, previous: string): boolean => /^[a-z_]+$/i.test(keyword) && !secrets.has(previous);

const bare = (text: string, from: number): readonly [string, number] => {
	let value = '';
	let at = from;
	for (; at < text.length && !space.test(text.charAt(at)); at++) {
		if (text[at] === '\\') at++;
		value += text.charAt(at);
	}
	return [value, at];
};

const quoted = (text: string, from: number): readonly [string, number] => {
	let value = '';
	for (let at = from; at < text.length; at++) {
		if (text[at] === "'") return [value, at + 1];
		if (text[at] === '\\') at++;
		value += text.charAt(at);
	}
	throw unreadable('The connection string has an unclosed quote.', "Close it with ', and write \\' for a quote inside.");
};

const decoded = (text: string): string => {
	if (/%(?![0-9a-f]{2})|%00/i.test(text))
		throw unreadable('The connection URI has a "%" that is not part of an escape.', 'Write %25 for a percent sign.');
	const bytes: Buffer[] = text
		.split(/(%[0-9a-f]{2})/i)
		.map((part, index) => Buffer.from(index % 2 ? part.slice(1) : part, index % 2 ? 'hex' : 'utf8'));
	return Buffer.concat(bytes).toString('utf8');
};

const parseUri = (uri: string): Parameters => {
	const found: Record<string, string> = {};
	const put = (keyword: string, value: string): void => {
		if (value !== '') found[keyword] = decoded(value);
	};
	const rest = uri.replace(scheme, '');
	const afterUser = afterCredentials(rest, put);
	const parts = /^([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/.exec(afterUser);
	const [, authority = '', dbname = '', query = ''] = parts ?? [];
	assertEscaped(authority, dbname, found.password !== undefined);
	readHosts(authority, put);
	put('dbname', dbname);
	for (const pair of query.split('&')) if (pair !== '') readParameter(pair, found, !query.includes('@'));
	return found;
};

/**
 * Throws if an `@` is where it can only belong to a user name or password that is not escaped: libpq would take the parts of the
 * password for a host, a port and a database, and errors would show them.
 */
const assertEscaped = (authority: string, dbname: string, hasPassword: boolean): void => {
	if (authority.includes('@') || (dbname.includes('@') && (hasPassword || authority.includes(':'))))
		throw unreadable(
			'The connection URI has an "@" that is not escaped, or a "/" before it.',
			'Write %40 for "@" and %2F for "/" in the user name, password and database name.',
		);
};

const isPort = (text: string): boolean => text === '' || /^\s*\d{1,5}\s*$/.test(text);

type Put = (keyword: string, value: string) => void;

/** Splits off `user:password@`; as in libpq, the first `@` before any `/` ends it, so other ones are written %40. */
const afterCredentials = (rest: string, put: Put): string => {
	const credentials = /^([^@/]*)@/.exec(rest);
	if (!credentials) return rest;
	const [user = '', ...password] = (credentials[1] ?? '').split(':');
	put('user', user);
	put('password', password.join(':'));
	return rest.slice(credentials[0].length);
};

const readHosts = (authority: string, put: Put): void => {
	const hosts: string[] = [];
	const ports: string[] = [];
	for (const one of authority.split(',')) {
		const parts = /^(?:\[([^\]]+)\]|([^:[]*))(?::([^:]*))?$/.exec(one);
		if (!parts)
			throw unreadable(
				'The host of the connection URI cannot be read.',
				'Put an IPv6 address in brackets: postgresql://[::1]:5432/app.',
			);
		// Without "@" this may be a user name and a password whose host was left out.
		if (!isPort(decoded(parts[3] ?? '')))
			throw unreadable(
				'The port of the connection URI is not a port number.',
				'Ports are numbers from 1 to 65535. A user name and password come before "@", with %2F for "/": postgresql://USER:PASSWORD@HOST:PORT/DATABASE.',
			);
		hosts.push(parts[1] ?? parts[2] ?? '');
		ports.push(parts[3] ?? '');
	}
	put('host', hosts.join(','));
	put('port', ports.join(','));
};

const readParameter = (pair: string, found: Record<string, string>, isShown: boolean): void => {
	const [key = '', value, more] = pair.split('=');
	if (value === undefined || more !== undefined)
		throw unreadable(
			'A parameter of the connection URI is not of the form key=value.',
			'Write %3D for "=" and %26 for "&" inside a value.',
		);
	const keyword = decoded(key);
	// As libpq does for JDBC URIs.
	if (keyword === 'ssl' && value === 'true') {
		found.sslmode = 'require';
		return;
	}
	assertKeyword(keyword, isShown && mayShow(keyword, ''));
	found[keyword] = decoded(value);
};
