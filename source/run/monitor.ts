import {setTimeout as sleep} from 'node:timers/promises';
import type {Actor} from '../adapters/act/actor.ts';
import type {Measurer} from '../adapters/act/measurer.ts';
import type {Recorder} from '../adapters/record/recorder.ts';
import {save} from '../adapters/record/saver.ts';
import {newest} from '../core/history/timeline.ts';
import type {Note} from '../core/sample/journal.ts';
import type {Failure} from '../core/sample/sample.ts';
import {screen} from '../core/screen/screen.ts';
import type {Effect} from '../core/state/effect.ts';
import type {Message} from '../core/state/message.ts';
import type {Registry} from '../core/state/registry.ts';
import type {Feed, Source} from '../core/state/source.ts';
import type {State} from '../core/state/state.ts';
import {createStore} from '../core/state/store.ts';
import {panesToWatch} from '../core/update/pane-commands.ts';
import {createUpdate} from '../core/update/update.ts';
import type {TerminalInput, TerminalOutput} from '../terminal/modes.ts';
import {openTerminal, type Terminal} from '../terminal/terminal.ts';
import type {Look} from '../views/look.ts';

/** What a monitor is run with. */
export type MonitorOptions = {
	readonly registry: Registry;
	readonly source: Source;
	readonly initial: State;
	readonly actor: Actor | undefined;
	/** Absent where there is no server. */
	readonly measurer?: Measurer | undefined;
	/** Takes what is seen of actions into the journal; absent where nothing can be done. */
	readonly note?: Note | undefined;
	readonly recorder: Recorder | undefined;
	/** Writes the incident bundle of a state, unless that is given up; absent where there is no place for it. */
	readonly bundle?: (state: State, signal: AbortSignal) => Promise<{readonly text: string; readonly ok: boolean}>;
	readonly look: Look;
	readonly input: TerminalInput;
	readonly output: TerminalOutput;
	/** Samples come as time passes, so that their absence is trouble; not so in a recording. */
	readonly live: boolean;
};

/** How a monitor ended: its exit status, why it never saw the server, or the mistake of ours that ended it. */
export type Ending = {readonly status: number; readonly failure?: Failure; readonly fault?: unknown};

const now = (): number => performance.now();

// Before this a screen that is taken and given back at once would only flash.
const patienceMs = 120;
const afterTablesMs = 30;
const staleAfterMs = 2500;
// The file and the server get this long to take the last of it; nobody waits longer for a terminal to come back.
const lastWaitMs = 800;
const signals = {SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15} as const;

/** Milliseconds between two samples: as asked for, or more where the server would spend too much on them. */
const intervalOf = ({options, link}: State): number => Math.max(options.intervalMs, link.pace?.everyMs ?? 0);

