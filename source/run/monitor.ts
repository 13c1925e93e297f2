import type {Actor} from '../adapters/act/actor.ts';
import type {Measurer} from '../adapters/act/measurer.ts';
import type {Recorder} from '../adapters/record/recorder.ts';
import {save} from '../adapters/record/saver.ts';
import type {Past} from '../core/history/past.ts';
import {newest} from '../core/history/timeline.ts';
import type {Note} from '../core/sample/journal.ts';
import type {Failure, Sample} from '../core/sample/sample.ts';
import {screen} from '../core/screen/screen.ts';
import type {Effect} from '../core/state/effect.ts';
import type {Message, SourceMessage} from '../core/state/message.ts';
import type {Registry} from '../core/state/registry.ts';
import type {Feed, Source} from '../core/state/source.ts';
import type {State, Toast} from '../core/state/state.ts';
import {createStore, type Store} from '../core/state/store.ts';
import {panesToWatch} from '../core/update/pane-commands.ts';
import {createUpdate} from '../core/update/update.ts';
import {heartMs} from '../queries/plan.ts';
import type {Look} from '../terminal/look.ts';
import type {TerminalInput, TerminalOutput} from '../terminal/modes.ts';
import {openTerminal, type Terminal} from '../terminal/terminal.ts';
import {type Bundling, createBundling, type WriteBundle} from './bundling.ts';
import {inOrder} from './in-order.ts';
import {whenLeaving} from './leaving.ts';
import type {Announcement} from './notifier.ts';

/** The parts of a monitor. */
export type MonitorOptions = {
	readonly registry: Registry;
	readonly source: Source;
	readonly initial: State;
	readonly actor: Actor | undefined;
	/** Absent without a server. */
	readonly measurer?: Measurer | undefined;
	/** Notes observations of actions in the journal; absent if actions are off. */
	readonly note?: Note | undefined;
	readonly recorder: Recorder | undefined;
	readonly bundle?: WriteBundle;
	readonly look: Look;
	/** Announces what became critical; absent without `--notify`. */
	readonly notifier?: ((sample: Sample, past: Past) => Announcement | undefined) | undefined;
	/** True if clicks and the wheel are keys. */
	readonly mouse: boolean;
	readonly input: TerminalInput;
	readonly output: TerminalOutput;
	/** True if samples arrive as time passes, so that their absence is trouble; false for a recording. */
	readonly live: boolean;
};

/** The end of a monitor: its exit status, with the failure if it never reached the server, or the fault if a bug ended it. */
export type Ending = {readonly status: number; readonly failure?: Failure; readonly fault?: unknown};

/** A departure from one monitor to another: to a server of the fleet, or back to the fleet. */
export type Departure = {readonly to: 'server'; readonly server: string} | {readonly to: 'fleet'};

/** A monitor, which reads its source from the start and shows its screen whenever it is asked to. */
export type Monitor = {
	/** Resolves at the first sample, or with the end if there was none. */
	readonly ready: Promise<Ending | undefined>;
	/**
	 * Takes the terminal, from another monitor if one has it, until the monitor ends or a key leads elsewhere; then it still has the
	 * terminal, until another one takes it.
	 */
	readonly show: (from?: Monitor) => Promise<Ending | Departure>;
	/** Gives the terminal up for the one that takes it next, and goes on reading. */
	readonly release: () => void;
	/** Says a sentence at the foot of its screen, until a key is pressed. */
	readonly say: (text: string, tone: Toast['tone']) => void;
	/** Ends a monitor that does not have the terminal. */
	readonly end: () => Promise<void>;
};

const now = (): number => performance.now();

// A screen taken and given back sooner than this would only flash.
const patienceMs = 120;
const afterTablesMs = 30;
// Without rows and without a key, the overlays are loaded after this time.
const overlaysMs = 1000;
const clockMs = 250;
const staleAfterMs = 2500;
// The file and the server get this long for their last writes before the terminal is given back to the shell.
const lastWaitMs = 800;

