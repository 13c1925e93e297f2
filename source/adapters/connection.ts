import {existsSync} from 'node:fs';
import {homedir, userInfo} from 'node:os';
import {UserError} from '../core/errors.ts';
import {isConnectionString, parseConnectionString} from './conninfo.ts';
import {assertHonoured, type Parameters, parametersOf} from './keywords.ts';
import {type PasswordFound, passwordFrom} from './pgpass.ts';

/** libpq's sslmode. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** The connection as the command line gives it; `dbname` and `positional` may themselves be connection strings. */
export type ConnectionOptions = {
	readonly positional?: string | undefined;
	readonly host?: string | undefined;
	readonly port?: string | number | undefined;
	readonly user?: string | undefined;
	readonly dbname?: string | undefined;
	/** `-W` is always, `-w` never, neither asked: prompt when the server wants a password and none is known. */
	readonly passwordPrompt?: 'always' | 'never' | 'asked' | undefined;
};

/** One server and how to log in there. A `host` that begins with `/` is the directory of a unix socket. */
export type ConnectionTarget = {
	readonly host: string;
	/** The address to connect to where it is given apart from the host's name. */
	readonly hostaddr: string | undefined;
	readonly port: number;
	readonly user: string;
	readonly dbname: string;
	readonly applicationName: string;
	/** Command-line options for the backend, as in PGOPTIONS. */
	readonly options: string | undefined;
	readonly sslmode: SslMode;
	/** File of trusted authorities; `system` for those of the machine. */
	readonly sslrootcert: string | undefined;
	readonly sslMinVersion: 'TLSv1.2' | 'TLSv1.3';
	readonly channelBinding: 'disable' | 'prefer' | 'require';
	/** Limit of a log-in, all its phases together. */
	readonly connectTimeoutMs: number;
	readonly passwordPrompt: 'always' | 'never' | 'asked';
	/** Looks the password up anew at each log-in; a function, so that no print of a target shows it. */
	readonly password: () => PasswordFound;
};

/** What is asked of the operating system; a parameter so that the rules can be tested without it. */
export type Surroundings = {
	readonly user: () => string;
	readonly home: () => string;
	readonly exists: (path: string) => boolean;
	readonly hasUnixSockets: boolean;
};

const here: Surroundings = {
	user: () => userInfo().username,
	home: homedir,
	exists: existsSync,
	hasUnixSockets: process.platform !== 'win32',
};

const defaultTimeoutMs = 5000;
const socketDirectories = ['/var/run/postgresql', '/tmp'] as const;

/** Whether the target is reached by a unix socket. */
export const isLocal = (target: Pick<ConnectionTarget, 'host' | 'hostaddr'>): boolean =>
	target.hostaddr === undefined && target.host.startsWith('/');

/** A safe one-line text of a target, without its password: `postgres@/var/run/postgresql:5432/app`. */
export const describe = (target: ConnectionTarget): string =>
	`${target.user}@${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}/${target.dbname}`;

/** The same target with a password that was typed. */
export const withPassword = (target: ConnectionTarget, password: string): ConnectionTarget => ({
	...target,
	password: () => ({password}),
});

/**
 * Resolves what was asked for as psql does: a connection string wins over -h, -p, -U, these over the environment, this over
 * the defaults (the operating system's user, a database of the user's name, the unix socket). Throws UserError.
 */
export const resolveConnection = (
	options: ConnectionOptions,
	environment: Readonly<Record<string, string | undefined>>,
	surroundings: Surroundings = here,
): ConnectionTarget => {
	const given: Parameters = {...parametersOf(environment), ...asked(options)};
	assertHonoured(given);
	const set = (keyword: string): string | undefined => (given[keyword] === '' ? undefined : given[keyword]);

	const port = portOf(set('port') ?? '5432');
	const hostaddr = set('hostaddr');
	const named = set('host') ?? hostaddr;
	const host = named ?? defaultHost(port, surroundings);
	const user = set('user') ?? systemUser(surroundings);
	const dbname = set('dbname') ?? user;
	const home = environment.HOME || surroundings.home();
	const rootcert = rootcertOf(set('sslrootcert'), `${home}/.postgresql/root.crt`, surroundings);
	const sslmode = sslmodeOf(set('sslmode'), rootcert);
	if (!host.startsWith('/')) assertAuthorities(sslmode, rootcert);
	const passfile = set('passfile') ?? `${home}/.pgpass`;
	const typed = set('password');
	const isDefaultSocket = host.startsWith('/') && (named === undefined || host === socketDirectories[0]);
	const key = {host: isDefaultSocket ? 'localhost' : host, port, dbname, user};
	return {
		host,
		hostaddr,
		port,
		user,
		dbname,
		applicationName: set('application_name') ?? set('fallback_application_name') ?? 'pgtriage',
		options: set('options'),
		sslmode,
		sslrootcert: rootcert,
		sslMinVersion: set('ssl_min_protocol_version') === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
		channelBinding: oneOf('channel_binding', set('channel_binding') ?? 'prefer', ['disable', 'prefer', 'require']),
		connectTimeoutMs: timeoutOf(set('connect_timeout')),
		passwordPrompt: options.passwordPrompt ?? 'asked',
		password: () => (typed === undefined ? passwordFrom(passfile, key) : {password: typed}),
	};
};

