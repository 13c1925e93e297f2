import {readFileSync} from 'node:fs';

/** True while a process with this id runs; one that ended and that nobody waited for counts as gone. */
export const runs = (pid: number | undefined): boolean => {
	try {
		return pid !== undefined && !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
};
