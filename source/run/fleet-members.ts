import type {ServerAddress} from '../adapters/connect/endpoints.ts';
import type {FleetMember} from '../adapters/poll/fleet-member.ts';
import type {Configured} from '../command-line/configuration.ts';
import type {Invocation} from '../command-line/options.ts';
import {type FleetEntry, labelOf, type ServerLabel} from '../core/config.ts';
import {type RefusedFields, sentences} from '../core/sample/sample.ts';
import {UserError} from '../core/values/errors.ts';
import {warn} from '../system/standard-streams.ts';
import {type Access, createAccess} from './access.ts';
import type {FoundStandbys} from './fleet-standbys.ts';

/** A server of the fleet, with its label and color from the configuration if it has one. */
export type LabeledMember = FleetMember & {readonly mark: ServerLabel | undefined};

/** The servers of a fleet, the standbys that could not be found, and what ends the tunnels. */
export type Fleet = {
	readonly members: readonly LabeledMember[];
	readonly missing: readonly RefusedFields[];
	readonly close: () => Promise<void>;
};

type Configuration = Pick<Configured, 'servers' | 'passwordCommand' | 'fleet'>;

const most = 100;

/** A server to be watched: by a connection string, or by its host and port. */
type Entry = Partial<ServerLabel> & {
	readonly connection: string | {readonly host: string; readonly port: number};
	/** Address in place of those of the connection string, which is that of another server of the cluster. */
	readonly address?: ServerAddress;
	/** Its name in a cluster, if it has no label. */
	readonly name?: string | undefined;
};

/** A server of a fleet, how it was named, and the way to it. */
export type ResolvedServer = {readonly entry: Entry; readonly member: LabeledMember; readonly access: Access};

type Environment = Readonly<Record<string, string | undefined>>;

const resolvedOf = async (
	entry: Entry,
	invocation: Invocation,
	configuration: Configuration,
	environment: Environment,
): Promise<ResolvedServer> => {
	const {connection: given, address: found, label, color, name} = entry;
	const where =
		typeof given === 'string'
			? {positional: given, host: undefined, port: undefined}
			: {positional: undefined, host: given.host, port: String(given.port)};
	const {user, dbname} = invocation.connection;
	const connection = {...where, common: {user, dbname}, passwordPrompt: 'never' as const, ...(found && {address: found})};
	const access = await createAccess({...invocation, connection}, configuration, environment);
	const target = access.target();
	const {servers} = configuration;
	const mark = label === undefined ? labelOf(servers, target) : {label, ...(color && {color})};
	const address = target.endpoints.map(({host, port}) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
	const member = {server: `${address}/${target.dbname}`, label: mark?.label ?? name ?? address, mark, target};
	return {entry, member, access};
};

/** Servers that are named on the command line and those of its Patroni, else those of the configuration. */
const entriesOf = async ({fleet, patroni}: Invocation, configured: readonly FleetEntry[]): Promise<readonly Entry[]> => {
	const named = fleet.map((connection): Entry => ({connection}));
	if (patroni === undefined) return named.length > 0 ? named : configured;
	const {clusterServers} = await import('./fleet-patroni.ts');
	const servers = await clusterServers(patroni);
	return [...named, ...servers.map(({name, host, port}): Entry => ({connection: {host, port}, name}))];
};

/**
 * The servers of a fleet, each once. Throws a UserError for a connection string with an error, for a Patroni that does not answer,
 * and without any server.
 */
export const fleetOf = async (invocation: Invocation, configuration: Configuration, environment: Environment): Promise<Fleet> => {
	const entries = await entriesOf(invocation, configuration.fleet);
	const resolve = (entry: Entry): Promise<ResolvedServer> => resolvedOf(entry, invocation, configuration, environment);
	const all = await Promise.all(entries.map(resolve));
	const distinct = [...new Map(all.map(each => [each.member.server, each])).values()];
	if (distinct.length === 0)
		throw new UserError('No fleet is named.', {
			hint: 'pgtriage fleet "host=db1" "host=db2", --patroni URL, or list the connections as "fleet" in the configuration.',
			exitCode: 2,
		});
	if (distinct.length > most)
		throw new UserError(`A fleet has at most ${most} servers, and ${distinct.length} are named.`, {
			hint: 'Watch them in parts.',
			exitCode: 2,
		});
	const found = invocation.standbys ? await findStandbys(distinct, resolve) : {servers: [], missing: []};
	return {
		members: uniquelyLabeled([...distinct, ...found.servers].map(({member}) => member)),
		missing: found.missing,
		close: async () => void (await Promise.all([...all, ...found.servers].map(({access}) => access.close()))),
	};
};

/** The standbys of servers; what could not be found is printed on stderr too. */
const findStandbys = async (
	servers: readonly ResolvedServer[],
	resolve: (entry: Entry) => Promise<ResolvedServer>,
): Promise<FoundStandbys> => {
	const {standbysOf} = await import('./fleet-standbys.ts');
	const resolveAt = ({entry}: ResolvedServer, address: ServerAddress, name: string | undefined): Promise<ResolvedServer> =>
		resolve({connection: entry.connection, address, name});
	const found = await standbysOf(servers, resolveAt, most);
	for (const {error} of found.missing) warn(`pgtriage: ${sentences(error)}`);
	return found;
};

/** Members whose label tells them apart: with the address if several have the same. */
const uniquelyLabeled = (members: readonly LabeledMember[]): readonly LabeledMember[] => {
	const times = Map.groupBy(members, ({label}) => label);
	return members.map(member => {
		const isShared = (times.get(member.label)?.length ?? 0) > 1;
		if (!isShared) return member;
		const label = member.mark === undefined ? member.server : `${member.label} ${member.server}`;
		return {...member, label};
	});
};
