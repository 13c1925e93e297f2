import type {TestProject} from 'vitest/node';
import {serverOwner} from '../source/demo/owner.ts';
import {openWatchdog} from '../source/demo/watchdog.ts';

declare module 'vitest' {
	interface ProvidedContext {
		/** The folder of what the test files of one run share. */
		readonly scratch: string;
	}
}

/** Gives the test files of a run one folder for what they share, which goes with the run however it ends. */
export default ({provide}: TestProject): (() => Promise<void>) => {
	const watchdog = openWatchdog(serverOwner());
	provide('scratch', watchdog.folder);
	return watchdog.close;
};
