import {setTimeout as sleep} from 'node:timers/promises';
import type {Crowd} from './crowd.ts';
import {median, quantile} from './figures.ts';
import {usedBy} from './processes.ts';
import {type KeyAnswer, type Program, startProgram} from './pty.ts';
import {firstShown} from './replica.ts';
import {type BenchServer, resetCost, serverCost} from './server.ts';
import type {Tool} from './tools.ts';

/** Figures of one run of a tool by the names in `report.ts`; unsupported or unobserved figures are absent. */
export type Run = Readonly<Record<string, number | undefined>>;

/** Size of the terminal. */
export const terminalSize = {columns: 200, rows: 50} as const;

const settleMs = 4000;
const startLimitMs = 30_000;
const frameGapMs = 80;
const rows = /\/\* crowd \d/;
// Longest wait for a key of a frozen program.
const frozenMs = 2000;

// Pauses of 300 to 500 ms, the same in every run and out of step with the refresh.
const pauseOf = (index: number): number => 300 + ((index * 73) % 200);

const answersTo = async (
	program: Program,
	keys: readonly string[],
	times: number,
	limitMs?: number,
): Promise<readonly KeyAnswer[]> => {
	const answers: KeyAnswer[] = [];
	for (let index = 0; index < times; index++) {
		answers.push(await program.answer(keys[index % keys.length] ?? '', limitMs));
		await sleep(pauseOf(index));
	}
	return answers;
};

const defined = (values: readonly (number | undefined)[]): readonly number[] => values.filter(value => value !== undefined);

/** Median and 95th percentile of the time to the last byte; a key without an answer counts as the limit. */
const lastBytes = (name: string, answers: readonly KeyAnswer[], limitMs: number): Run => {
	const values = answers.map(({lastByteMs}) => lastByteMs ?? limitMs);
	return {[`${name}Last`]: median(values), [`${name}LastP95`]: quantile(values, 0.95)};
};

/** CPU time and output per refresh over some seconds, and refreshes per second. */
const measureOver = async (
	program: Program,
	seconds: number,
): Promise<{readonly cpuMs: number; readonly bytes: number; readonly refreshes: number}> => {
	const [from, begun, before] = [program.chunks.length, performance.now(), usedBy(program.pid)];
	await sleep(seconds * 1000);
	const took = (performance.now() - begun) / 1000;
	const written = program.chunks.slice(from);
	const frames = written.filter(({at}, index) => at - (written[index - 1]?.at ?? 0) > frameGapMs).length;
	return {
		cpuMs: (usedBy(program.pid).cpuMs - before.cpuMs) / frames,
		bytes: written.reduce((sum, {bytes}) => sum + bytes.length, 0) / frames,
		refreshes: frames / took,
	};
};

const started = async (tool: Tool, command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> => {
	const program = startProgram(command, {...terminalSize, env: {...tool.env, ...env}});
	if (await program.until(rows, startLimitMs)) return program;
	const text = await program.text();
	await program.end();
	throw new Error(`${tool.name} shows no session:\n${text}`);
};

/** Measures one run of a tool on a crowd: its cost when quiet and loaded, and its response to keys. */
export const measureRun = async (tool: Tool, ground: BenchServer, crowd: Crowd, seconds: number): Promise<Run> => {
	const program = await started(tool, tool.command(ground, false));
	try {
		const firstRow = await firstShown(program, rows, terminalSize);
		await sleep(settleMs);
		const quiet = await measureOver(program, seconds / 2);
		await crowd.send({type: 'churn', perSecond: 20});
		await crowd.send({type: 'trade', perSecond: 200});
		await sleep(2000);
		await resetCost(ground);
		const loaded = await measureOver(program, seconds);
		const cost = await serverCost(ground);
		const moves = await answersTo(program, ['down'], 30);
		const changes = defined(moves.map(({firstChangeMs}) => firstChangeMs));
		await program.answer('esc');
		const sorts = await answersTo(program, tool.keys.sort, 10);
		const panes = await answersTo(program, tool.keys.panes, 10);
		const filtered = tool.keys.filter ? await answersTo(program, tool.keys.filter.typed, tool.keys.filter.typed.length) : [];
		for (const key of tool.keys.filter?.undone ?? []) await program.answer(key);
		const back = tool.keys.back ? await answersTo(program, [tool.keys.back.step], 12) : [];
		if (tool.keys.back) await program.answer(tool.keys.back.live);
		const {residentBytes} = usedBy(program.pid);
		await crowd.send({type: 'churn', perSecond: 0});
		await crowd.send({type: 'trade', perSecond: 0});
		ground.hold?.(true);
		await sleep(500);
		const frozen = ground.hold ? await answersTo(program, ['down'], 8, frozenMs).finally(() => ground.hold?.(false)) : [];
		return {
			firstRow,
			quietBytes: quiet.bytes,
			quietCpu: quiet.cpuMs,
			cpu: loaded.cpuMs,
			bytes: loaded.bytes,
			refreshes: loaded.refreshes,
			serverMs: cost && cost.ms / seconds / loaded.refreshes,
			statements: cost && cost.statements / seconds / loaded.refreshes,
			moveFirst: median(changes),
			moveFirstP95: quantile(changes, 0.95),
			...lastBytes('move', moves, 5000),
			...lastBytes('sort', sorts, 5000),
			...lastBytes('pane', panes, 5000),
			...(filtered.length > 0 && lastBytes('filter', filtered, 5000)),
			...(back.length > 0 && lastBytes('back', back, 5000)),
			...(frozen.length > 0 && lastBytes('held', frozen, frozenMs)),
			resident: residentBytes / 1e6,
		};
	} finally {
		await program.end();
	}
};

/** Measures a short run in which all rows change: output and CPU time. */
export const measureBusy = async (tool: Tool, ground: BenchServer, seconds: number): Promise<Run> => {
	const program = await started(tool, tool.command(ground, false));
	try {
		await sleep(settleMs);
		const {bytes, cpuMs} = await measureOver(program, seconds);
		return {bustleBytes: bytes, bustleCpu: cpuMs};
	} finally {
		await program.end();
	}
};

/** Bytes per refresh with another TERM, or inside tmux, whose output to its own terminal then counts. */
export const bytesPerRefreshIn = async (
	tool: Tool,
	ground: BenchServer,
	crowd: Crowd,
	seconds: number,
	{tmux, term}: {readonly tmux?: string; readonly term?: string},
): Promise<number> => {
	const command = tool.command(ground, false);
	const socket = `bench-${process.pid}`;
	const inside = tmux === undefined ? command : [tmux, '-L', socket, '-f', '/dev/null', 'new-session', ...command];
	const program = await started(tool, inside, term === undefined ? {} : {TERM: term});
	try {
		await crowd.send({type: 'churn', perSecond: 20});
		await sleep(settleMs);
		return (await measureOver(program, seconds)).bytes;
	} finally {
		await crowd.send({type: 'churn', perSecond: 0});
		if (tmux !== undefined) await startProgram([tmux, '-L', socket, 'kill-server'], terminalSize).until(/^$/, 500);
		await program.end();
	}
};
