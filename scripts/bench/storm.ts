import {setTimeout as sleep} from 'node:timers/promises';
import {beats, watchAges} from './ages.ts';
import type {Crowd} from './crowd.ts';
import {median, quantile} from './figures.ts';
import {type Program, startProgram} from './pty.ts';
import {terminalSize} from './run.ts';
import type {BenchServer} from './server.ts';
import type {Tool} from './tools.ts';

/** Figures of a tool in a storm; times in milliseconds. */
export type StormFigures = {
	/** Age of the list on the screen: maximum and 95th percentile. */
	readonly oldest: number | undefined;
	readonly oldP95: number | undefined;
	readonly keyMedian: number | undefined;
	readonly keyP95: number | undefined;
	/** From the key to the question, and from its answer to the end of the session; undefined if that did not happen. */
	readonly asked: number | undefined;
	readonly ended: number | undefined;
};

const startLimitMs = 30_000;
const keyLimitMs = 30_000;
const keys = 20;
const endLimitMs = 60_000;
// The storm lasts this long before it is ended: deadlock_timeout has passed, and the detectors run.
const beforeKillMs = 3000;

const started = async (tool: Tool, ground: BenchServer): Promise<Program> => {
	const program = startProgram(tool.command(ground, true), {...terminalSize, env: tool.env});
	if (await program.until(beats, startLimitMs)) {
		await sleep(3000);
		return program;
	}
	const text = await program.text();
	await program.end();
	throw new Error(`${tool.name} does not show the oldest transaction:\n${text}`);
};

/** Samples the age of the list during a storm for some seconds. */
const watchStorm = async (tool: Tool, ground: BenchServer, crowd: Crowd, seconds: number): Promise<readonly number[]> => {
	const program = await started(tool, ground);
	try {
		const ages = watchAges(program);
		await crowd.send({type: 'storm'});
		await sleep(seconds * 1000);
		return await ages.stop();
	} finally {
		await crowd.send({type: 'calm'});
		await program.end();
	}
};

/** Presses keys during a storm, then ends it by terminating the session with the row lock. */
const endStorm = async (
	tool: Tool,
	ground: BenchServer,
	crowd: Crowd,
): Promise<Pick<StormFigures, 'keyMedian' | 'keyP95' | 'asked' | 'ended'>> => {
	const program = await started(tool, ground);
	try {
		const root = await crowd.send({type: 'storm'});
		await sleep(beforeKillMs);
		const times: number[] = [];
		const begun = performance.now();
		for (let index = 0; index < keys && performance.now() - begun < keyLimitMs; index++) {
			times.push((await program.answer('down', keyLimitMs)).lastByteMs ?? keyLimitMs);
			await sleep(150);
		}
		const figures = {keyMedian: median(times), keyP95: quantile(times, 0.95)};
		// The root is the second row: only the session of the beats has an older transaction.
		for (let index = 1; index < times.length - 1; index++) await program.answer('up');
		const ended = crowd.rootEnded();
		const askedAt = performance.now();
		program.press(tool.keys.terminate);
		const isAsked = await program.until(tool.keys.question, endLimitMs);
		const asked = performance.now() - askedAt;
		const question = await program.text();
		if (!isAsked || !question.includes(String(root))) return {...figures, asked: undefined, ended: undefined};
		// Reading the question takes a person longer than this.
		await sleep(700);
		const answeredAt = Date.now();
		program.press(tool.keys.yes);
		const endedAt = await Promise.race([ended, sleep(endLimitMs, undefined)]);
		return {...figures, asked, ended: endedAt && endedAt - answeredAt};
	} finally {
		await crowd.send({type: 'calm'});
		await program.end();
	}
};

/** Measures a tool in two storms: one that it only watches, and one that it ends. */
export const measureStorm = async (tool: Tool, ground: BenchServer, crowd: Crowd, seconds: number): Promise<StormFigures> => {
	const ages = await watchStorm(tool, ground, crowd, seconds);
	return {oldest: quantile(ages, 1), oldP95: quantile(ages, 0.95), ...(await endStorm(tool, ground, crowd))};
};
