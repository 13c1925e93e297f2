import type {FleetDisk} from '../../queries/beside/fleet.ts';
import {type Directory, type HostRow, locationOf, type OwnBackend, usedRatio} from '../../queries/beside/host.ts';
import type {Near} from '../connect/endpoints.ts';
import {createDiskSpace} from './disk-space.ts';
import {createNeighbourFinder, isNear} from './neighbour.ts';
import {pathsOf} from './server-paths.ts';

/** The disk with the largest used share; undefined if that of the data directory is unknown. */
const fullestOf = (spaces: readonly HostRow[]): FleetDisk | undefined => {
	if (!spaces.some(({kind}) => kind === 'data')) return undefined;
	// Directories of one disk are read one after the other: it is named by its first, whatever was written in between.
	const disks = [...Map.groupBy(spaces, ({device}) => device).values()].flatMap(([first]) => first ?? []);
	const [fullest] = disks.toSorted((a, b) => (usedRatio(b) ?? 0) - (usedRatio(a) ?? 0));
	return (
		fullest && {
			disk_name: locationOf(fullest),
			disk_total_bytes: fullest.total_bytes,
			disk_used_bytes: fullest.used_bytes,
			disk_free_bytes: fullest.free_bytes,
		}
	);
};

/**
 * Creates readers of the disks of several servers on this host, one for the server at each address. They read one after the other, so
 * that disks that hang, of whichever server, keep few threads.
 */
export const createServerDisks = () => {
	const reading = new Set<string>();
	let last: Promise<unknown> = Promise.resolve();
	return (endpoint: () => Near | undefined) => {
		const find = createNeighbourFinder();
		const spaceOf = createDiskSpace(reading);
		return {
			/** True if the server may be on this host. */
			isNear: (): boolean => {
				const address = endpoint();
				return address !== undefined && isNear(address);
			},
			/** True if a backend of ours is a process of this host. */
			isHere: (backend: OwnBackend): boolean => find(backend) !== undefined,
			/** The fullest disk of data, WAL and tablespaces; undefined if the server is elsewhere or its disk does not answer. */
			fullest: async (backend: OwnBackend, directories: readonly Directory[]): Promise<FleetDisk | undefined> => {
				const neighbour = find(backend);
				if (!neighbour) return undefined;
				// What the logs are on may be full without harm to the server.
				const paths = pathsOf(directories).filter(({kind}) => kind !== 'log');
				const turn = last.then(() => spaceOf(neighbour, paths));
				last = turn.catch(() => undefined);
				return fullestOf(await turn);
			},
		};
	};
};
