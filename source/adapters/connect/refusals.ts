import type {Failure} from '../../core/sample/sample.ts';
import {joinSentences} from '../../core/text/sentence.ts';
import {identifier} from '../../core/values/quote.ts';
import type {ServerName} from './failures.ts';

/** An ErrorResponse: SQLSTATE, and the function of the server that raised it, which is never translated. A pooler sends none. */
export type ServerError = {
	readonly code: string;
	readonly message: string;
	readonly routine: string | undefined;
	readonly detail: string | undefined;
	readonly hint: string | undefined;
};

/** What a login did before it was refused. */
export type LoginFacts = {
	/** Over a Unix socket. */
	readonly local: boolean;
	readonly encrypted: boolean;
	/** A client certificate was at hand. */
	readonly certificate: boolean;
	/** Password that the server asked for; `cleartext` is checked by itself or by another service. */
	readonly asked: 'cleartext' | 'md5' | 'scram' | undefined;
	/** The password was made for this login, by a password command. */
	readonly fresh: boolean;
};

/** Words for a refusal; what is absent is as the server put it. */
export type Wording = Partial<Pick<Failure, 'code' | 'message' | 'hint'>>;

/**
 * Failure code of a password that another service of the server refused. PostgreSQL gives it the SQLSTATE of a missing line in
 * pg_hba.conf, but it must not be tried again at once: accounts get locked.
 */
export const passwordRefused = 'password_refused';

const choose = 'Choose another with -d; psql -l lists the databases.';

// Raised for every method but passwords, and for passwords that LDAP, PAM or RADIUS checks: what the server asked for tells which.
const authenticationFailed = ({user}: ServerName, {local, encrypted, certificate, asked}: LoginFacts): Wording => {
	if (asked !== undefined)
		return {
			code: passwordRefused,
			hint: `Another service checks the password of ${user} (LDAP, PAM or RADIUS, see pg_hba.conf): check the password, and that the service answers.`,
		};
	if (local)
		return {
			hint: `Run pgtriage as the operating-system user ${user}, map yours to ${user} in pg_ident.conf, or connect by TCP with -h localhost.`,
		};
	return encrypted && certificate
		? {
				hint: `The common name of the certificate has to be ${user}, or be mapped to it in pg_ident.conf; sslcert and sslkey name another.`,
			}
		: {hint: `Map your operating-system user to ${user} in pg_ident.conf, or allow scram-sha-256 in pg_hba.conf.`};
};

const notLetIn = ({local, encrypted}: LoginFacts): Wording => {
	if (local)
		return {hint: 'Add a line for this user and database to pg_hba.conf and reload, or connect by TCP with -h localhost.'};
	return encrypted
		? {
				hint: 'Add a line for this host, user and database to pg_hba.conf and reload; if its line asks for a certificate, name one with sslcert and sslkey.',
			}
		: {hint: 'Add a line for this host, user and database to pg_hba.conf and reload, or try another sslmode.'};
};

type Rule = (error: ServerError, place: ServerName, facts: LoginFacts) => Wording;

/** Words by SQLSTATE and routine of PostgreSQL 13 to 18, if both together have one cause. */
const causes: Readonly<Record<string, Rule>> = {
	'28000 InitializeSessionUserId': (_, {user}) => ({
		hint: `Check that the role ${user} exists and may log in; -U names another.`,
	}),
	'28000 ClientAuthentication': (_error, _place, facts) => notLetIn(facts),
	'28000 auth_failed': (_, place, facts) => authenticationFailed(place, facts),
	'3D000 InitPostgres': () => ({hint: choose}),
	'42501 CheckMyDatabase': (_, {user, dbname}) => ({
		hint: `Needs: grant connect on database ${identifier(dbname)} to ${identifier(user)}`,
	}),
	'53300 InitializeSessionUserId': (_, {user}) => ({
		hint: `Raise the limit of the role: alter role ${identifier(user)} connection limit …`,
	}),
	'53300 CheckMyDatabase': (_, {dbname}) => ({
		hint: `Raise the limit of the database: alter database ${identifier(dbname)} connection limit …`,
	}),
	'53300 InitPostgres': ({message}) => ({
		message: `All ordinary connection slots are taken: ${message}`,
		hint: 'Terminate idle sessions, or log in as a role that may use reserved slots, such as a superuser.',
	}),
	'55000 CheckMyDatabase': (_, {dbname}) => ({
		hint: `Choose another with -d, or allow it: alter database ${identifier(dbname)} with allow_connections true`,
	}),
};

// The postmaster, or a new backend before it knows its role, finds no slot at all; the function was another one in each version.
const full: Wording = {
	message: 'All connection slots of the server are taken, including those reserved for superusers.',
	hint: 'Terminate idle sessions from a connection that is already open.',
};

const allTaken: ReadonlySet<string> = new Set([
	'ProcessStartupPacket',
	'BackendInitialize',
	'InitProcess',
	'SharedInvalBackendInit',
]);

/** Words by SQLSTATE alone: true for every cause that it can have during a login. */
const states: Readonly<Record<string, Rule>> = {
	'28P01': (_, {user}, {fresh}) => ({
		hint: fresh
			? `The password is what the password command printed: check that it is for ${user} at this server, and has not expired.`
			: `Check the password of ${user} (PGPASSWORD, ~/.pgpass, or -W to type it), and that it has not expired.`,
	}),
	'28000': (_, {user}) => ({hint: `Check pg_hba.conf, and that the role ${user} exists and may log in; -U names another.`}),
	'3D000': () => ({hint: 'Choose another with -d.'}),
	'42501': (_, {user}) => ({hint: `The role ${user} needs the privilege that the server names.`}),
	'53300': () => ({hint: 'Terminate idle sessions, or raise the limit that the server names.'}),
	'57P03': () => ({hint: 'Retrying until it accepts connections.'}),
	'08P01': ({routine}) =>
		routine === undefined
			? {hint: 'Is this a connection pooler? Connect to the server itself, without PGOPTIONS.'}
			: {hint: 'Check the connection parameters, PGOPTIONS among them.'},
};

// PgBouncer's console is a database of this name on its port; errors of PostgreSQL always name a routine.
const consoleDatabase = 'pgbouncer';

/** Failure of a server that is PgBouncer's console. */
export const pgbouncerConsole: Failure = {
	code: 'pgbouncer_console',
	message: "This is PgBouncer's console: connect to a database, and use --pgbouncer.",
};

const ruleOf = ({code, routine = ''}: ServerError): Rule | undefined => {
	if (code === '53300' && allTaken.has(routine)) return () => full;
	return causes[`${code} ${routine}`] ?? states[code];
};

/**
 * Words for an ErrorResponse to a login, by SQLSTATE, routine and what the login did. If several causes look alike, the message
 * stays the server's own, with a hint that is true for each.
 */
export const wordingOfLogin = (error: ServerError, place: ServerName, facts: LoginFacts): Wording => {
	if (error.routine === undefined && error.code === '08P01' && place.dbname === consoleDatabase)
		return {hint: pgbouncerConsole.message};
	const wording = ruleOf(error)?.(error, place, facts) ?? {};
	// The detail says what the message leaves out, such as a standby without hot_standby.
	const message = wording.message ?? (error.detail === undefined ? undefined : joinSentences(error.message, error.detail));
	return {...wording, ...(message !== undefined && {message})};
};