/** The state of one running monitor. */
type Run = {
	readonly options: MonitorOptions;
	readonly store: Store<State, Message>;
	readonly bundling: Bundling;
	resolve: (ending: Ending | Departure) => void;
	terminal: Terminal | undefined;
	feed: Feed | undefined;
	hasEnded: boolean;
	/** Its end, once it has been reached. */
	ending: Ending | undefined;
	/** True while the terminal is its own. */
	isShown: boolean;
	isPaintDue: boolean;
	lastSampleAt: number;
	/** Shows the screen if the first sample takes long. */
	patience: NodeJS.Timeout | undefined;
	clock: NodeJS.Timeout | undefined;
	/** The wake-up that the core asked for. */
	alarm: NodeJS.Timeout | undefined;
	/** Loads the overlays; undefined once that has begun. */
	overlays: NodeJS.Timeout | undefined;
	/** Removes the overlays from the terminal. */
	unmount: (() => void) | undefined;
	/** Settled at the first sample or at the end. */
	readonly ready: PromiseWithResolvers<Ending | undefined>;
	/** Removes the handlers of signals and uncaught errors. */
	detach: () => void;
};

const createRun = (options: MonitorOptions): Run => {
	const {registry, initial} = options;
	const run: Run = {
		options,
		store: createStore<State, Message, Effect>(createUpdate(registry), initial, (effect, dispatch) =>
			perform(run, effect, dispatch),
		),
		bundling: createBundling(options.bundle),
		resolve: () => {},
		terminal: undefined,
		feed: undefined,
		hasEnded: false,
		ending: undefined,
		isShown: false,
		isPaintDue: false,
		lastSampleAt: now(),
		patience: undefined,
		clock: undefined,
		alarm: undefined,
		overlays: undefined,
		unmount: undefined,
		ready: Promise.withResolvers(),
		detach: () => {},
	};
	return run;
};

/** Opens a monitor: it reads its source at once, and takes the terminal when it is shown. */
export const openMonitor = (options: MonitorOptions): Monitor => {
	const {registry, source, initial, recorder} = options;
	const run = createRun(options);
	const {store} = run;
	void recorder?.failed.then(failure => store.dispatch({type: 'recording', failure}));
	store.subscribe(() => {
		if (run.isPaintDue) return;
		run.isPaintDue = true;
		// Not in the turn of the update: keys that came during a long one are read first, and are painted with it.
		setImmediate(() => paint(run));
	});
	run.clock = setInterval(() => tick(run), clockMs);
	const feed = source(
		inOrder({
			stepsOf: sample => (isAwaited(run) ? registry.prepare(store.state(), sample) : undefined),
			take: message => take(run, message),
			failed: error => fail(run, error),
		}),
	);
	run.feed = feed;
	if (run.hasEnded) void feed.stop();
	else feed.watch(panesToWatch(registry.panes, initial));
	return {
		ready: run.ready.promise,
		show: from =>
			new Promise(resolve => {
				run.resolve = resolve;
				if (run.ending) resolve(run.ending);
				else if (!run.hasEnded && !run.isShown) takeTerminal(run, from);
			}),
		release: () => release(run),
		say: (text, tone) => store.dispatch({type: 'told', text, tone}),
		end: () =>
			new Promise(resolve => {
				run.resolve = () => resolve();
				if (run.ending) resolve();
				else end(run, {status: 0});
			}),
	};
};

/** Takes the terminal; from another monitor within one turn, so that a signal finds one of them listening. */
const takeTerminal = (run: Run, from: Monitor | undefined): void => {
	from?.release();
	run.isShown = true;
	run.detach = whenLeaving({leave: status => end(run, {status}), failed: error => fail(run, error)});
	if (from || newest(run.store.state().timeline)) show(run);
	else run.patience = setTimeout(() => show(run), patienceMs);
};

