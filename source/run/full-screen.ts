import type {Invocation} from '../command-line/options.ts';
import type {ServerLabel} from '../core/config.ts';
import {parseFilter} from '../core/pane/filter.ts';
import {defaultOptions} from '../core/pane/options.ts';
import type {Pane} from '../core/pane/pane.ts';
import {sayLasting} from '../core/state/pane-state.ts';
import {initialState, type PaneState, paneStateOf, type Replay, type State} from '../core/state/state.ts';
import {parseBytes} from '../core/values/units.ts';
import type {Limits} from '../findings/thresholds.ts';
import {registry, registryWith} from '../panes/index.ts';
import {sessionsPane} from '../panes/sessions/sessions.ts';
import {abilitiesOf} from '../terminal/abilities.ts';
import {type Look, lookOf} from '../terminal/look.ts';
import {labelStyles, monochrome, themes} from '../views/theme.ts';
import {historyCodec} from './history-codec.ts';
import {type Ending, type Monitor, openMonitor} from './monitor.ts';
import {createNotifier} from './notifier.ts';
import {filterNamed, panesNamed, sortNamed} from './print.ts';
import {openRecorder, type Watched} from './server.ts';

/** The subject of a screen. */
type Subject = {
	readonly limits: Limits;
	/** The server or recording, as the header names it. */
	readonly place: string;
	/** What is shown of a fleet; absent without one. */
	readonly fleet?: State['fleet'];
	/** The label of the server, from the configuration. */
	readonly label?: ServerLabel | undefined;
	/** The reason that actions are off, as a sentence. */
	readonly readOnly: string | undefined;
	/** A sentence shown until a key is pressed. */
	readonly notice?: string;
	/** Present for a recording. */
	readonly replay?: Replay;
};

// A recording is read from end to end, and nothing else needs the memory: this holds some hours of 500 sessions.
const liveHistoryBytes = 64 * 1024 ** 2;
const replayHistoryBytes = 512 * 1024 ** 2;

/** Runs the monitor over a source on this terminal to its end. */
export const onScreen = async (watched: Watched, invocation: Invocation, subject: Subject): Promise<Ending> => {
	// Without a fleet a monitor leads nowhere else.
	const ending = await (await openScreen(watched, invocation, subject)).show();
	return 'to' in ending ? {status: 0} : ending;
};

/** Opens the monitor over a source, which is shown on this terminal later. */
export const openScreen = async (
	{source, actor, measurer, note}: Watched,
	invocation: Invocation,
	subject: Subject,
): Promise<Monitor> => {
	const look = lookFor(invocation, subject.label);
	const initial = initialOf(invocation, subject, look);
	const recorder =
		invocation.record === undefined
			? undefined
			: await openRecorder(invocation.record, invocation.intervalMs, invocation.rotation);
	const all = registryWith(subject.limits);
	process.off('SIGUSR1', ignored).on('SIGUSR1', ignored);
	return openMonitor({
		registry: all,
		source,
		actor,
		measurer,
		note,
		recorder,
		bundle: async (state, progress, signal) => {
			const {writeBundle} = await import('./bundle.ts');
			return writeBundle({state, registry: all, limits: subject.limits, folder: process.cwd(), progress, signal});
		},
		initial,
		look,
		mouse: invocation.mouse,
		notifier: invocation.notify ? createNotifier(all, subject.place) : undefined,
		input: process.stdin,
		output: process.stdout,
		live: subject.replay === undefined,
	});
};

// Node starts its debugger at this signal.
const ignored = (): void => {};

const initialOf = (invocation: Invocation, {place, label, fleet, readOnly, replay, notice}: Subject, {ascii}: Look): State => {
	const isGrouped = invocation.group !== undefined && invocation.panes.length === 0;
	const [first] = panesNamed(isGrouped ? ['groups'] : invocation.panes) as [Pane];
	const sort = sortNamed(invocation.sort, [first]);
	filterNamed(invocation.filter, isGrouped ? sessionsPane : first);
	const historyBytes = parseBytes(invocation.history ?? '') ?? (replay ? replayHistoryBytes : liveHistoryBytes);
	const paneState = (pane: Pane): PaneState => {
		const base = paneStateOf((pane === first && sort) || pane.sort);
		return parseFilter(invocation.filter, pane.columns).ok ? {...base, filter: invocation.filter} : base;
	};
	const state = initialState({
		size: {columns: process.stdout.columns || 80, rows: process.stdout.rows || 24},
		place,
		label: label?.label,
		fleet,
		readOnly,
		pane: first.id,
		panes: Object.fromEntries(registry.panes.map(pane => [pane.id, paneState(pane)])),
		options: {
			...defaultOptions,
			...(fleet === 'overview' && {rates: false, strip: false}),
			intervalMs: invocation.intervalMs,
			ascii,
			group: invocation.group ?? defaultOptions.group,
		},
		historyBytes,
		codec: historyCodec,
		recording: invocation.record !== undefined,
		...(replay && {replay}),
	});
	return notice === undefined ? state : sayLasting(state, notice, 'warn');
};

/** The look of the theme that was asked for. */
const lookFor = (invocation: Invocation, label: ServerLabel | undefined): Look => {
	const theme = themes[invocation.theme];
	const abilities = abilitiesOf(process.env, invocation);
	if (abilities.colors === 'none') return lookOf(monochrome, abilities);
	return lookOf({...theme, ...(label?.color && {label: labelStyles[label.color]})}, abilities);
};
