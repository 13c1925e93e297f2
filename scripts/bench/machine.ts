import {readFileSync, writeFileSync} from 'node:fs';
import {cpus, loadavg, totalmem} from 'node:os';
import {join} from 'node:path';

/** The machine and its load as one line of a report. */
export const machineLine = (): string => {
	const [first, ...rest] = cpus();
	const load = loadavg().map(value => value.toFixed(1));
	return `${rest.length + 1} × ${first?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, load ${load.join(' ')}`;
};

/** Writes progress to standard error; only the figures go to standard output. */
export const logProgress = (sentence: string): void => {
	process.stderr.write(`${sentence}\n`);
};

const page = join(import.meta.dirname, '../../docs/benchmarks.md');

/** Prints a part of a report; with `write` also replaces that part of docs/benchmarks.md. */
export const publish = (mark: string, text: string, write: boolean): void => {
	process.stdout.write(`${text}\n`);
	if (!write) return;
	const before = readFileSync(page, 'utf8');
	const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
	const [from, to] = [before.indexOf(begin), before.indexOf(end)];
	if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no place for ${mark}.`);
	writeFileSync(page, `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`);
};
