import {closeSync, openSync, readFileSync, readSync} from 'node:fs';

const buffer = Buffer.alloc(8192);

/**
 * The text of a small file of /proc, of which a process is asked again and again. Synchronous, because that takes ten
 * microseconds where a promise takes a hundred. Throws as the operating system says: ENOENT and ESRCH where the process ended.
 */
const small = (path: string): string => {
	const file = openSync(path, 'r');
	try {
		return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
	} finally {
		closeSync(file);
	}
};

// What Linux counts in for its users on every platform that Node runs on.
const ticksPerSecond = 100;

/** What /proc/PID/stat tells of a process: its parent, when it started in seconds since the machine did, and its time on a processor. */
type ProcessStat = {
	readonly parent: number;
	readonly startSeconds: number;
	readonly cpuSeconds: number;
};

/** Reads what a process is and spent. Throws where there is none. */
export const statOf = (pid: number | 'self'): ProcessStat => {
	const text = small(`/proc/${pid}/stat`);
	// The name in parentheses may have blanks and parentheses of its own.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return {
		parent: Number(fields[1]),
		startSeconds: Number(fields[19]) / ticksPerSecond,
		cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
	};
};

/** The command line of a process, as it may itself have rewritten it. Throws where there is none. */
export const titleOf = (pid: number): string => small(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

let pageBytes: number | undefined;

/** Bytes of a page, 4096 but on some machines: what this process is large by one measure, over what it is by the other. */
const pageSize = (): number => {
	const kB = Number(/^VmSize:\s+(\d+) kB/m.exec(small('/proc/self/status'))?.[1]);
	const exact = (kB * 1024) / Number(small('/proc/self/statm').split(' ')[0]);
	return 2 ** Math.round(Math.log2(exact));
};

/** A process's memory in bytes: what is resident, and of that what it shares with no file and no other process. */
export const memoryOf = (pid: number): {readonly resident: number; readonly own: number} => {
	pageBytes ??= pageSize();
	const [, resident = 0, shared = 0] = small(`/proc/${pid}/statm`).split(' ').map(Number);
	return {resident: resident * pageBytes, own: Math.max(0, resident - shared) * pageBytes};
};

/** Bytes that a process had read from and written to disks. Throws EACCES where they are not for us to see. */
export const ioOf = (pid: number): {readonly read: number; readonly written: number} => {
	const text = small(`/proc/${pid}/io`);
	return {
		read: Number(/^read_bytes: (\d+)$/m.exec(text)?.[1]),
		written: Number(/^write_bytes: (\d+)$/m.exec(text)?.[1]),
	};
};

/** Bytes of memory that programs could still get without swapping. */
export const availableMemory = (): number => Number(/^MemAvailable:\s+(\d+) kB/m.exec(small('/proc/meminfo'))?.[1]) * 1024;

/** The lines of /proc/PID/mountinfo. */
export const mountLinesOf = (pid: number | 'self'): readonly string[] =>
	readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
