import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';
import {rolldown} from 'rolldown';
import config from '../rolldown.config.ts';
import {markdownTable, shown, slope} from './bench/figures.ts';
import {logProgress, machineLine, publish} from './bench/machine.ts';

// Runs the monitor through a simulated day in minutes and prints the growth of its memory; exits with 1 above the limit.

const {values} = parseArgs({
	options: {
		hours: {type: 'string', default: '24'},
		sessions: {type: 'string', default: '100'},
		warm: {type: 'string', default: '6'},
		write: {type: 'boolean', default: false},
	},
});
const mostMegabytesAnHour = 1;

type Hour = {
	readonly hour: number;
	readonly heapUsed: number;
	readonly rss: number;
	readonly external: number;
	readonly files: number;
	readonly written: number;
	readonly seconds: number;
};

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'pgtriage-day-'));
try {
	// As shipped: React's production build, and the sources with JSX compiled for Node.
	const bundle = await rolldown({...config, input: {day: join(root, 'scripts/bench/day.ts')}});
	await bundle.write({dir: join(folder, 'day'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js'});
	writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
	const recording = join(root, 'test/recordings/all-incidents-18.ndjson');
	const args = ['--expose-gc', join(folder, 'day/day.js'), recording, values.hours, values.sessions];
	const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
	const ended = new Promise<number | null>(resolve => {
		child.once('exit', resolve);
	});
	const hours: Hour[] = [];
	for await (const line of createInterface({input: child.stdout})) {
		const hour = JSON.parse(line) as Hour;
		hours.push(hour);
		logProgress(
			`hour ${hour.hour}: heap ${shown(hour.heapUsed / 1e6, 1)} MB, resident ${shown(hour.rss / 1e6)} MB, ${hour.files} files, ${shown(hour.seconds)} s`,
		);
	}
	const status = await ended;
	if (status !== 0) throw new Error(`The day ended with ${status}.`);
	const warm = hours.filter(({hour}) => hour >= Number(values.warm));
	const growth = (of: (hour: Hour) => number): number | undefined => slope(warm.map(hour => [hour.hour, of(hour)]));
	const heap = growth(({heapUsed}) => heapUsed / 1e6);
	const [first, last] = [warm[0], warm.at(-1)];
	const row = (what: string, of: (hour: Hour) => number, digits: number, bar = ''): readonly string[] => [
		what,
		first ? shown(of(first), digits) : '-',
		last ? shown(of(last), digits) : '-',
		shown(growth(of), 3),
		bar,
	];
	const intro = `${values.hours} hours with one sample a second, ${values.sessions} sessions of which a fifth change each second, 64 MB of history, one key every 5 seconds: ${machineLine()}.`;
	const table = markdownTable(
		['', `hour ${first?.hour ?? '-'}`, `hour ${last?.hour ?? '-'}`, 'per hour', 'limit'],
		[
			row('heap after a collection, MB', ({heapUsed}) => heapUsed / 1e6, 1, String(mostMegabytesAnHour)),
			row('resident, MB', ({rss}) => rss / 1e6, 0, String(mostMegabytesAnHour)),
			row('outside the heap, MB', ({external}) => external / 1e6, 2),
			row('open files', ({files}) => files, 0, '0'),
		],
	);
	publish('memory', [intro, table].join('\n\n'), values.write);
	if (heap === undefined || heap > mostMegabytesAnHour) process.exitCode = 1;
} finally {
	rmSync(folder, {recursive: true, force: true});
}
