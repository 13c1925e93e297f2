import {cpus, loadavg, totalmem} from 'node:os';

/** What was measured on, and how busy it was: a line for a report. */
export const machine = (): string => {
	const [first, ...rest] = cpus();
	const load = loadavg().map(value => value.toFixed(1));
	return `${rest.length + 1} × ${first?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, load ${load.join(' ')}`;
};

/** Says on the way what is being done; the figures alone go to standard output. */
export const say = (sentence: string): void => {
	process.stderr.write(`${sentence}\n`);
};

/** Prints what is to be kept. */
export const print = (text: string): void => {
	process.stdout.write(`${text}\n`);
};
