import {UserError} from '../../core/values/errors.ts';
import {type Certificates, certificatesOf} from './certificates.ts';
import {assertNoCredentials, isConnectionString, parseConnectionString} from './conninfo.ts';
import {type Endpoint, endpointsToTry, isLocal, type ServerAddress, type Tunnel} from './endpoints.ts';
import {assertHonoured, oneOf, type Parameters, parametersOf} from './keywords.ts';
import {passwordFrom} from './pgpass.ts';
import {type AuthRule, authRuleOf} from './require-auth.ts';
import {parametersOfService} from './service.ts';
import {type SessionAttrs, sessionAttrs} from './session-attrs.ts';
import {here, type Surroundings} from './surroundings.ts';
import type {Whereabouts} from './whereabouts.ts';

/** libpq's sslmode. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Connection parameters from the command line; `dbname` and `positional` may be connection strings. */
export type ConnectionOptions = {
	readonly positional?: string | undefined;
	readonly host?: string | undefined;
	readonly port?: string | number | undefined;
	readonly user?: string | undefined;
	readonly dbname?: string | undefined;
	/** The role and the database (or connection string) of all servers of a fleet, which those of a server itself replace. */
	readonly common?: {readonly user: string | undefined; readonly dbname: string | undefined};
	/** Database if none is named; by default, the role's name, as in psql. */
	readonly defaultDatabase?: string;
	/** `-W` is always, `-w` never; without either, prompt if the server asks for a password and none is known. */
	readonly passwordPrompt?: 'always' | 'never' | 'asked' | undefined;
	/** The server is reached through a tunnel: it is never a Unix socket, and `localhost` if no host is named. */
	readonly isTunneled?: boolean;
	/** Another server of the same cluster, in place of those named: with the same role, database, password and certificates. */
	readonly address?: ServerAddress;
};

/**
 * A login target: the first of its `endpoints` that matches target_session_attrs; the fields of the target itself are those of
 * the first endpoint.
 */
export type ConnectionTarget = Endpoint &
	Certificates & {
		readonly endpoints: readonly Endpoint[];
		readonly targetSessionAttrs: SessionAttrs;
		/** Endpoints and their addresses are tried in random order. */
		readonly isBalanced: boolean;
		/** Server chosen by the leading lane; every other connection follows it. */
		readonly whereabouts?: Whereabouts;
		/** Service that was named, if any. */
		readonly service: string | undefined;
		readonly user: string;
		readonly dbname: string;
		/** False if `dbname` is a default. */
		readonly isDatabaseNamed: boolean;
		readonly applicationName: string;
		/** Command-line options for the backend, as in PGOPTIONS. */
		readonly options: string | undefined;
		readonly sslmode: SslMode;
		readonly sslMinVersion: TlsVersion;
		readonly sslMaxVersion: TlsVersion;
		readonly channelBinding: 'disable' | 'prefer' | 'require';
		/** Authentication methods accepted; undefined accepts all. */
		readonly requireAuth: AuthRule | undefined;
		/** Limit of a login at one endpoint, all phases together, in milliseconds. */
		readonly connectTimeoutMs: number;
		/** Further time for a server that took the connection and never let us in before; 0 if connect_timeout is set. */
		readonly patienceMs: number;
		/** Idle milliseconds before TCP keepalive probes; undefined disables them. */
		readonly keepAliveMs: number | undefined;
		readonly passwordPrompt: 'always' | 'never' | 'asked';
		/** The connection string of the command line has a password. */
		readonly isPasswordGiven: boolean;
		/** Each login has a password of its own, so that a refused one says nothing about the next. */
		readonly isPasswordFresh?: boolean;
	};

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

const defaultTimeoutMs = 5000;
// While 900 sessions that queue on one row check for deadlocks, a server lets nobody in for 12 s.
const defaultPatienceMs = 25_000;
const defaultKeepAliveMs = 10_000;

