import {describe, expect, test} from 'vitest';
import {failureOf, loginFailureOf} from '../../../source/adapters/connect/failures.ts';
import type {LoginFacts} from '../../../source/adapters/connect/refusals.ts';
import {type Failure, sentences} from '../../../source/core/sample/sample.ts';

const place = {address: 'db1:5432', user: 'me', dbname: 'app'};
const socket: LoginFacts = {local: true, encrypted: false, certificate: false, asked: undefined, fresh: false};
const tcp: LoginFacts = {...socket, local: false};

const serverError = (fields: Readonly<Record<string, string>>): Error =>
	Object.assign(new Error(fields.message), {severity: 'FATAL', ...fields});

const refused = (code: string, routine: string | undefined, facts: LoginFacts, more: Readonly<Record<string, string>> = {}) =>
	loginFailureOf(serverError({code, message: 'nein', ...(routine !== undefined && {routine}), ...more}), place, facts);

const expectSentences = (failure: Failure): void => {
	const text = sentences(failure);
	expect(text).toMatch(/[.?…]$/);
	// A sentence begins after the end of another one only.
	expect(text).not.toMatch(/[a-z"] (?:Check|Add|Choose|Needs|Raise|Terminate|Is it|Retrying|Reconnecting)\b/);
	const parts = text.split(/(?<=[.?]) /);
	expect(new Set(parts).size).toBe(parts.length);
};

const languages = [
	['English', 'no pg_hba.conf entry for host "10.0.0.1", user "me", database "app", no encryption'],
	['German', 'kein pg_hba.conf-Eintrag für Host »10.0.0.1«, Benutzer »me«, Datenbank »app«, keine Verschlüsselung'],
	['Chinese', '没有用于主机 "10.0.0.1"、用户 "me"、数据库 "app" 的条目'],
	['a message that misleads', 'role does not exist, too many connections for database, the database system is shutting down'],
] as const;

describe.each(languages)('a message in %s', (_, message) => {
	test.each([
		['28000', 'ClientAuthentication', socket, /^Add a line for this user and database/],
		['28000', 'ClientAuthentication', tcp, /try another sslmode\.$/],
		['28000', 'ClientAuthentication', {...tcp, encrypted: true}, /name one with sslcert and sslkey\.$/],
		['28000', 'InitializeSessionUserId', tcp, /^Check that the role me exists and may log in/],
		['28000', 'auth_failed', socket, /operating-system user me.*pg_ident\.conf/],
		['28000', 'auth_failed', tcp, /^Map your operating-system user/],
		['28000', 'auth_failed', {...tcp, encrypted: true, certificate: true}, /^The common name of the certificate/],
		['28000', 'auth_failed', {...tcp, asked: 'cleartext'}, /LDAP, PAM or RADIUS/],
		['28000', undefined, tcp, /^Check pg_hba\.conf, and that the role me exists/],
		['42501', 'CheckMyDatabase', tcp, /^Needs: grant connect on database app to me$/],
		['53300', 'InitializeSessionUserId', tcp, /^Raise the limit of the role/],
		['53300', 'CheckMyDatabase', tcp, /^Raise the limit of the database/],
		['53300', 'a_new_routine', tcp, /^Terminate idle sessions, or raise the limit/],
		['57P03', 'ProcessStartupPacket', tcp, /^Retrying until/],
		['3D000', 'InitPostgres', tcp, /^Choose another with -d; psql -l/],
	] as const)('decides nothing about %s of %s', (code, routine, facts, hint) => {
		const failure = refused(code, routine, facts, {message});
		expect(failure.hint).toMatch(hint);
		expect(failure.message).toContain(message);
	});
});

test('a password that another service refused has a code of its own, so that it is not sent again without TLS', () => {
	expect(refused('28000', 'auth_failed', {...tcp, encrypted: true, asked: 'cleartext'}).code).toBe('password_refused');
	expect(refused('28000', 'auth_failed', {...tcp, encrypted: true}).code).toBe('28000');
});

test('the detail of a refusal is told', () => {
	const detail = 'Hot standby mode is disabled.';
	const message = 'the database system is not accepting connections';
	expect(refused('57P03', 'ProcessStartupPacket', tcp, {message, detail}).message).toBe(`${message}. ${detail}`);
});

test("PgBouncer's console is recognized by its database if it refuses the user, which names no routine", () => {
	const console = {...place, dbname: 'pgbouncer'};
	const error = serverError({code: '08P01', message: 'not allowed'});
	expect(loginFailureOf(error, console, tcp)).toEqual({
		code: '08P01',
		message: 'not allowed',
		hint: "This is PgBouncer's console: connect to a database, and use --pgbouncer.",
	});
	expect(loginFailureOf(error, place, tcp).hint).toMatch(/^Is this a connection pooler\?/);
});

test('a hint of the server is kept if there is none of ours', () => {
	const fields = {
		code: '55000',
		routine: 'InitPostgres',
		message: 'cannot connect to invalid database',
		hint: 'Use DROP DATABASE.',
	};
	expect(loginFailureOf(serverError(fields), place, tcp).hint).toBe('Use DROP DATABASE.');
});

test.each(['57P01', '57P03', '42501', '40001', '22012', '53300'])('the message of %s is kept as the server wrote it', code => {
	const message = 'Verbindung wird abgebrochen';
	expect(failureOf(serverError({code, message}), place).message).toBe(message);
});

test.each([
	...[
		'ECONNREFUSED',
		'ENOENT',
		'ENOTFOUND',
		'EAI_AGAIN',
		'ETIMEDOUT',
		'EHOSTUNREACH',
		'ENETUNREACH',
		'EACCES',
		'ECONNRESET',
		'EPIPE',
	],
	...['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER', 'nothing we know'],
])('the failure %s is whole sentences, each said once', code => {
	expectSentences(failureOf(Object.assign(new Error('it is not issued for db1'), {code}), place));
});

test.each([
	'28P01',
	'28000',
	'3D000',
	'42501',
	'53300',
	'55000',
	'57P01',
	'57P02',
	'57P03',
	'57P05',
	'57014',
	'55P03',
	'08P01',
	'0A000',
])('the refusal %s is whole sentences, each said once', code => {
	for (const routine of ['InitializeSessionUserId', 'ClientAuthentication', 'auth_failed', 'InitPostgres', 'CheckMyDatabase'])
		for (const facts of [socket, tcp, {...tcp, encrypted: true}, {...tcp, asked: 'cleartext'} as const])
			expectSentences(refused(code, routine, facts, {message: 'database "app" does not exist'}));
	expectSentences(refused(code, undefined, tcp));
});
