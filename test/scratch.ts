import {chmodSync, readFileSync, statfsSync} from 'node:fs';
import {openWatchdog} from '../source/demo/watchdog.ts';

const memory = '/dev/shm';
const roomBytes = 8 * 2 ** 30;

/** True where files in memory have room for all servers of a run, and programs in it may run. */
const holdsServers = (): boolean => {
	try {
		const {bavail, bsize} = statfsSync(memory);
		const options = readFileSync('/proc/mounts', 'utf8')
			.split('\n')
			.map(line => line.split(' '))
			.findLast(([, folder]) => folder === memory)?.[3];
		return bavail * bsize >= roomBytes && options !== undefined && !options.split(',').includes('noexec');
	} catch {
		return false;
	}
};

/**
 * Gives a run of the tests one temporary folder, which goes with the run however it ends. It is in memory where that has room: to
 * create the thousand files of a cluster there takes a third of the time.
 */
export default (): (() => Promise<void>) => {
	if (holdsServers()) process.env.TMPDIR = memory;
	const watchdog = openWatchdog(undefined);
	// As /tmp is: the user of the servers has its files there too.
	chmodSync(watchdog.folder, 0o1777);
	process.env.TMPDIR = watchdog.folder;
	return watchdog.close;
};
