import {readFileSync} from 'node:fs';

/** True if a process runs; a zombie that nobody reaps has ended too. */
export const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
};

/** Text of a file; empty as long as it does not exist. */
export const textIn = (file: string): string => {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
};
