import {UserError} from '../../core/values/errors.ts';
import {type Certificates, certificatesOf} from './certificates.ts';
import {isConnectionString, parseConnectionString} from './conninfo.ts';
import {type Endpoint, endpointsToTry, isLocal} from './endpoints.ts';
import {assertHonoured, oneOf, type Parameters, parametersOf} from './keywords.ts';
import {passwordFrom} from './pgpass.ts';
import {type AuthRule, authRuleOf} from './require-auth.ts';
import {parametersOfService} from './service.ts';
import {type SessionAttrs, sessionAttrs} from './session-attrs.ts';
import {here, type Surroundings} from './surroundings.ts';
import type {Whereabouts} from './whereabouts.ts';

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

/** How to log in and where: at the first of the `endpoints` that is what was asked for; the target's own endpoint is their first. */
export type ConnectionTarget = Endpoint &
	Certificates & {
		readonly endpoints: readonly Endpoint[];
		readonly targetSessionAttrs: SessionAttrs;
		/** The endpoints and their addresses are tried in random order. */
		readonly isBalanced: boolean;
		/** Where everything that connects goes, once one of them knows. */
		readonly whereabouts?: Whereabouts;
		readonly user: string;
		readonly dbname: string;
		readonly applicationName: string;
		/** Command-line options for the backend, as in PGOPTIONS. */
		readonly options: string | undefined;
		readonly sslmode: SslMode;
		readonly sslMinVersion: TlsVersion;
		readonly sslMaxVersion: TlsVersion;
		readonly channelBinding: 'disable' | 'prefer' | 'require';
		/** The ways in which the server may check who we are; undefined is any. */
		readonly requireAuth: AuthRule | undefined;
		/** Limit of a log-in at one endpoint, all its phases together. */
		readonly connectTimeoutMs: number;
		/** Milliseconds of silence before the operating system looks whether the other side is there; undefined is never. */
		readonly keepAliveMs: number | undefined;
		readonly passwordPrompt: 'always' | 'never' | 'asked';
	};

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

const defaultTimeoutMs = 5000;
const defaultKeepAliveMs = 10_000;

