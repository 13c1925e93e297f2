import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {createPacker} from '../adapters/record/compression.ts';
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
import {pageCells, reportPage} from '../report/page/page.ts';
import {hasZstd} from '../system/compressed.ts';
import {codeOf, createOwnFile, createOwnFolder, writeNewFile} from '../system/own-file.ts';
import type {Written} from './bundling.ts';

/** The content of a bundle and its parent directory; an aborted bundle leaves nothing behind. */
export type BundleOptions = {
	readonly state: State;
	readonly registry: Registry;
	readonly limits: Limits;
	readonly folder: string;
	/** Called about once a second with the part that is written, 0 to 1. */
	readonly progress: (part: number) => void;
	readonly signal: AbortSignal;
};

// A key pressed meanwhile waits at most for a slice and one sample.
const sliceMs = 6;
const bufferBytes = 256 * 1024;
const mostOfOneName = 100;
// Screens are read in an editor, so they are at least this large.
const least = {columns: 160, rows: 60} as const;

/** The directory name of a bundle: the host, else the recording or the database, and the time of the shown sample. */
const nameOf = ({place}: State, sample: Sample): string => {
	const host = /@\[?([^@/:\],]+)\]?:/.exec(place)?.[1] ?? place.split('/').at(-1) ?? '';
	const safe = host.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '');
	return ['pgtriage', ...(safe === '' ? [] : [safe.slice(0, 60)]), stampOf(sample.at)].join('-');
};

const newFolder = async (folder: string, name: string): Promise<string> => {
	for (let number = 1; ; number++) {
		const path = join(folder, number === 1 ? name : `${name}-${number}`);
		try {
			await createOwnFolder(path);
			return path;
		} catch (error) {
			if (codeOf(error) !== 'EEXIST' || number >= mostOfOneName) throw error;
		}
	}
};

/**
 * Writes the history in memory to a new directory (0700) of files (0600): the samples as a recording, their report in Markdown and HTML, and the screen
 * of each pane at the shown sample. Works in slices, so that keys are answered meanwhile. Resolves to the path or the failure as a
 * sentence; rejects only for a bug.
 */
export const writeBundle = async (options: BundleOptions): Promise<Written> => {
	const {state, limits, folder} = options;
	const sample = shownSample(state);
	if (!sample) return {text: 'Nothing to save yet.', ok: false};
	let path = join(folder, nameOf(state, sample));
	let isMade = false;
	try {
		path = await newFolder(folder, nameOf(state, sample));
		isMade = true;
		const reporter = createReporter({limits, withLiterals: false});
		for (const mark of marksOf(state)) reporter.mark(mark);
		await writeSamples(path, reporter, options);
		await writeNewFile(join(path, 'report.md'), markdownOf(reporter.report()));
		await writeNewFile(join(path, 'report.html'), reportPage(reporter.report({cells: pageCells})));
		await writeScreens(path, options);
		const samples = state.timeline.samples.length;
		return {
			text: `Incident bundle saved in ${path}: ${plural(samples, 'sample')}, a report, ${options.registry.panes.length} screens.`,
			ok: true,
		};
	} catch (error) {
		if (isMade) await rm(path, {recursive: true, force: true}).catch(() => {});
		if (options.signal.aborted) return {text: 'Incident bundle canceled.', ok: true};
		if (!(error instanceof Error && 'syscall' in error)) throw error;
		return {text: saveFailure(path, codeOf(error)), ok: false};
	}
};

const marksOf = ({bookmarks}: State) => bookmarks.map(({sample: {at}, name}) => ({at, name}));

/** Yields to other events after each slice; throws once aborted. */
const createSlices = (signal: AbortSignal): (() => Promise<void>) => {
	let sliceStart = performance.now();
	return async () => {
		if (performance.now() - sliceStart < sliceMs) return;
		await turn();
		signal.throwIfAborted();
		sliceStart = performance.now();
	};
};

const progressMs = 1000;

/** Writes the samples as a recording, compressed because an hour of a busy server is 100 MB, and adds them to the report. */
const writeSamples = async (folder: string, reporter: Reporter, {state, progress, signal}: BundleOptions): Promise<void> => {
	const {samples} = state.timeline;
	const compression = hasZstd() ? 'zstd' : 'gzip';
	const packer = createPacker(compression);
	const encode = createEncoder();
	const slice = createSlices(signal);
	const server = samples.at(-1)?.results.facts;
	const header = {
		pgtriage_recording: 1,
		server: (server?.ok && server.rows[0]) || null,
		interval_ms: state.options.intervalMs,
	};
	const handle = await createOwnFile(join(folder, `recording.ndjson.${compression === 'zstd' ? 'zst' : 'gz'}`));
	let reportedMs = performance.now();
	try {
		let buffer = `${jsonLine(header)}\n`;
		for (let index = 0; index < samples.length; index++) {
			const sample = samples.at(index);
			if (!sample) continue;
			buffer += `${encode(sample, msOf(sample.at))}\n`;
			await slice();
			reporter.add(sample, samples);
			await slice();
			if (performance.now() - reportedMs >= progressMs) {
				reportedMs = performance.now();
				progress(index / samples.length);
			}
			if (buffer.length < bufferBytes) continue;
			await handle.appendFile(await packer.pack(buffer));
			buffer = '';
		}
		await handle.appendFile(await packer.pack(buffer));
		await handle.appendFile(await packer.end());
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
		const stateAtPane: State = {...state, size, pane: id, overlay: undefined, toast: undefined, search: undefined};
		await writeNewFile(join(path, `screen-${id}.txt`), textOf(screen(registry, stateAtPane)));
		await slice();
	}
};
