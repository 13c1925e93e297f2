import {cpus, hostname, loadavg, totalmem} from 'node:os';
import type {PollState, Readings} from '../../queries/plan.ts';
import {createDiskSpace, noFigures} from './disk-space.ts';
import type {Neighbour} from './neighbour.ts';
import {availableMemory} from './procfs.ts';
import {directoryPathsOf} from './server-paths.ts';

/** Creates the reading of the server's host: load, memory and disk space. */
export const createHostReading = (neighbourOf: (state: PollState) => Neighbour | undefined): NonNullable<Readings[string]> => {
	const processors = cpus().length;
	const spaceOf = createDiskSpace();
	return async state => {
		const neighbour = neighbourOf(state);
		if (!neighbour) return undefined;
		const machine = {
			...noFigures,
			kind: 'host',
			name: hostname(),
			cpus: processors,
			load_average: loadavg()[0] ?? null,
			memory_total_bytes: totalmem(),
			memory_available_bytes: availableMemory(),
		};
		return [machine, ...(await spaceOf(neighbour, directoryPathsOf(state)))];
	};
};
