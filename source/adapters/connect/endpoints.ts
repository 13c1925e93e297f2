import {plural} from '../../core/text/words.ts';
import {UserError} from '../../core/values/errors.ts';
import type {PasswordFound} from './pgpass.ts';
import type {Surroundings} from './surroundings.ts';

/** Name, address and port of a server, as a connection string has them. */
export type ServerAddress = {
	readonly host: string;
	/** Address to connect to (hostaddr) if given apart from the host name. */
	readonly hostaddr: string | undefined;
	readonly port: number;
};

/** Address at which tunnels listen. */
export const loopback = '127.0.0.1';

/** Local port that leads to a server; rejects with a ConnectionError if it cannot be opened. */
export type Tunnel = {readonly port: () => Promise<number>};

/** One address of a server, and its password. A `host` that begins with `/` is a Unix socket directory. */
export type Endpoint = ServerAddress & {
	/** Looks up the password at each login; a function, so that printing a target never shows it. */
	readonly password: () => PasswordFound | Promise<PasswordFound>;
	/** Way to the server instead of its address; names, certificates and passwords stay those of the server. */
	readonly tunnel?: Tunnel;
};

/** Part of an endpoint that tells whether it may be on this host. */
export type Near = Pick<Endpoint, 'host' | 'hostaddr' | 'tunnel'>;

/** Endpoint from host, hostaddr and port, with the host name that a password file line is compared with. */
export type TriedEndpoint = Omit<Endpoint, 'password'> & {readonly passwordHost: string};

const socketDirectories = ['/var/run/postgresql', '/tmp'] as const;

/** True if the endpoint is a Unix socket. */
export const isLocal = ({host, hostaddr}: Pick<Endpoint, 'host' | 'hostaddr'>): boolean =>
	hostaddr === undefined && host.startsWith('/');

/**
 * Endpoints to try in order, by libpq's rules for lists: one port for all or one each; an empty element is the default. Throws a
 * UserError.
 */
export const endpointsToTry = (
	given: {readonly host: string | undefined; readonly hostaddr: string | undefined; readonly port: string | undefined},
	surroundings: Surroundings,
): readonly TriedEndpoint[] => {
	const hosts = given.host?.split(',');
	const addresses = given.hostaddr?.split(',');
	const ports = (given.port ?? '').split(',');
	const count = (addresses ?? hosts ?? ['']).length;
	if (addresses && hosts && hosts.length !== count)
		throw new UserError(`There are ${hosts.length} host names but ${count} in hostaddr.`, {
			hint: 'List one address per host, separated by commas.',
			exitCode: 2,
		});
	if (ports.length > 1 && ports.length !== count)
		throw new UserError(`There are ${ports.length} ports, but ${plural(count, 'host')}.`, {
			hint: 'Give one port for all hosts, or one per host, separated by commas.',
			exitCode: 2,
		});
	return Array.from({length: count}, (_, index): TriedEndpoint => {
		const hostaddr = addresses?.[index] || undefined;
		const port = portOf((ports.length > 1 ? ports[index] : ports[0]) || '5432');
		const named = hosts?.[index] || hostaddr;
		if (named !== undefined) assertHost(named);
		const host = named ?? defaultHost(port, surroundings);
		const isDefaultSocket = host.startsWith('/') && (named === undefined || host === socketDirectories[0]);
		return {host, hostaddr, port, passwordHost: isDefaultSocket ? 'localhost' : host};
	});
};

const portOf = (text: string): number => {
	const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
	if (port >= 1 && port <= 65_535) return port;
	throw new UserError('The port given is not a port number.', {hint: 'Ports are numbers from 1 to 65535.', exitCode: 2});
};

/** Throws for a URI in place of a host: it may hold a password, which a message about the host would show. */
const assertHost = (host: string): void => {
	if (host.startsWith('/') || !(host.includes('://') || host.indexOf('@') > 0)) return;
	throw new UserError('The host is not a host name.', {
		hint: 'Give a connection URI with -d or as the argument, with %40 for "@" in its password.',
		exitCode: 2,
	});
};

const defaultHost = (port: number, surroundings: Surroundings): string => {
	if (!surroundings.hasUnixSockets) return 'localhost';
	const listening = socketDirectories.find(directory => surroundings.exists(`${directory}/.s.PGSQL.${port}`));
	return listening ?? socketDirectories.find(directory => surroundings.exists(directory)) ?? 'localhost';
};
