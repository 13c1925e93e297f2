import {UserError} from '../../core/values/errors.ts';
import {assertKeyword, type Parameters} from './keywords.ts';

/** Error for an unreadable connection string; it never repeats the string, which may hold a password. */
const unreadable = (message: string, hint: string): UserError => new UserError(message, {hint, exitCode: 2});

const scheme = /^postgres(?:ql)?:\/\//;

/** True if psql would read the text as a connection string rather than a database name. */
export const isConnectionString = (text: string): boolean => scheme.test(text) || text.includes('=');

/** Parameters of a `postgresql://` URI or a `key=value` string, by libpq's rules; throws a UserError if libpq refuses it. */
export const parseConnectionString = (text: string): Parameters => (scheme.test(text) ? parseUri(text) : parsePairs(text));

const space = /\s/;

const parsePairs = (text: string): Parameters => {
	const found: Record<string, string> = {};
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
		assertKeyword(keyword);
		found[keyword] = value;
	}
	return found;
};

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
	const parts = /^([^/?]*)(?:\/([^?]*))?(?:\?([\s\S]*))?$/.exec(afterCredentials(uri.replace(scheme, ''), put));
	readHosts(parts?.[1] ?? '', put);
	put('dbname', parts?.[2] ?? '');
	for (const pair of (parts?.[3] ?? '').split('&')) if (pair !== '') readParameter(pair, found);
	return found;
};

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
		hosts.push(parts[1] ?? parts[2] ?? '');
		ports.push(parts[3] ?? '');
	}
	put('host', hosts.join(','));
	put('port', ports.join(','));
};

const readParameter = (pair: string, found: Record<string, string>): void => {
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
	assertKeyword(keyword);
	found[keyword] = decoded(value);
};