/** The parameters of the command line. As in psql, a lone argument beside -d is the user, and a third name has no place. */
const asked = (options: ConnectionOptions): Parameters => {
	const {host, port, positional} = options;
	const dbname = options.dbname ?? positional;
	const user = options.user ?? (options.dbname === undefined ? undefined : positional);
	if (options.dbname !== undefined && options.user !== undefined && positional !== undefined)
		throw new UserError('There is one argument too many: -d and -U already name the database and the user.', {
			hint: 'Give the database as the argument or with -d, not both.',
			exitCode: 2,
		});
	const parts: Record<string, string> = {};
	if (host !== undefined) parts.host = host;
	if (port !== undefined) parts.port = String(port);
	if (user !== undefined) parts.user = user;
	if (dbname === undefined) return parts;
	return isConnectionString(dbname) ? {...parts, ...parseConnectionString(dbname)} : {...parts, dbname};
};

const portOf = (text: string): number => {
	const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
	if (port >= 1 && port <= 65_535) return port;
	throw new UserError(`${JSON.stringify(text)} is no port.`, {hint: 'A port is a number from 1 to 65535.', exitCode: 2});
};

const timeoutOf = (text: string | undefined): number => {
	if (text === undefined) return defaultTimeoutMs;
	if (!/^\s*-?\d{1,7}\s*$/.test(text))
		throw new UserError(`${JSON.stringify(text)} is no connect_timeout.`, {hint: 'It is a number of seconds.', exitCode: 2});
	// libpq reads 0 as "for ever"; a monitor keeps its own limit. It never waits less than 2 s.
	return Number(text) <= 0 ? defaultTimeoutMs : Math.max(2, Number(text)) * 1000;
};

const oneOf = <const T extends string>(keyword: string, value: string, accepted: readonly T[]): T => {
	const found = accepted.find(candidate => candidate === value);
	if (found !== undefined) return found;
	throw new UserError(`${keyword} cannot be ${JSON.stringify(value)}.`, {
		hint: `It is one of ${accepted.join(', ')}.`,
		exitCode: 2,
	});
};

/** libpq raises `require` to `verify-ca` where authorities to trust are at hand, and asks verify-full of the system's own. */
const sslmodeOf = (asked: string | undefined, rootcert: string | undefined): SslMode => {
	if (rootcert === 'system') {
		if ((asked ?? 'verify-full') === 'verify-full') return 'verify-full';
		throw new UserError('sslrootcert=system needs sslmode=verify-full.', {
			hint: 'Anyone can get a certificate from a public authority, so that the name has to be checked too.',
			exitCode: 2,
		});
	}
	const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
	const mode = oneOf('sslmode', asked ?? 'prefer', modes);
	return mode === 'require' && rootcert !== undefined ? 'verify-ca' : mode;
};

/** The file of authorities that is really there; libpq misses one only where the mode verifies. */
const rootcertOf = (asked: string | undefined, usual: string, {exists}: Surroundings): string | undefined => {
	if (asked === 'system') return asked;
	const path = asked ?? usual;
	return exists(path) ? path : undefined;
};

const assertAuthorities = (mode: SslMode, rootcert: string | undefined): void => {
	if (rootcert !== undefined || !mode.startsWith('verify')) return;
	throw new UserError(`sslmode=${mode} needs a file of authorities to trust, and there is none.`, {
		hint: 'Name it with sslrootcert or PGSSLROOTCERT, put it at ~/.postgresql/root.crt, or use sslrootcert=system.',
		exitCode: 2,
	});
};

const defaultHost = (port: number, surroundings: Surroundings): string => {
	if (!surroundings.hasUnixSockets) return 'localhost';
	const listening = socketDirectories.find(directory => surroundings.exists(`${directory}/.s.PGSQL.${port}`));
	return listening ?? socketDirectories.find(directory => surroundings.exists(directory)) ?? 'localhost';
};

const systemUser = (surroundings: Surroundings): string => {
	try {
		return surroundings.user();
	} catch {
		throw new UserError('The operating system has no name for this user.', {hint: 'Name the role with -U.', exitCode: 2});
	}
};