const release = (run: Run): void => {
	run.isShown = false;
	run.unmount?.();
	run.unmount = undefined;
	run.terminal?.close(true);
	run.terminal = undefined;
	clearTimeout(run.patience);
	clearTimeout(run.overlays);
	run.detach();
};

const end = (run: Run, ending: Ending): void => {
	if (run.hasEnded) return;
	const {recorder, actor, measurer} = run.options;
	run.hasEnded = true;
	run.terminal?.close();
	clearInterval(run.clock);
	clearTimeout(run.patience);
	clearTimeout(run.overlays);
	clearTimeout(run.alarm);
	const flushed = Promise.all([recorder?.close(), run.feed?.stop(), actor?.stop(), measurer?.stop(), run.bundling.stop()]);
	const late = new Promise<[]>(done => setTimeout(done, lastWaitMs, []));
	void Promise.race([flushed, late]).then(([unwritten]) => {
		// A failed log-in is followed by a password prompt, and signals must reach that.
		run.detach();
		run.ending = unwritten && ending.status === 0 ? {...ending, status: 1} : ending;
		run.ready.resolve(run.ending);
		run.resolve(run.ending);
	});
};

const fail = (run: Run, error: unknown): void => end(run, {status: 70, fault: error});

/** True if the next sample is the one on the screen, and not the first: that one is to be there as soon as it can. */
const isAwaited = ({options, store, terminal}: Run): boolean =>
	options.live && terminal !== undefined && store.state().frozen === undefined && newest(store.state().timeline) !== undefined;

/** Takes a message; ends the monitor if the server cannot be reached at all. */
const take = (run: Run, message: SourceMessage): void => {
	if (run.hasEnded) return;
	const {store, options} = run;
	if (message.type === 'sample') {
		// A second sample of one list of sessions is as old as the first, and a list is as old as its question.
		if (newest(store.state().timeline)?.at !== message.sample.at) run.lastSampleAt = now() - heartMs(message.sample);
		options.recorder?.write(message.sample);
		store.dispatch(message);
		run.ready.resolve(undefined);
		show(run);
		if (run.overlays) run.terminal?.whenShown(() => hurryOverlays(run, afterTablesMs));
		announce(run, message.sample);
		return;
	}
	store.dispatch(message);
	const {failure, state} = message.link;
	if (failure && (state === 'waiting' || state === 'lost') && !newest(store.state().timeline)) end(run, {status: 1, failure});
};

/** Announces the findings of a live sample, whatever moment the screen shows. */
const announce = ({options, store, terminal}: Run, sample: Sample): void => {
	const announcement = options.notifier?.(sample, store.state().timeline.samples);
	if (announcement) terminal?.announce(announcement.title, announcement.rings);
};

/** Performs an effect of the core; effects that arrive while the monitor ends are dropped. */
const perform = (run: Run, effect: Effect, dispatch: (message: Message) => void): void => {
	if (run.hasEnded) return;
	const {actor, measurer, note} = run.options;
	const {terminal, feed} = run;
	switch (effect.type) {
		case 'signal':
		case 'maintain':
		case 'admin':
		case 'explain':
		case 'abandon':
		case 'stop':
		case 'withdraw':
			actor?.perform(effect, dispatch);
			return;
		case 'note':
			note?.(effect.entry);
			actor?.seen(effect.entry);
			return;
		case 'measure':
			void measurer?.toggle(effect.measurement, effect.at).then(() => feed?.refresh());
			feed?.refresh();
			return;
		case 'copy':
			terminal?.copy(effect.text);
			return;
		case 'save':
			void save(effect.files, process.cwd()).then(result => dispatch({type: 'saved', ...result}));
			return;
		case 'bundle':
			run.bundling.begin(effect.state, {
				part: part => dispatch({type: 'bundling', part}),
				end: written => dispatch({type: 'bundled', ...written}),
				fault: error => fail(run, error),
			});
			return;
		case 'stop-bundle':
			void run.bundling.stop();
			return;
		case 'interval':
			feed?.setInterval(effect.intervalMs);
			return;
		case 'refresh':
			feed?.refresh();
			return;
		case 'wake':
			wake(run, effect.afterMs);
			return;
		case 'watch':
			feed?.watch(effect.panes);
			return;
		case 'aim':
			feed?.aim(effect.scopes);
			return;
		case 'focus':
			run.resolve({to: 'server', server: effect.server});
			return;
		case 'fleet':
			run.resolve({to: 'fleet'});
			return;
		case 'redraw':
			terminal?.redraw();
			return;
		case 'suspend':
			terminal?.suspend();
			return;
		case 'quit':
			end(run, {status: run.store.state().link.state === 'lost' ? 1 : effect.status});
			return;
		default:
			effect satisfies never;
	}
};

