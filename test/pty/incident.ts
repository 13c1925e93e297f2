import type {RunningIncident} from '../../source/demo/incidents/incident.ts';
import {incidents} from '../../source/demo/incidents/index.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect} from '../postgres/servers.ts';

/** Lets an incident stand on a server. */
export const begin = async (server: Server, name: string): Promise<RunningIncident> => {
	const found = incidents.find(each => each.name === name);
	if (!found) throw new Error(`There is no incident ${name}.`);
	return found.begin(async options => connect(server, options));
};
