import {existsSync} from 'node:fs';
import {homedir, userInfo} from 'node:os';
import {readInTime} from '../../system/reading.ts';

/** Facts of the operating system; a parameter, so that the rules can be tested without it. */
export type Surroundings = {
	readonly user: () => string;
	readonly home: () => string;
	readonly exists: (path: string) => boolean;
	/** Text of a file; throws if it cannot be read. */
	readonly read: (path: string) => string;
	readonly hasUnixSockets: boolean;
};

/** The operating system of this process. */
export const here: Surroundings = {
	user: () => userInfo().username,
	home: homedir,
	exists: existsSync,
	read: path => readInTime(path).toString('utf8'),
	hasUnixSockets: process.platform !== 'win32',
};