/** Sets the alarm of the core, or clears it. */
const wake = (run: Run, afterMs: number | undefined): void => {
	clearTimeout(run.alarm);
	const since = now();
	if (afterMs !== undefined) run.alarm = setTimeout(() => run.store.dispatch({type: 'woken', elapsedMs: now() - since}), afterMs);
};

/** Milliseconds between two samples: the interval of the user, or a longer one that limits the load on the server. */
const intervalOf = ({options, link}: State): number => Math.max(options.intervalMs, link.pace?.everyMs ?? 0);

const tick = ({options, store, lastSampleAt}: Run): void => {
	const state = store.state();
	const sinceMs = now() - lastSampleAt;
	const isLate = options.live && sinceMs > Math.max(staleAfterMs, newest(state.timeline) ? intervalOf(state) + 2000 : 0);
	store.dispatch({type: 'elapsed', staleMs: isLate ? Math.floor(sinceMs / 1000) * 1000 : 0});
};

const paint = (run: Run): void => {
	const {terminal, store, options} = run;
	run.isPaintDue = false;
	if (run.hasEnded || !terminal) return;
	try {
		terminal.paint(screen(options.registry, store.state()));
	} catch (error) {
		fail(run, error);
	}
};

/** Takes the terminal, once. */
const show = (run: Run): void => {
	if (run.terminal || run.hasEnded || !run.isShown) return;
	const {store, options} = run;
	const {input, output, look, mouse} = options;
	const terminal = openTerminal({input, output, look, mouse, now});
	run.terminal = terminal;
	terminal.onKeys(keys => {
		hurryOverlays(run, 0);
		for (const key of keys) store.dispatch({type: 'key', key});
	});
	terminal.onResize(size => store.dispatch({type: 'resize', size}));
	terminal.onResume(() => store.dispatch({type: 'resumed'}));
	terminal.onGone(() => end(run, {status: 129}));
	terminal.onFault(error => fail(run, error));
	store.dispatch({type: 'resize', size: terminal.size()});
	run.overlays = setTimeout(() => loadOverlays(run, terminal), overlaysMs);
	if (newest(store.state().timeline)) hurryOverlays(run, afterTablesMs);
};

/** Has the overlays loaded after some milliseconds, if they are not being loaded yet. */
const hurryOverlays = (run: Run, afterMs: number): void => {
	const {terminal} = run;
	if (!run.overlays || !terminal) return;
	clearTimeout(run.overlays);
	run.overlays = setTimeout(() => loadOverlays(run, terminal), afterMs);
};

/** Loads React and shows the overlays; the tables need neither, and are not to wait for them. */
const loadOverlays = (run: Run, terminal: Terminal): void => {
	const {store, options} = run;
	run.overlays = undefined;
	import('../views/mount.ts')
		// The terminal may have been given up meanwhile.
		.then(async views => {
			if (run.terminal !== terminal) return;
			const unmount = await views.mount(terminal, store, options.registry, options.look, now);
			if (run.terminal === terminal) run.unmount = unmount;
			else unmount();
		})
		.catch(error => fail(run, error));
};
