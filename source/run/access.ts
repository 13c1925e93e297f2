import {
	type ConnectionOptions,
	type ConnectionTarget,
	resolveConnection,
	withFreshPasswords,
	withTunnels,
} from '../adapters/connect/connection.ts';
import {isLocal, type ServerAddress} from '../adapters/connect/endpoints.ts';
import {failureOf, serverName} from '../adapters/connect/failures.ts';
import type {RunningTunnel} from '../adapters/programs/tunnel.ts';
import type {Configured} from '../command-line/configuration.ts';
import type {Invocation} from '../command-line/options.ts';
import {wordsOf} from '../command-line/words.ts';
import {commandFor, tunnelProblem} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import {createProgressLine} from '../system/standard-streams.ts';

/** Settings of a configuration that lead to servers. */
export type Connections = Pick<Configured, 'servers' | 'passwordCommand'>;

/** The way to the server of a command line, with its password command and its tunnel. */
export type Access = {
	/** Target of the command line, with another database if none is named. */
	readonly target: (defaultDatabase?: string) => ConnectionTarget;
	/** Opens the tunnel, if there is one to a single host; throws a UserError if it does not open. */
	readonly open: () => Promise<void>;
	/** Ends the tunnels, and waits a moment for it. */
	readonly close: () => Promise<void>;
};

/** A command line whose connection may be one that was found. */
type Call = Omit<Invocation, 'connection'> & {readonly connection: ConnectionOptions};

type Apply = (target: ConnectionTarget) => ConnectionTarget;

// What goes on after that is ended when this process ends.
const closeMs = 300;
const progressMs = 500;
const tunnelMs = 20_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves the connection of a command line; throws a UserError for commands that cannot work with it. */
export const createAccess = async (invocation: Call, connections: Connections, environment: Environment): Promise<Access> => {
	const plain = resolveConnection(invocation.connection, environment);
	const tunnels = new Map<string, RunningTunnel>();
	const tunnel = invocation.tunnel ?? commandFor('tunnel', connections.servers, plain);
	const withPassword = await passwordsOf(invocation, connections, plain);
	const isTunneled = tunnel !== undefined;
	const withTunnel = tunnel === undefined ? same : await tunnelsOf(tunnel, tunnels, invocation);
	const target = (defaultDatabase?: string): ConnectionTarget => {
		const named = defaultDatabase === undefined ? {} : {defaultDatabase};
		return withPassword(withTunnel(resolveConnection({...invocation.connection, ...named, isTunneled}, environment)));
	};
	return {
		target,
		open: async () => {
			const {endpoints} = target();
			if (isTunneled && endpoints.length === 1) await opened(target());
		},
		close: async () => {
			await Promise.race([
				Promise.all([...tunnels.values()].map(each => each.stop())),
				new Promise(resolve => setTimeout(resolve, closeMs).unref()),
			]);
		},
	};
};

const same: Apply = target => target;

/** A password command on the command line wins over everything; one of the configuration over what psql would find by itself. */
const passwordsOf = async (
	invocation: Call,
	{servers, passwordCommand}: Connections,
	plain: ConnectionTarget,
): Promise<Apply> => {
	const isTyped = plain.isPasswordGiven || plain.passwordPrompt === 'always';
	const configured = isTyped ? undefined : (commandFor('password_command', servers, plain) ?? passwordCommand);
	const command = invocation.passwordCommand ?? configured;
	if (command === undefined) return same;
	const words = wordsOf('password-command', command);
	const {createPasswordCommand} = await import('../adapters/programs/password-command.ts');
	return target =>
		withFreshPasswords(target, ({host, hostaddr, port}) =>
			createPasswordCommand(words, {host: hostaddr ?? host, server_port: String(port), user: target.user}),
		);
};

const tunnelsOf = async (command: string, tunnels: Map<string, RunningTunnel>, invocation: Call): Promise<Apply> => {
	const words = wordsOf('tunnel', command);
	const problem = tunnelProblem(words);
	if (problem !== undefined)
		throw new UserError(`--tunnel ${problem}.`, {hint: "For example: --tunnel 'ssh -N -L {port}:db1:5432 bastion'", exitCode: 2});
	const {createTunnel} = await import('../adapters/programs/tunnel.ts');
	// A check has to answer in its own time.
	const longestMs = invocation.command === 'check' ? Math.min(tunnelMs, invocation.timeoutMs) : tunnelMs;
	const tunnelTo = (address: ServerAddress): RunningTunnel => {
		const name = `${address.hostaddr ?? address.host} ${address.port}`;
		const tunnel = tunnels.get(name) ?? createTunnel(words, address, longestMs);
		tunnels.set(name, tunnel);
		return tunnel;
	};
	return target => {
		assertReachable(target, words);
		return withTunnels(target, tunnelTo);
	};
};

/** Throws a UserError for a server that a tunnel cannot lead to. */
const assertReachable = ({endpoints}: ConnectionTarget, words: readonly string[]): void => {
	if (endpoints.some(isLocal))
		throw new UserError('--tunnel needs a server that is reached by TCP, and the host is a socket directory.', {
			hint: 'Name the server with -h, as its certificate and ~/.pgpass do.',
			exitCode: 2,
		});
	if (endpoints.length > 1 && !words.some(word => word.includes('{host}')))
		throw new UserError(`--tunnel leads to one server, and ${endpoints.length} hosts are named.`, {
			hint: 'Put {host} into its command, so that each host gets a tunnel of its own, or name one host.',
			exitCode: 2,
		});
};

/** Opens the tunnel of a target, with progress on a terminal. */
const opened = async (target: ConnectionTarget): Promise<void> => {
	const progress = createProgressLine();
	const begun = performance.now();
	const show = (): void => progress.show(`Opening the tunnel … ${Math.round((performance.now() - begun) / 1000)} s`);
	const timer = progress.isVisible ? setInterval(show, progressMs) : undefined;
	try {
		await target.tunnel?.port();
	} catch (error) {
		const {message, hint} = failureOf(error, serverName(target));
		throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
	} finally {
		clearInterval(timer);
		progress.clear();
	}
};
