import {accessSync, constants} from 'node:fs';
import {recorded} from '../adapters/record/replayer.ts';
import type {Invocation} from '../command-line/options.ts';
import {parseDestination} from '../core/history/destination.ts';
import {parseFilter} from '../core/pane/filter.ts';
import {defaultOptions} from '../core/pane/options.ts';
import type {Pane} from '../core/pane/pane.ts';
import type {Source} from '../core/state/source.ts';
import {initialState, type PaneState, paneStateOf, type Replay, type State} from '../core/state/state.ts';
import {replayFrom} from '../core/time/replay.ts';
import {UserError} from '../core/values/errors.ts';
import {parseBytes} from '../core/values/units.ts';
import type {Limits} from '../findings/thresholds.ts';
import {registry, registryWith} from '../panes/index.ts';
import type {Look} from '../views/look.ts';
import {themes} from '../views/theme.ts';
import {type Ending, monitor} from './monitor.ts';
import {filterNamed, panesNamed, sortNamed} from './print.ts';
import {openRecorder, type Watched} from './server.ts';

/** A recording as a source; throws a UserError where it cannot be read. */
export const recordingOf = (file: string): Source => {
	try {
		accessSync(file, constants.R_OK);
	} catch {
		throw new UserError(`${file} cannot be read.`, {hint: 'Check its name and its rights.', exitCode: 1});
	}
	return recorded(file);
};

/** What the screen says it shows, why nothing can be done there, and how it is played where it is a recording. */
type Given = {
	readonly limits: Limits;
	readonly place: string;
	readonly readOnly: string | undefined;
	readonly replay?: Replay;
};

/** How a recording is played: from its start, or from where `--at` says; throws a UserError where that is no moment. */
export const replayOf = ({at}: Invocation): Replay => {
	const from = at === undefined ? undefined : parseDestination(at);
	if (at === undefined || from?.kind === 'clock' || from?.kind === 'moment') return replayFrom(from);
	throw new UserError(`--at ${at} is no moment.`, {hint: 'Write it as 14:30 or 2026-11-22T14:30:00Z.', exitCode: 2});
};

// A recording is there to be looked at from end to end, and nothing else needs the memory meanwhile: this holds some hours of
// 500 sessions.
const historyOfReplay = '512MB';

/** Runs the monitor on this terminal over a source until it ends. */
export const onScreen = async ({source, actor, measurer, note}: Watched, wanted: Invocation, given: Given): Promise<Ending> => {
	const initial = initialOf(wanted, given);
	const look = lookOf(wanted);
	const recorder =
		wanted.record === undefined ? undefined : await openRecorder(wanted.record, wanted.intervalMs, wanted.rotation);
	const all = registryWith(given.limits);
	return monitor({
		registry: all,
		source,
		actor,
		measurer,
		note,
		recorder,
		bundle: async (state, signal) => {
			const {writeBundle} = await import('./bundle.ts');
			return writeBundle({state, registry: all, limits: given.limits, folder: process.cwd(), signal});
		},
		initial,
		look,
		input: process.stdin,
		output: process.stdout,
		live: given.replay === undefined,
	});
};

const initialOf = (wanted: Invocation, {place, readOnly, replay}: Given): State => {
	const [first] = panesNamed(wanted.panes) as [Pane];
	const sort = sortNamed(wanted.sort, [first]);
	filterNamed(wanted.filter, first);
	const historyBytes = parseBytes(wanted.history ?? (replay ? historyOfReplay : '64MB'));
	if (historyBytes === undefined || historyBytes < 1024 ** 2)
		throw new UserError(`--history ${wanted.history} is no size for it.`, {
			hint: 'Write 64MB or 1GB; at least 1MB.',
			exitCode: 2,
		});
	const paneState = (pane: Pane): PaneState => {
		const base = paneStateOf((pane === first && sort) || pane.sort);
		return parseFilter(wanted.filter, pane.columns).ok ? {...base, filter: wanted.filter} : base;
	};
	return initialState({
		size: {columns: process.stdout.columns || 80, rows: process.stdout.rows || 24},
		place,
		readOnly,
		pane: first.id,
		panes: Object.fromEntries(registry.panes.map(pane => [pane.id, paneState(pane)])),
		options: {...defaultOptions, intervalMs: wanted.intervalMs, ascii: asciiOnly(wanted)},
		historyBytes,
		recording: wanted.record !== undefined,
		...(replay && {replay}),
	});
};

// As every curses program does: the C and POSIX locales promise no more than ASCII.
const asciiOnly = ({ascii}: Invocation): boolean => {
	const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || '';
	return ascii || /^(C|POSIX)$/.test(locale);
};

const lookOf = (wanted: Invocation): Look => {
	const theme = themes[wanted.theme];
	if (!theme)
		throw new UserError(`There is no theme ${JSON.stringify(wanted.theme)}.`, {
			hint: `Themes are: ${Object.keys(themes).join(', ')}.`,
			exitCode: 2,
		});
	return {theme, color: wanted.color && !process.env.NO_COLOR, ascii: asciiOnly(wanted)};
};