const hostPort = ({host, port}: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** One-line text of a target without its password: `postgres@/var/run/postgresql:5432/app`. */
export const describe = ({user, endpoints, dbname}: ConnectionTarget): string =>
	`${user}@${endpoints.map(hostPort).join(',')}/${dbname}`;

/** The target limited to one endpoint. */
export const placed = (target: ConnectionTarget, endpoint: Endpoint): ConnectionTarget => ({
	...target,
	...endpoint,
	endpoints: [endpoint],
});

/** The target with a password typed by the user. */
export const withPassword = (target: ConnectionTarget, typed: string): ConnectionTarget => {
	const password = () => ({password: typed});
	return {...target, password, endpoints: target.endpoints.map(endpoint => ({...endpoint, password}))};
};

/** The target with passwords that are looked up for each login, by endpoint. */
export const withFreshPasswords = (
	target: ConnectionTarget,
	lookupFor: (address: ServerAddress) => Endpoint['password'],
): ConnectionTarget => {
	const endpoints = target.endpoints.map(endpoint => ({...endpoint, password: lookupFor(endpoint)}));
	return {...target, ...(endpoints[0] as Endpoint), endpoints, isPasswordFresh: true};
};

/** The target with its endpoints reached through tunnels. */
export const withTunnels = (target: ConnectionTarget, tunnelTo: (address: ServerAddress) => Tunnel): ConnectionTarget => {
	const endpoints = target.endpoints.map(endpoint => ({...endpoint, tunnel: tunnelTo(endpoint)}));
	return {...target, ...(endpoints[0] as Endpoint), endpoints};
};

/**
 * Resolves connection parameters in psql's order: connection string, -h -p -U, service, environment, defaults (the operating
 * system's user, a database of that name, the Unix socket). Throws a UserError.
 */
export const resolveConnection = (
	options: ConnectionOptions,
	environment: Readonly<Record<string, string | undefined>>,
	surroundings: Surroundings = here,
): ConnectionTarget => {
	const home = environment.HOME || surroundings.home();
	const [variables, explicit] = [parametersOf(environment), commandLineParameters(options)];
	const service = explicit.service ?? variables.service ?? '';
	const files = {
		named: explicit.servicefile || variables.servicefile,
		home,
		systemFolder: environment.PGSYSCONFDIR || undefined,
	};
	const served = service === '' ? {} : parametersOfService(service, files, surroundings);
	const common = options.common ? commandLineParameters(options.common) : {};
	const parameters: Parameters = {...variables, ...common, ...served, ...explicit, ...parametersAt(options.address)};
	assertHonoured(parameters);
	const set = (keyword: string): string | undefined => (parameters[keyword] === '' ? undefined : parameters[keyword]);

	const places = endpointsToTry(
		{host: set('host'), hostaddr: set('hostaddr'), port: set('port')},
		options.isTunneled ? {...surroundings, hasUnixSockets: false} : surroundings,
	);
	const user = set('user') ?? systemUser(surroundings);
	const dbname = set('dbname') ?? options.defaultDatabase ?? user;
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
		service: service === '' ? undefined : service,
		user,
		dbname,
		isDatabaseNamed: set('dbname') !== undefined,
		applicationName: set('application_name') ?? set('fallback_application_name') ?? 'pgtriage',
		options: set('options'),
		sslmode,
		...certificates,
		sslMinVersion: set('ssl_min_protocol_version') === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
		sslMaxVersion: set('ssl_max_protocol_version') === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
		channelBinding: oneOf('channel_binding', set('channel_binding') ?? 'prefer', ['disable', 'prefer', 'require']),
		requireAuth: authRuleOf(set('require_auth')),
		connectTimeoutMs: timeoutOf(set('connect_timeout')),
		patienceMs: Number(set('connect_timeout') ?? 0) > 0 ? 0 : defaultPatienceMs,
		keepAliveMs: keepAliveOf(set),
		passwordPrompt: options.passwordPrompt ?? 'asked',
		isPasswordGiven: (explicit.password ?? '') !== '',
	};
};

