import {closeSync, openSync, readFileSync, readSync} from 'node:fs';

const buffer = Buffer.alloc(8192);

/**
 * Reads a small file of /proc. Synchronous, because that takes 10 microseconds and a promise takes 100. Throws the error of the
 * operating system: ENOENT or ESRCH if the process exited.
 */
const readSmall = (path: string): string => {
	const file = openSync(path, 'r');
	try {
		return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
	} finally {
		closeSync(file);
	}
};

// USER_HZ, 100 on every Linux platform that Node.js supports.
const ticksPerSecond = 100;

/** Figures of /proc/PID/stat: parent pid, start in seconds since boot, CPU time in seconds. */
type ProcessStat = {
	readonly parent: number;
	readonly startSeconds: number;
	readonly cpuSeconds: number;
};

/** Reads /proc/PID/stat. Throws if there is no such process. */
export const statOf = (pid: number | 'self'): ProcessStat => {
	const text = readSmall(`/proc/${pid}/stat`);
	// The name in parentheses may contain blanks and parentheses.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return {
		parent: Number(fields[1]),
		startSeconds: Number(fields[19]) / ticksPerSecond,
		cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
	};
};

/** Command line of a process, which the process may have rewritten. Throws if there is no such process. */
export const titleOf = (pid: number): string => readSmall(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

let pageBytes: number | undefined;

/** Bytes of a page (4096 on most machines): the size of this process in bytes divided by its size in pages. */
const pageSize = (): number => {
	const kB = Number(/^VmSize:\s+(\d+) kB/m.exec(readSmall('/proc/self/status'))?.[1]);
	const exact = (kB * 1024) / Number(readSmall('/proc/self/statm').split(' ')[0]);
	return 2 ** Math.round(Math.log2(exact));
};

/** Memory of a process in bytes: resident, and the part of it that is not shared with a file or another process. */
export const memoryOf = (pid: number): {readonly resident: number; readonly own: number} => {
	pageBytes ??= pageSize();
	const [, resident = 0, shared = 0] = readSmall(`/proc/${pid}/statm`).split(' ').map(Number);
	return {resident: resident * pageBytes, own: Math.max(0, resident - shared) * pageBytes};
};

/** Bytes that a process read from and wrote to disk. Throws EACCES without the permission. */
export const ioOf = (pid: number): {readonly read: number; readonly written: number} => {
	const text = readSmall(`/proc/${pid}/io`);
	return {
		read: Number(/^read_bytes: (\d+)$/m.exec(text)?.[1]),
		written: Number(/^write_bytes: (\d+)$/m.exec(text)?.[1]),
	};
};

/** Bytes of memory available without swapping. */
export const availableMemory = (): number => Number(/^MemAvailable:\s+(\d+) kB/m.exec(readSmall('/proc/meminfo'))?.[1]) * 1024;

/** Lines of /proc/PID/mountinfo. */
export const mountLinesOf = (pid: number | 'self'): readonly string[] =>
	readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
