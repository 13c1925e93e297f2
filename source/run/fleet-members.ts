import type {FleetMember} from '../adapters/poll/fleet-member.ts';
import type {Configured} from '../command-line/configuration.ts';
import type {Invocation} from '../command-line/options.ts';
import {type FleetEntry, labelOf, type ServerLabel} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';
import {type Access, createAccess} from './access.ts';

/** A server of the fleet, with its label and color from the configuration if it has one. */
export type LabeledMember = FleetMember & {readonly mark: ServerLabel | undefined};

/** The servers of a fleet, and what ends the tunnels to them. */
export type Fleet = {readonly members: readonly LabeledMember[]; readonly close: () => Promise<void>};

type Configuration = Pick<Configured, 'servers' | 'passwordCommand' | 'fleet'>;

const most = 100;

type Environment = Readonly<Record<string, string | undefined>>;

const memberOf = async (
	{connection: positional, label, color}: FleetEntry,
	invocation: Invocation,
	configuration: Configuration,
	environment: Environment,
): Promise<{readonly member: LabeledMember; readonly access: Access}> => {
	const none = {host: undefined, port: undefined, user: undefined, dbname: undefined};
	const connection = {...none, positional, passwordPrompt: 'never'} as const;
	const access = await createAccess({...invocation, connection}, configuration, environment);
	const target = access.target();
	const {servers} = configuration;
	const mark = label === undefined ? labelOf(servers, target) : {label, ...(color && {color})};
	const address = target.endpoints.map(({host, port}) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
	return {member: {server: `${address}/${target.dbname}`, label: mark?.label ?? address, mark, target}, access};
};

/**
 * The servers of a fleet: those of the command line, else of the configuration, each once; a list from elsewhere is joined here.
 * Throws a UserError for a connection string with an error, and without any server.
 */
export const fleetOf = async (invocation: Invocation, configuration: Configuration, environment: Environment): Promise<Fleet> => {
	const given = invocation.fleet.map((connection): FleetEntry => ({connection}));
	const entries = given.length > 0 ? given : configuration.fleet;
	const all = await Promise.all(entries.map(entry => memberOf(entry, invocation, configuration, environment)));
	const distinct = [...new Map(all.map(({member}) => [member.server, member])).values()];
	if (distinct.length === 0)
		throw new UserError('No fleet is named.', {
			hint: 'pgtriage fleet "host=db1" "host=db2", or list the connections as "fleet" in the configuration.',
			exitCode: 2,
		});
	if (distinct.length > most)
		throw new UserError(`A fleet has at most ${most} servers, and ${distinct.length} are named.`, {
			hint: 'Watch them in parts.',
			exitCode: 2,
		});
	return {
		members: uniquelyLabeled(distinct),
		close: async () => void (await Promise.all(all.map(({access}) => access.close()))),
	};
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