/**
 * Parameters of the command line. As in psql, a second argument is the user; so is a lone argument beside -d. A third is an
 * error.
 */
const commandLineParameters = (
	options: Pick<ConnectionOptions, 'host' | 'port' | 'positional' | 'user' | 'dbname'>,
): Parameters => {
	const {host, port, positional} = options;
	const dbname = options.dbname ?? positional;
	const user = options.user ?? (options.dbname === undefined ? undefined : positional);
	if (options.dbname !== undefined && options.user !== undefined && positional !== undefined)
		throw new UserError('Too many arguments: -d and -U already name the database and the user.', {
			hint: 'Give the database as the argument or with -d, not both.',
			exitCode: 2,
		});
	const parts: Record<string, string> = {};
	if (host !== undefined) parts.host = host;
	if (port !== undefined) parts.port = String(port);
	if (user !== undefined) parts.user = user;
	if (dbname === undefined) return parts;
	if (isConnectionString(dbname)) return {...parts, ...parseConnectionString(dbname)};
	assertNoCredentials(dbname);
	return {...parts, dbname};
};

/** Parameters that lead to one address instead of all that are named; a standby would not be the read-write server asked for. */
const parametersAt = (address: ServerAddress | undefined): Parameters =>
	address === undefined
		? {}
		: {host: address.host, hostaddr: address.hostaddr ?? '', port: String(address.port), target_session_attrs: 'any'};

const timeoutOf = (text: string | undefined): number => {
	if (text === undefined) return defaultTimeoutMs;
	if (!/^\s*-?\d{1,7}\s*$/.test(text))
		throw new UserError(`${JSON.stringify(text)} is not a valid connect_timeout.`, {
			hint: 'It is a number of seconds.',
			exitCode: 2,
		});
	// libpq reads 0 as "no limit"; a monitor keeps its own limit. libpq never waits less than 2 s.
	return Number(text) <= 0 ? defaultTimeoutMs : Math.max(2, Number(text)) * 1000;
};

/** libpq leaves keepalives to the system (two hours) if the value is 0 or absent. */
const keepAliveOf = (set: (keyword: string) => string | undefined): number | undefined => {
	const seconds = (keyword: string, usual: string): number => {
		const text = set(keyword) ?? usual;
		if (/^\s*-?\d{1,7}\s*$/.test(text)) return Number(text);
		throw new UserError(`${JSON.stringify(text)} is not a valid ${keyword}.`, {hint: 'It is a whole number.', exitCode: 2});
	};
	if (seconds('keepalives', '1') === 0) return undefined;
	const idle = seconds('keepalives_idle', '0');
	return idle > 0 ? idle * 1000 : defaultKeepAliveMs;
};

/** libpq raises `require` to `verify-ca` if a root certificate exists, and requires verify-full for the system's authorities. */
const sslmodeOf = (sslmode: string | undefined, rootcert: string | undefined): SslMode => {
	if (rootcert === 'system') {
		if ((sslmode ?? 'verify-full') === 'verify-full') return 'verify-full';
		throw new UserError('sslrootcert=system needs sslmode=verify-full.', {
			hint: 'Anyone can get a certificate from a public authority, so the host name must be checked too.',
			exitCode: 2,
		});
	}
	const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
	const mode = oneOf('sslmode', sslmode ?? 'prefer', modes);
	return mode === 'require' && rootcert !== undefined ? 'verify-ca' : mode;
};

const assertVerifiable = (mode: SslMode, rootcert: string | undefined, isNameless: boolean): void => {
	if (!mode.startsWith('verify')) return;
	if (rootcert === undefined)
		throw new UserError(`sslmode=${mode} needs a root certificate, and there is none.`, {
			hint: 'Name it with sslrootcert or PGSSLROOTCERT, put it at ~/.postgresql/root.crt, or use sslrootcert=system.',
			exitCode: 2,
		});
	if (mode === 'verify-full' && isNameless)
		throw new UserError('sslmode=verify-full needs the host name, and only its address is known.', {
			hint: 'Add the name with -h to hostaddr.',
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