const hostPort = ({host, port}: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A safe one-line text of a target, without its password: `postgres@/var/run/postgresql:5432/app`. */
export const describe = ({user, endpoints, dbname}: ConnectionTarget): string =>
	`${user}@${endpoints.map(hostPort).join(',')}/${dbname}`;

/** The same target with one endpoint only. */
export const placed = (target: ConnectionTarget, endpoint: Endpoint): ConnectionTarget => ({
	...target,
	...endpoint,
	endpoints: [endpoint],
});

/** The same target with a password that was typed. */
export const withPassword = (target: ConnectionTarget, typed: string): ConnectionTarget => {
	const password = () => ({password: typed});
	return {...target, password, endpoints: target.endpoints.map(endpoint => ({...endpoint, password}))};
};

/**
 * Resolves what was asked for as psql does: a connection string wins over -h, -p, -U, these over a service, that over the
 * environment, this over the defaults (the operating system's user, a database of the user's name, the unix socket). Throws
 * UserError.
 */
export const resolveConnection = (
	options: ConnectionOptions,
	environment: Readonly<Record<string, string | undefined>>,
	surroundings: Surroundings = here,
): ConnectionTarget => {
	const home = environment.HOME || surroundings.home();
	const [variables, explicit] = [parametersOf(environment), asked(options)];
	const service = explicit.service ?? variables.service ?? '';
	const files = {
		named: explicit.servicefile || variables.servicefile,
		home,
		systemFolder: environment.PGSYSCONFDIR || undefined,
	};
	const served = service === '' ? {} : parametersOfService(service, files, surroundings);
	const given: Parameters = {...variables, ...served, ...explicit};
	assertHonoured(given);
	const set = (keyword: string): string | undefined => (given[keyword] === '' ? undefined : given[keyword]);

	const places = endpointsToTry({host: set('host'), hostaddr: set('hostaddr'), port: set('port')}, surroundings);
	const user = set('user') ?? systemUser(surroundings);
	const dbname = set('dbname') ?? user;
	const certificates = certificatesOf(set, home, surroundings);
	const sslmode = sslmodeOf(set('sslmode'), certificates.sslrootcert);
	if (!places.every(isLocal)) assertVerifiable(sslmode, certificates.sslrootcert, set('host') === undefined);
	const passfile = set('passfile') ?? `${home}/.pgpass`;
	const typed = set('password');
	const endpoints = places.map(({passwordHost, ...place}): Endpoint => {
		const key = {host: passwordHost, port: place.port, dbname, user};
		return {...place, password: () => (typed === undefined ? passwordFrom(passfile, key) : {password: typed})};
	});
	return {
		...(endpoints[0] as Endpoint),
		endpoints,
		targetSessionAttrs: oneOf('target_session_attrs', set('target_session_attrs') ?? 'any', sessionAttrs),
		isBalanced: oneOf('load_balance_hosts', set('load_balance_hosts') ?? 'disable', ['disable', 'random']) === 'random',
		user,
		dbname,
		applicationName: set('application_name') ?? set('fallback_application_name') ?? 'pgtriage',
		options: set('options'),
		sslmode,
		...certificates,
		sslMinVersion: set('ssl_min_protocol_version') === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
		sslMaxVersion: set('ssl_max_protocol_version') === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
		channelBinding: oneOf('channel_binding', set('channel_binding') ?? 'prefer', ['disable', 'prefer', 'require']),
		requireAuth: authRuleOf(set('require_auth')),
		connectTimeoutMs: timeoutOf(set('connect_timeout')),
		keepAliveMs: keepAliveOf(set),
		passwordPrompt: options.passwordPrompt ?? 'asked',
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

const timeoutOf = (text: string | undefined): number => {
	if (text === undefined) return defaultTimeoutMs;
	if (!/^\s*-?\d{1,7}\s*$/.test(text))
		throw new UserError(`${JSON.stringify(text)} is no connect_timeout.`, {hint: 'It is a number of seconds.', exitCode: 2});
	// libpq reads 0 as "for ever"; a monitor keeps its own limit. It never waits less than 2 s.
	return Number(text) <= 0 ? defaultTimeoutMs : Math.max(2, Number(text)) * 1000;
};

/** libpq leaves the first look to the system, after two hours; 0 is that as well. */
const keepAliveOf = (set: (keyword: string) => string | undefined): number | undefined => {
	const seconds = (keyword: string, usual: string): number => {
		const text = set(keyword) ?? usual;
		if (/^\s*-?\d{1,7}\s*$/.test(text)) return Number(text);
		throw new UserError(`${JSON.stringify(text)} is no ${keyword}.`, {hint: 'It is a whole number.', exitCode: 2});
	};
	if (seconds('keepalives', '1') === 0) return undefined;
	const idle = seconds('keepalives_idle', '0');
	return idle > 0 ? idle * 1000 : defaultKeepAliveMs;
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

const assertVerifiable = (mode: SslMode, rootcert: string | undefined, isNameless: boolean): void => {
	if (!mode.startsWith('verify')) return;
	if (rootcert === undefined)
		throw new UserError(`sslmode=${mode} needs a file of authorities to trust, and there is none.`, {
			hint: 'Name it with sslrootcert or PGSSLROOTCERT, put it at ~/.postgresql/root.crt, or use sslrootcert=system.',
			exitCode: 2,
		});
	if (mode === 'verify-full' && isNameless)
		throw new UserError('sslmode=verify-full needs the name of the host, and only its address is known.', {
			hint: 'Give the name with -h beside hostaddr.',
			exitCode: 2,
		});
};

const systemUser = (surroundings: Surroundings): string => {
	try {
		return surroundings.user();
	} catch {
		throw new UserError('The operating system has no name for this user.', {hint: 'Name the role with -U.', exitCode: 2});
	}
};
