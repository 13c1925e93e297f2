import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {parseArgs} from 'node:util';
import {type Crowd, startCrowd} from './bench/crowd.ts';
import {markdownTable, shown} from './bench/figures.ts';
import {logProgress, machineLine, publish} from './bench/machine.ts';
import {tableOf} from './bench/report.ts';
import {bytesPerRefreshIn, measureBusy, measureRun, type Run, terminalSize} from './bench/run.ts';
import {openBenchServer} from './bench/server.ts';
import {pgActivity, pgtriage, type Tool} from './bench/tools.ts';

// Compares the built program with pg_activity on a server and load of its own, and prints the figures as Markdown.

const {values} = parseArgs({
	options: {
		sessions: {type: 'string', default: '100,1000'},
		passes: {type: 'string', default: '3'},
		seconds: {type: 'string', default: '15'},
		postgres: {type: 'string', default: '18'},
		server: {type: 'string'},
		peer: {type: 'string'},
		dist: {type: 'string'},
		alone: {type: 'boolean', default: false},
		write: {type: 'boolean', default: false},
	},
});
const sizes = values.sessions.split(',').map(Number);
const passes = Number(values.passes);
const seconds = Number(values.seconds);
const ours = pgtriage(values.dist);
const peer = values.alone ? undefined : pgActivity(values.peer);
const tools: readonly Tool[] = [ours, ...(peer ? [peer] : [])];
const tmux = (process.env.PATH ?? '')
	.split(delimiter)
	.map(folder => join(folder, 'tmux'))
	.find(existsSync);

/** Runs the tools in turn, pass after pass, so that other load on the machine affects all of them. */
const inTurn = async (run: (tool: Tool) => Promise<Run>, times: number): Promise<readonly (readonly Run[])[]> => {
	const visits: readonly Run[][] = tools.map(() => []);
	for (let pass = 1; pass <= times; pass++)
		for (const [index, tool] of tools.entries()) {
			logProgress(`  ${tool.name}, pass ${pass} of ${times}`);
			visits[index]?.push(await run(tool));
		}
	return visits;
};

const withCrowd = async <T>(
	sessions: number,
	use: (ground: Awaited<ReturnType<typeof openBenchServer>>, crowd: Crowd) => Promise<T>,
) => {
	const ground = await openBenchServer(sessions, {postgres: values.postgres, server: values.server});
	const crowd = await startCrowd(ground);
	try {
		return await use(ground, crowd);
	} finally {
		await crowd.leave();
		await ground.leave();
	}
};

const machineAtStart = machineLine();
const parts: string[] = [];
const restless = await withCrowd(100, async (ground, crowd) => {
	logProgress('100 sessions that change constantly');
	await crowd.send({type: 'bustle', size: 100});
	return inTurn(tool => measureBusy(tool, ground, seconds), passes);
});

for (const [place, sessions] of sizes.entries()) {
	await withCrowd(sessions, async (ground, crowd) => {
		logProgress(`${sessions} sessions`);
		await crowd.send({type: 'gather', size: sessions});
		const visits = await inTurn(tool => measureRun(tool, ground, crowd, seconds), passes);
		if (place === 0)
			parts.push(`Measured on PostgreSQL ${ground.version}, ${terminalSize.columns}x${terminalSize.rows}: ${machineAtStart}.`);
		parts.push(
			`### ${sessions} sessions`,
			tableOf(
				tools.map(({name}, index) => ({
					name,
					visits: [...(visits[index] ?? []), ...(sessions === sizes[0] ? (restless[index] ?? []) : [])],
				})),
			),
		);
		if (place > 0) return;
		logProgress('other terminals');
		const looks = [
			{name: 'xterm-256color', dress: {}},
			{name: 'xterm-16color', dress: {term: 'xterm-16color'}},
			...(tmux === undefined ? [] : [{name: 'inside tmux', dress: {tmux}}]),
		];
		const rows: (readonly string[])[] = [];
		for (const {name, dress} of looks) {
			const row = [name];
			for (const tool of tools) row.push(shown(await bytesPerRefreshIn(tool, ground, crowd, seconds, dress)));
			rows.push(row);
		}
		parts.push(
			`### Bytes per refresh by terminal, ${sessions} sessions, 20 statements a second`,
			markdownTable(['terminal', ...tools.map(({name}) => name)], rows),
		);
	});
}

publish('bench', parts.join('\n\n'), values.write);
