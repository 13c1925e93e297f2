import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {beats, watchAges} from './bench/ages.ts';
import {type Crowd, startCrowd} from './bench/crowd.ts';
import {markdownTable, median, quantile, shown} from './bench/figures.ts';
import {openLink} from './bench/link.ts';
import {logProgress, machineLine, publish} from './bench/machine.ts';
import {startProgram} from './bench/pty.ts';
import {terminalSize} from './bench/run.ts';
import {type BenchServer, openBenchServer} from './bench/server.ts';
import {pgActivity, pgtriage, type Tool} from './bench/tools.ts';

// Prints how old the list of sessions is on the screen of the built program and of pg_activity over a slow link.

const {values} = parseArgs({
	options: {
		sessions: {type: 'string', default: '20,100,300'},
		seconds: {type: 'string', default: '60'},
		'round-trip': {type: 'string', default: '300'},
		rate: {type: 'string', default: '20000'},
		lost: {type: 'string', default: '0.01'},
		postgres: {type: 'string', default: '18'},
		peer: {type: 'string'},
		dist: {type: 'string'},
		alone: {type: 'boolean', default: false},
		write: {type: 'boolean', default: false},
	},
});
const kind = {roundTripMs: Number(values['round-trip']), bytesPerSecond: Number(values.rate), lost: Number(values.lost)};
const peer = values.alone ? undefined : pgActivity(values.peer);
const tools = [pgtriage(values.dist), ...(peer ? [peer] : [])];

const startLimitMs = 120_000;
const settleMs = 10_000;
const keys = 20;

/** Figures of a tool over the link; times in milliseconds. */
type LinkFigures = {
	readonly firstRow: number | undefined;
	readonly age: number | undefined;
	readonly ageP95: number | undefined;
	readonly oldest: number | undefined;
	readonly keyP95: number | undefined;
	readonly bytes: number;
};

const measure = async (tool: Tool, ground: BenchServer): Promise<LinkFigures> => {
	const link = await openLink(ground, kind);
	const program = startProgram(tool.command(link, true), {...terminalSize, env: tool.env});
	try {
		const firstRow = (await program.until(beats, startLimitMs)) ? performance.now() - program.begunAt : undefined;
		await sleep(settleMs);
		const [ages, before] = [watchAges(program), link.carried().down];
		await sleep(Number(values.seconds) * 1000);
		const seen = await ages.stop();
		const bytes = (link.carried().down - before) / Number(values.seconds);
		const answers: number[] = [];
		for (let index = 0; index < keys; index++) {
			const limitMs = 5000;
			answers.push((await program.answer(index % 2 === 0 ? 'down' : 'up', limitMs)).lastByteMs ?? limitMs);
			await sleep(200);
		}
		return {
			firstRow,
			age: median(seen),
			ageP95: quantile(seen, 0.95),
			oldest: seen.length > 0 ? Math.max(...seen) : undefined,
			keyP95: quantile(answers, 0.95),
			bytes,
		};
	} finally {
		await program.end();
		await link.leave();
	}
};

const rowsFor = async (size: number, crowd: Crowd, ground: BenchServer): Promise<readonly (readonly string[])[]> => {
	await crowd.send({type: 'beat'});
	await crowd.send({type: 'gather', size});
	await crowd.send({type: 'churn', perSecond: 5});
	const all: (readonly string[])[] = [];
	for (const tool of tools) {
		logProgress(`${tool.name}, ${size} sessions`);
		const {firstRow, age, ageP95, oldest, keyP95, bytes} = await measure(tool, ground);
		const cells = [firstRow, age, ageP95, oldest, keyP95, bytes].map(value => shown(value, 0));
		all.push([String(size), tool.name, ...cells]);
	}
	return all;
};

const rows: (readonly string[])[] = [];
let version = '';
for (const size of values.sessions.split(',').map(Number)) {
	const ground = await openBenchServer(size, {postgres: values.postgres, server: undefined});
	version = ground.version;
	const crowd = await startCrowd(ground);
	try {
		rows.push(...(await rowsFor(size, crowd, ground)));
	} finally {
		await crowd.leave();
		await ground.leave();
	}
}
const table = markdownTable(
	[
		'sessions',
		'program',
		'first row, ms',
		'age, median, ms',
		'age, 95 %, ms',
		'age, most, ms',
		'key, 95 %, ms',
		'bytes a second',
	],
	rows,
);
const link = `${kind.roundTripMs} ms round trip, ${kind.bytesPerSecond / 1000} kB/s, ${kind.lost * 100} % of the packets lost`;
publish('link', [`Measured on PostgreSQL ${version}, ${link}: ${machineLine()}.`, table].join('\n\n'), values.write);
