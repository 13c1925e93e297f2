import {resolveConnection} from '../adapters/connect/connection.ts';
import type {FleetMember} from '../adapters/poll/fleet-member.ts';
import {type FleetEntry, type LabeledServers, labelOf, type ServerLabel} from '../core/config.ts';
import {UserError} from '../core/values/errors.ts';

/** A server of the fleet, with its label and color from the configuration if it has one. */
export type LabeledMember = FleetMember & {readonly mark: ServerLabel | undefined};

type Configuration = {readonly servers: readonly LabeledServers[]; readonly fleet: readonly FleetEntry[]};

const most = 100;

type Environment = Readonly<Record<string, string | undefined>>;

const memberOf = (
	{connection, label, color}: FleetEntry,
	servers: readonly LabeledServers[],
	environment: Environment,
): LabeledMember => {
	const options = {positional: connection, passwordPrompt: 'never'} as const;
	const target = resolveConnection(options, environment);
	const mark = label === undefined ? labelOf(servers, target) : {label, ...(color && {color})};
	const address = target.endpoints.map(({host, port}) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
	return {server: `${address}/${target.dbname}`, label: mark?.label ?? address, mark, target};
};

/**
 * The servers of a fleet: those of the command line, else of the configuration, each once; a list from elsewhere is joined here.
 * Throws a UserError for a connection string with an error, and without any server.
 */
export const membersOf = (
	connections: readonly string[],
	{servers, fleet}: Configuration,
	environment: Environment,
): readonly LabeledMember[] => {
	const entries = connections.length > 0 ? connections.map((connection): FleetEntry => ({connection})) : fleet;
	const members = entries.map(entry => memberOf(entry, servers, environment));
	const distinct = [...new Map(members.map(member => [member.server, member])).values()];
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
	return uniquelyLabeled(distinct);
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
