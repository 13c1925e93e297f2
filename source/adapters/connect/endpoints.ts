import {UserError} from '../../core/values/errors.ts';
import type {PasswordFound} from './pgpass.ts';
import type {Surroundings} from './surroundings.ts';

/** Where one server is reached, and the password for it. A `host` that begins with `/` is the directory of a unix socket. */
export type Endpoint = {
	readonly host: string;
	/** The address to connect to where it is given apart from the host's name. */
	readonly hostaddr: string | undefined;
	readonly port: number;
	/** Looks the password up anew at each log-in; a function, so that no print of a target shows it. */
	readonly password: () => PasswordFound;
};

/** The places that host, hostaddr and port name, with the host that a line of a password file is compared with. */
export type TriedEndpoint = Omit<Endpoint, 'password'> & {readonly passwordHost: string};

const socketDirectories = ['/var/run/postgresql', '/tmp'] as const;

/** Whether an endpoint is reached by a unix socket. */
export const isLocal = ({host, hostaddr}: Pick<Endpoint, 'host' | 'hostaddr'>): boolean =>
	hostaddr === undefined && host.startsWith('/');

/** The places to try in turn, by libpq's rules for lists: one port for all or one for each, an empty element is the default. Throws a UserError. */
export const endpointsToTry = (
	given: {readonly host: string | undefined; readonly hostaddr: string | undefined; readonly port: string | undefined},
	surroundings: Surroundings,
): readonly TriedEndpoint[] => {
	const hosts = given.host?.split(',');
	const addresses = given.hostaddr?.split(',');
	const ports = (given.port ?? '').split(',');
	const count = (addresses ?? hosts ?? ['']).length;
	if (addresses && hosts && hosts.length !== count)
		throw new UserError(`There are ${hosts.length} host names, but ${count} in hostaddr.`, {
			hint: 'Name as many addresses as hosts, separated by commas.',
			exitCode: 2,
		});
	if (ports.length > 1 && ports.length !== count)
		throw new UserError(`There are ${ports.length} ports, but ${count} ${count === 1 ? 'host' : 'hosts'}.`, {
			hint: 'Name one port for all hosts, or one for each, separated by commas.',
			exitCode: 2,
		});
	return Array.from({length: count}, (_, index): TriedEndpoint => {
		const hostaddr = addresses?.[index] || undefined;
		const port = portOf((ports.length > 1 ? ports[index] : ports[0]) || '5432');
		const named = hosts?.[index] || hostaddr;
		const host = named ?? defaultHost(port, surroundings);
		const isDefaultSocket = host.startsWith('/') && (named === undefined || host === socketDirectories[0]);
		return {host, hostaddr, port, passwordHost: isDefaultSocket ? 'localhost' : host};
	});
};

const portOf = (text: string): number => {
	const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
	if (port >= 1 && port <= 65_535) return port;
	throw new UserError(`${JSON.stringify(text)} is no port.`, {hint: 'A port is a number from 1 to 65535.', exitCode: 2});
};

const defaultHost = (port: number, surroundings: Surroundings): string => {
	if (!surroundings.hasUnixSockets) return 'localhost';
	const listening = socketDirectories.find(directory => surroundings.exists(`${directory}/.s.PGSQL.${port}`));
	return listening ?? socketDirectories.find(directory => surroundings.exists(directory)) ?? 'localhost';
};
