import {parseArgs} from 'node:util';
import {startCrowd} from './bench/crowd.ts';
import {markdownTable, median, shown} from './bench/figures.ts';
import {logProgress, machineLine, publish} from './bench/machine.ts';
import {openBenchServer} from './bench/server.ts';
import {measureStorm, type StormFigures} from './bench/storm.ts';
import {pgActivity, pgtriage} from './bench/tools.ts';

// Creates a lock storm, many sessions queued on one row, and prints how the built program and pg_activity cope with it.

const {values} = parseArgs({
	options: {
		waiters: {type: 'string', default: '900'},
		passes: {type: 'string', default: '2'},
		seconds: {type: 'string', default: '30'},
		postgres: {type: 'string', default: '18'},
		peer: {type: 'string'},
		dist: {type: 'string'},
		alone: {type: 'boolean', default: false},
		write: {type: 'boolean', default: false},
	},
});
const waiters = Number(values.waiters);
const passes = Number(values.passes);
const peer = values.alone ? undefined : pgActivity(values.peer);
const tools = [pgtriage(values.dist), ...(peer ? [peer] : [])];

const ground = await openBenchServer(waiters, {postgres: values.postgres, server: undefined});
const crowd = await startCrowd(ground);
try {
	await crowd.send({type: 'beat'});
	await crowd.send({type: 'line-up', size: waiters});
	const seen: readonly StormFigures[][] = tools.map(() => []);
	for (let pass = 1; pass <= passes; pass++)
		for (const [index, tool] of tools.entries()) {
			logProgress(`${tool.name}, pass ${pass} of ${passes}`);
			seen[index]?.push(await measureStorm(tool, ground, crowd, Number(values.seconds)));
		}
	const row = (what: string, of: keyof StormFigures, digits: number, bar: string): readonly string[] => [
		what,
		...seen.map(all => shown(median(all.flatMap(one => one[of] ?? [])), digits)),
		bar,
	];
	const table = markdownTable(
		['milliseconds', ...tools.map(({name}) => name), 'target'],
		[
			row('age of the list, maximum', 'oldest', 0, '2000'),
			row('age of the list, 95th percentile', 'oldP95', 0, ''),
			row('key: last byte, median', 'keyMedian', 1, ''),
			row('key: last byte, 95th percentile', 'keyP95', 1, '50'),
			row('from K to the question', 'asked', 0, ''),
			row('from y to the end of the root', 'ended', 0, '1000'),
		],
	);
	const intro = `Measured on PostgreSQL ${ground.version}, ${waiters} sessions queued on one row: ${machineLine()}.`;
	publish('storm', [intro, table].join('\n\n'), values.write);
} finally {
	await crowd.leave();
	await ground.leave();
}
