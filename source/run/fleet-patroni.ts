import {ConnectionError} from '../adapters/connect/failures.ts';
import {resolvePatroni} from '../adapters/patroni/address.ts';
import {createPatroni} from '../adapters/patroni/patroni.ts';
import type {Row} from '../core/sample/sample.ts';
import {clean, toWidth} from '../core/text/clean.ts';
import {UserError} from '../core/values/errors.ts';
import {instantOf} from '../core/values/instant.ts';

/** A server of a cluster: the name of its member, and where PostgreSQL listens. */
export type ClusterServer = {readonly name: string; readonly host: string; readonly port: number};

// A member list is text of others: what is not one host could be a socket directory, or a list of hosts.
const oneHost = /^[\w.:-]+$/;
const longestMs = 4000;
const mostCells = 20;

const serverOf = ({name, host, port}: Row): readonly ClusterServer[] =>
	typeof name === 'string' && typeof host === 'string' && typeof port === 'number' && oneHost.test(host)
		? [{name: toWidth(clean(name), mostCells).trimEnd(), host, port}]
		: [];

const rowsOfMembers = async (address: string): Promise<readonly Row[]> => {
	const patroni = createPatroni(address, {mostWaitMs: longestMs, connection: () => ({host: '', port: 0})});
	const now = instantOf(Date.now());
	try {
		await patroni.cluster(now);
		return (await patroni.members(now)) ?? [];
	} catch (error) {
		if (!(error instanceof ConnectionError)) throw error;
		const {message, hint} = error.failure;
		throw new UserError(message, {exitCode: 1, ...(hint !== undefined && {hint})});
	} finally {
		patroni.stop();
	}
};

/** The servers of the cluster that a Patroni member lists; throws a UserError without any. */
export const clusterServers = async (url: string): Promise<readonly ClusterServer[]> => {
	const address = resolvePatroni(url);
	const servers = (await rowsOfMembers(address)).flatMap(serverOf);
	if (servers.length === 0)
		throw new UserError(`Patroni at ${address} lists no server to connect to.`, {
			hint: 'Look at patronictl list, or name the servers.',
			exitCode: 1,
		});
	return servers;
};
