import {readdirSync, readFileSync} from 'node:fs';

// Unit of CPU time in /proc on every Linux that Node runs on.
const ticksASecond = 100;
const pageBytes = 4096;

const textOf = (path: string): string => {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		// The process has just ended.
		return '';
	}
};

const threadsOf = (pid: number): readonly string[] => {
	try {
		return readdirSync(`/proc/${pid}/task`);
	} catch {
		return [];
	}
};

/** A process and all its descendants. */
export const treeOf = (pid: number): readonly number[] => [
	pid,
	...threadsOf(pid).flatMap(thread =>
		textOf(`/proc/${pid}/task/${thread}/children`)
			.split(' ')
			.filter(text => text.trim() !== '')
			.flatMap(child => treeOf(Number(child))),
	),
];

/** CPU time in milliseconds and resident memory in bytes of a process and its descendants. */
export type Used = {readonly cpuMs: number; readonly residentBytes: number};

/** Current usage of a process and its descendants. */
export const usedBy = (pid: number): Used =>
	treeOf(pid)
		.map(each => textOf(`/proc/${each}/stat`))
		// The name before the last parenthesis may contain spaces; after it, field 12 is user time, 13 system time, 22 resident pages.
		.map(stat => stat.slice(stat.lastIndexOf(')') + 2).split(' '))
		.reduce(
			({cpuMs, residentBytes}, fields) => ({
				cpuMs: cpuMs + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * (1000 / ticksASecond),
				residentBytes: residentBytes + Number(fields[21] ?? 0) * pageBytes,
			}),
			{cpuMs: 0, residentBytes: 0},
		);