/** Runs the full-screen monitor until it ends; the terminal is as it was found when this resolves, and at every signal before. */
export const monitor = (options: MonitorOptions): Promise<Ending> =>
	new Promise(resolve => {
		const {registry, source, initial, actor, measurer, note, recorder, bundle, look, input, output, live} = options;
		let terminal: Terminal | undefined;
		let feed: Feed | undefined;
		let ended = false;
		let due = false;
		let lastSampleAt = now();
		let alarm: NodeJS.Timeout | undefined;
		let bundling: Promise<unknown> | undefined;
		const leaving = new AbortController();

		const end = (ending: Ending): void => {
			if (ended) return;
			ended = true;
			terminal?.close();
			clearInterval(clock);
			clearTimeout(patience);
			clearTimeout(alarm);
			leaving.abort();
			const flushed = Promise.all([recorder?.close(), feed?.stop(), actor?.stop(), measurer?.stop(), bundling]);
			const late = new Promise<[]>(done => setTimeout(done, lastWaitMs, []));
			void Promise.race([flushed, late]).then(([unwritten]) => {
				// Behind a failed log-in a password is asked for, and signals must reach that.
				for (const [name, listener] of listeners) process.off(name, listener);
				resolve(unwritten && ending.status === 0 ? {...ending, status: 1} : ending);
			});
		};
		const fault = (error: unknown): void => end({status: 70, fault: error});
		const listeners: readonly (readonly [string, (error: unknown) => void])[] = [
			...Object.entries(signals).map(([name, number]) => [name, () => end({status: 128 + number})] as const),
			['uncaughtException', fault],
			['unhandledRejection', fault],
		];

		const run = (effect: Effect, dispatch: (action: Message) => void): void => {
			// What still comes back while we leave asks for nothing more.
			if (ended) return;
			switch (effect.type) {
				case 'signal':
				case 'maintain':
				case 'admin':
				case 'explain':
				case 'abandon':
				case 'stop':
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
					bundling = bundle?.(effect.state, leaving.signal).then(result => dispatch({type: 'bundled', ...result}), fault);
					return;
				case 'interval':
					feed?.setInterval(effect.intervalMs);
					return;
				case 'refresh':
					feed?.refresh();
					return;
				case 'wake': {
					clearTimeout(alarm);
					const since = now();
					if (effect.afterMs !== undefined)
						alarm = setTimeout(() => store.dispatch({type: 'woken', elapsedMs: now() - since}), effect.afterMs);
					return;
				}
				case 'watch':
					feed?.watch(effect.panes);
					return;
				case 'redraw':
					terminal?.redraw();
					return;
				case 'suspend':
					terminal?.suspend();
					return;
				case 'quit':
					end({status: store.state().link.state === 'lost' ? 1 : effect.status});
					return;
				default:
					effect satisfies never;
			}
		};

		const store = createStore<State, Message, Effect>(createUpdate(registry), initial, run);

		const paint = (): void => {
			due = false;
			if (ended || !terminal) return;
			try {
				terminal.paint(screen(registry, store.state()));
			} catch (error) {
				fault(error);
			}
		};

		const show = (): void => {
			if (terminal || ended) return;
			const opened = openTerminal({input, output, theme: look.theme, colour: look.colour, now});
			terminal = opened;
			opened.onKeys(keys => {
				for (const key of keys) store.dispatch({type: 'key', key});
			});
			opened.onResize(size => store.dispatch({type: 'resize', size}));
			opened.onResume(() => store.dispatch({type: 'resumed'}));
			opened.onGone(() => end({status: 129}));
			opened.onFault(fault);
			store.dispatch({type: 'resize', size: opened.size()});
			// The tables need no React: it is loaded once they stand, and what it draws is not there to be asked for before.
			sleep(afterTablesMs)
				.then(() => import('../views/mount.ts'))
				.then(views => views.mount(opened, store, registry, look, now))
				.catch(fault);
		};

		void recorder?.failed.then(failure => store.dispatch({type: 'recording', failure}));
		store.subscribe(() => {
			if (due) return;
			due = true;
			queueMicrotask(paint);
		});

		const patience = setTimeout(show, patienceMs);
		const clock = setInterval(() => {
			const sinceMs = now() - lastSampleAt;
			const late =
				live &&
				newest(store.state().timeline) !== undefined &&
				sinceMs > Math.max(staleAfterMs, intervalOf(store.state()) + 2000);
			store.dispatch({type: 'elapsed', staleMs: late ? Math.floor(sinceMs / 1000) * 1000 : 0});
		}, 250);

		for (const [name, listener] of listeners) process.on(name, listener);
		process.on('SIGUSR1', () => {});

		feed = source(action => {
			if (ended) return;
			if (action.type === 'sample') {
				lastSampleAt = now();
				recorder?.write(action.sample);
			}
			store.dispatch(action);
			if (action.type === 'sample') show();
			else if (
				!newest(store.state().timeline) &&
				action.link.failure &&
				(action.link.state === 'waiting' || action.link.state === 'lost')
			)
				end({status: 1, failure: action.link.failure});
		});
		if (ended) void feed.stop();
		else feed.watch(panesToWatch(registry.panes, initial));
	});
