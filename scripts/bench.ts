import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {parseArgs} from 'node:util';
import {type Crowd, gatherAt} from './bench/crowd.ts';
import {markdownTable, shown} from './bench/figures.ts';
import {enterGround} from './bench/ground.ts';
import {machine, publish, say} from './bench/machine.ts';
import {tableOf} from './bench/report.ts';
import {pgActivity, pgtriage, type Tool} from './bench/tools.ts';
import {bustle, dressed, size, type Visit, visit} from './bench/visit.ts';

// Measures the built program beside pg_activity, on a server and a load of its own, and prints a document with the figures.

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

/** Runs each tool in turn, pass after pass: what the machine does meanwhile meets all of them. */
const inTurn = async (run: (tool: Tool) => Promise<Visit>, times: number): Promise<readonly (readonly Visit[])[]> => {
	const visits: readonly Visit[][] = tools.map(() => []);
	for (let pass = 1; pass <= times; pass++)
		for (const [index, tool] of tools.entries()) {
			say(`  ${tool.name}, pass ${pass} of ${times}`);
			visits[index]?.push(await run(tool));
		}
	return visits;
};

const withCrowd = async <T>(
	sessions: number,
	use: (ground: Awaited<ReturnType<typeof enterGround>>, crowd: Crowd) => Promise<T>,
) => {
	const ground = await enterGround(sessions, {postgres: values.postgres, server: values.server});
	const crowd = await gatherAt(ground);
	try {
		return await use(ground, crowd);
	} finally {
		await crowd.leave();
		await ground.leave();
	}
};

const begun = machine();
const parts: string[] = [];
const restless = await withCrowd(100, async (ground, crowd) => {
	say('100 sessions that change all the time');
	await crowd.order({type: 'bustle', size: 100});
	return inTurn(tool => bustle(tool, ground, seconds), passes);
});

for (const [place, sessions] of sizes.entries()) {
	await withCrowd(sessions, async (ground, crowd) => {
		say(`${sessions} sessions`);
		await crowd.order({type: 'gather', size: sessions});
		const visits = await inTurn(tool => visit(tool, ground, crowd, seconds), passes);
		if (place === 0) parts.push(`Measured on PostgreSQL ${ground.version}, ${size.columns}x${size.rows}: ${begun}.`);
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
		say('other terminals');
		const looks = [
			{name: 'xterm-256color', dress: {}},
			{name: 'xterm-16color', dress: {term: 'xterm-16color'}},
			...(tmux === undefined ? [] : [{name: 'inside tmux', dress: {tmux}}]),
		];
		const rows: (readonly string[])[] = [];
		for (const {name, dress} of looks) {
			const row = [name];
			for (const tool of tools) row.push(shown(await dressed(tool, ground, crowd, seconds, dress)));
			rows.push(row);
		}
		parts.push(
			`### Bytes a refresh by terminal, ${sessions} sessions, 20 statements a second`,
			markdownTable(['terminal', ...tools.map(({name}) => name)], rows),
		);
	});
}

publish('bench', parts.join('\n\n'), values.write);
