import {firstLine, type Program, startProgram} from './programs/program.ts';

/** A command that is run once per finding, one after the other. */
export type FindingCommand = {
	/** Runs it with a text on its stdin, once those before have ended. */
	readonly run: (input: string) => void;
	/** Ends the one that runs after a moment; those that wait are not run. */
	readonly stop: () => Promise<void>;
};

const longestMs = 30_000;
const lastMs = 2000;
// A storm of findings must not become one of processes, nor of memory.
const mostWaiting = 32;

type Running = {readonly program: Program; readonly reported: Promise<void>};

/** Runs a command to its end; `report` gets a sentence if it fails. */
const runOnce = (words: readonly string[], input: string, report: (sentence: string) => void): Running => {
	const program = startProgram(words, {input});
	program.limit(longestMs);
	const reported = program.ended.then(({failure, complaint}) => {
		const first = firstLine(complaint);
		if (failure !== undefined) report(`${words[0]} ${failure}${first === '' ? '.' : `: ${first}`}`);
	});
	return {program, reported};
};

/** Creates the runner of a command; the words are its file and its arguments, which no shell reads. */
export const createFindingCommand = (words: readonly string[], report: (sentence: string) => void): FindingCommand => {
	const waiting: string[] = [];
	let running: Running | undefined;
	let isStopped = false;
	const next = (): void => {
		const input = waiting.shift();
		running = input === undefined || isStopped ? undefined : runOnce(words, input, report);
		void running?.reported.then(next);
	};
	return {
		run: input => {
			if (isStopped) return;
			if (waiting.length >= mostWaiting) report(`More than ${mostWaiting} findings wait for ${words[0]}: one is left out.`);
			else waiting.push(input);
			if (!running) next();
		},
		stop: async () => {
			isStopped = true;
			waiting.length = 0;
			running?.program.limit(lastMs);
			await running?.reported;
		},
	};
};
