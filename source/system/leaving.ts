import {setTimeout as sleep} from 'node:timers/promises';

// What Node does on threads of its own: files and names of hosts.
const onThreads = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/;
const patienceMs = 200;
const stepMs = 10;

const isBusy = (): boolean => process.getActiveResourcesInfo().some(name => onThreads.test(name));

/**
 * Ends the process if a file system, a pipe or a name server does not answer: the exit of Node waits for the thread that waits for
 * it. Returns, for an ordinary exit, if nothing is being waited for, or no longer after 0.2 seconds.
 */
export const abandonThreads = async (status: number): Promise<void> => {
	for (let waited = 0; isBusy(); waited += stepMs) {
		if (waited >= patienceMs) return end(status);
		await sleep(stepMs);
	}
};

const end = (status: number): void => {
	// Replacing the program ends its threads and keeps the exit status; Node 22 cannot do that.
	process.execve?.('/bin/sh', ['sh', '-c', `exit ${status}`], {});
	process.kill(process.pid, 'SIGKILL');
};
