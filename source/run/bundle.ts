import {mkdir, open, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {saveFailure} from '../adapters/record/saver.ts';
import {createEncoder, jsonLine} from '../core/recording/lines.ts';
import type {Sample} from '../core/sample/sample.ts';
import {stampOf} from '../core/screen/saved-files.ts';
import {screen} from '../core/screen/screen.ts';
import type {Registry} from '../core/state/registry.ts';
import type {State} from '../core/state/state.ts';
import {shownSample} from '../core/state/view.ts';
import type {Line} from '../core/text/line.ts';
import {plural} from '../core/text/words.ts';
import {msOf} from '../core/values/instant.ts';
import type {Limits} from '../findings/thresholds.ts';
import {createReporter, type Reporter} from '../report/index.ts';
import {markdownOf} from '../report/markdown.ts';

/** What a bundle is made of, and into which folder its own goes; a signal ends the work, and then nothing of it stays. */
export type BundleOptions = {
	readonly state: State;
	readonly registry: Registry;
	readonly limits: Limits;
	readonly folder: string;
	readonly signal: AbortSignal;
};

// A key that comes meanwhile waits at most for a slice and one sample.
const sliceMs = 6;
const bufferBytes = 256 * 1024;
const mostOfOneName = 100;
// The screens of a bundle are read in an editor.
const least = {columns: 160, rows: 60} as const;

/** The name of a bundle's folder: the host, or where there is none what is replayed or the database, and the moment that is shown. */
const nameOf = ({place}: State, sample: Sample): string => {
	const host = /@\[?([^@/:\],]+)\]?:/.exec(place)?.[1] ?? place.split('/').at(-1) ?? '';
	const safe = host.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '');
	return ['pgtriage', ...(safe === '' ? [] : [safe.slice(0, 60)]), stampOf(sample.at)].join('-');
};

const newFolder = async (folder: string, name: string): Promise<string> => {
	for (let number = 1; ; number++) {
		const path = join(folder, number === 1 ? name : `${name}-${number}`);
		try {
			await mkdir(path, {mode: 0o700});
			return path;
		} catch (error) {
			if (codeOf(error) !== 'EEXIST' || number >= mostOfOneName) throw error;
		}
	}
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/**
 * Writes what is in memory into a new folder (0700) of files for their owner alone (0600): the samples as a recording, a report of
 * them, and the screen of each pane at the moment that is shown. It works in slices, so that keys are answered meanwhile. Tells where
 * it is, or why there is nothing of it; rejects only with a mistake of ours.
 */
export const writeBundle = async (options: BundleOptions): Promise<{readonly text: string; readonly ok: boolean}> => {
	const {state, limits, folder} = options;
	const shown = shownSample(state);
	if (!shown) return {text: 'Nothing was read yet that could be saved.', ok: false};
	let path = join(folder, nameOf(state, shown));
	let isMade = false;
	try {
		path = await newFolder(folder, nameOf(state, shown));
		isMade = true;
		const reporter = createReporter({limits, withLiterals: false});
		await writeSamples(join(path, 'recording.ndjson'), reporter, options);
		await write(join(path, 'report.md'), markdownOf(reporter.report({marks: marksOf(state)})));
		await writeScreens(path, options);
		const samples = state.timeline.samples.length;
		return {
			text: `The incident bundle is in ${path}: ${plural(samples, 'sample')}, a report, ${options.registry.panes.length} screens.`,
			ok: true,
		};
	} catch (error) {
		if (isMade) await rm(path, {recursive: true, force: true}).catch(() => {});
		if (options.signal.aborted) return {text: 'The incident bundle was given up.', ok: false};
		if (!(error instanceof Error && 'syscall' in error)) throw error;
		return {text: saveFailure(path, codeOf(error)), ok: false};
	}
};

const marksOf = ({bookmarks}: State) => bookmarks.map(({sample: {at}, name}) => ({at, name}));

const write = async (path: string, text: string): Promise<void> => {
	const handle = await open(path, 'wx', 0o600);
	try {
		await handle.writeFile(text);
	} finally {
		await handle.close();
	}
};

/** Lets others have their turn once a slice is over; throws where the work was given up. */
const createSlices = (signal: AbortSignal): (() => Promise<void>) => {
	let begun = performance.now();
	return async () => {
		if (performance.now() - begun < sliceMs) return;
		await turn();
		signal.throwIfAborted();
		begun = performance.now();
	};
};

const writeSamples = async (path: string, reporter: Reporter, {state, signal}: BundleOptions): Promise<void> => {
	const {samples} = state.timeline;
	const encode = createEncoder();
	const slice = createSlices(signal);
	const server = samples.at(-1)?.results.facts;
	const header = {
		pgtriage_recording: 1,
		server: (server?.ok && server.rows[0]) || null,
		interval_ms: state.options.intervalMs,
	};
	const handle = await open(path, 'wx', 0o600);
	try {
		let waiting = `${jsonLine(header)}\n`;
		for (let place = 0; place < samples.length; place++) {
			const sample = samples.at(place);
			if (!sample) continue;
			waiting += `${encode(sample, msOf(sample.at))}\n`;
			await slice();
			reporter.add(sample, samples);
			await slice();
			if (waiting.length < bufferBytes) continue;
			await handle.appendFile(waiting);
			waiting = '';
		}
		await handle.appendFile(waiting);
	} finally {
		await handle.close();
	}
};

const textOf = (lines: readonly Line[]): string =>
	`${lines
		.map(each =>
			each
				.map(({text}) => text)
				.join('')
				.trimEnd(),
		)
		.join('\n')}\n`;

const writeScreens = async (path: string, {state, registry, signal}: BundleOptions): Promise<void> => {
	const slice = createSlices(signal);
	const size = {columns: Math.max(least.columns, state.size.columns), rows: Math.max(least.rows, state.size.rows)};
	for (const {id} of registry.panes) {
		const seen: State = {...state, size, pane: id, overlay: undefined, toast: undefined, search: undefined};
		await write(join(path, `screen-${id}.txt`), textOf(screen(registry, seen)));
		await slice();
	}
};
