import {readdirSync, readFileSync} from 'node:fs';
import {PassThrough, Writable} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {defaultOptions} from '../../source/core/pane/options.ts';
import {createDecoder} from '../../source/core/recording/lines.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import type {Source} from '../../source/core/state/source.ts';
import {initialState, paneStateOf} from '../../source/core/state/state.ts';
import {registry} from '../../source/panes/index.ts';
import {historyCodec} from '../../source/run/history-codec.ts';
import {openMonitor} from '../../source/run/monitor.ts';
import {lookOf} from '../../source/terminal/look.ts';
import {themes} from '../../source/views/theme.ts';
import {simulatedSamples} from './simulated-samples.ts';

// A day of the monitor at full speed: simulated samples go through the program's own store, screen, dialogs and terminal. Prints a
// line of JSON per hour: memory after a collection, and open files.

// As the program does after loading.
setFlagsFromString('--semi-space-growth-factor=1');

const [recording = '', hours = '24', sessions = '100'] = process.argv.slice(2);
const hourSeconds = 3600;
const size = {columns: 200, rows: 50};

const lastOf = (file: string): Sample => {
	const decode = createDecoder();
	const samples = readFileSync(file, 'utf8')
		.split('\n')
		.flatMap(line => (line === '' ? [] : (decode(line).sample ?? [])));
	const last = samples.at(-1);
	if (!last) throw new Error(`${file} holds no sample.`);
	return last;
};

// Keys of an hour on call: every pane, moving, pages, a filter, help, menus, questions answered with no, and steps back in time.
const esc = '\x1b';
const down = '\x1b[B';
const f6 = '\x1b[17~';
const f9 = '\x1b[20~';
const presses: readonly string[] = [
	...[...'0123456789w@'].flatMap(pane => [pane, down, down, '\r', esc, 'I', '[', '[', ']', '}', f6, esc, esc]),
	...['1', '/', 'i', 'd', 'l', 'e', esc, '\\', 'T', 't', 'a', 'a', 'v', 'v', 'i', 'i'],
	...['1', down, 'K', esc, 'C', esc, f9, esc, ' ', 'U', 'b', esc, '?', esc, 'p', 'p', "'", 'd', esc, '}'],
];
const everySeconds = 5;

let written = 0;
const output = Object.assign(
	new Writable({
		write: (chunk: Buffer, _encoding, done) => {
			written += chunk.length;
			done();
		},
	}),
	size,
);
const input = Object.assign(new PassThrough(), {setRawMode: () => {}});

const collected = async (): Promise<NodeJS.MemoryUsage> => {
	for (let times = 0; times < 3; times++) {
		await turn();
		globalThis.gc?.();
	}
	return process.memoryUsage();
};

/** Source of a day of samples, with keys pressed between them, then Ctrl-C. */
const day: Source = dispatch => {
	let stopped = false;
	const live = async (): Promise<void> => {
		dispatch({type: 'link', link: {state: 'ready'}});
		let pressed = 0;
		for (const sample of simulatedSamples(lastOf(recording), Number(sessions))) {
			if (stopped || sample.seq > Number(hours) * hourSeconds) break;
			dispatch({type: 'sample', sample});
			await turn();
			if (sample.seq % everySeconds === 0) input.write(presses[pressed++ % presses.length]);
			if (sample.seq % hourSeconds !== 0) continue;
			const {heapUsed, rss, external} = await collected();
			const files = readdirSync('/proc/self/fd').length;
			process.stdout.write(
				`${JSON.stringify({hour: sample.seq / hourSeconds, heapUsed, rss, external, files, written, seconds: process.uptime()})}\n`,
			);
		}
		input.write('\x03');
	};
	void live();
	return {
		setInterval: () => {},
		refresh: () => {},
		watch: () => {},
		aim: () => {},
		stop: async () => {
			stopped = true;
		},
	};
};

const theme = themes.dark;
if (!theme) throw new Error('There is no dark theme.');

const ending = await openMonitor({
	registry,
	source: day,
	actor: undefined,
	recorder: undefined,
	bundle: async () => ({text: '', ok: true}),
	initial: initialState({
		size,
		place: 'dba@db1.example:5432/shop',
		readOnly: undefined,
		pane: 'sessions',
		panes: Object.fromEntries(registry.panes.map(pane => [pane.id, paneStateOf(pane.sort)])),
		options: defaultOptions,
		historyBytes: 64 * 2 ** 20,
		codec: historyCodec,
		recording: false,
	}),
	look: lookOf(theme, {colors: 'sixteen', ascii: false}),
	mouse: false,
	input,
	output,
	live: true,
}).show();
if (!('status' in ending)) throw new Error('The monitor was left for another one.');
if (ending.fault !== undefined) throw ending.fault;
process.exitCode = ending.status;
