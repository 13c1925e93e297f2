import type {ConnectionTarget} from '../../source/adapters/connect/connection.ts';
import type {Effect} from '../../source/core/state/effect.ts';
import type {Message} from '../../source/core/state/message.ts';
import type {State} from '../../source/core/state/state.ts';
import {createStore} from '../../source/core/state/store.ts';
import {panesToWatch} from '../../source/core/update/pane-commands.ts';
import {registry} from '../../source/panes/index.ts';
import {watchServer} from '../../source/run/server.ts';
import {endsWithTest, longestWaitMs} from '../lifetime.ts';
import {keyOf, stateAtFirst, update} from '../screens/driver.ts';

/** The program on a real server without a terminal: its state, and keys pressed by a person. */
export type Screenless = {
	readonly state: () => State;
	/** Presses keys, each alone, with the question painted long before. */
	readonly press: (...names: readonly string[]) => void;
	readonly dispatch: (message: Message) => void;
	/** Types a text, key by key. */
	readonly type: (text: string) => void;
	/** Resolves with the first state that is as wanted; rejects with what the screen says. */
	readonly until: (what: string, holds: (state: State) => boolean) => Promise<State>;
	/** Notes of the journal about observed effects. */
	readonly notes: readonly string[];
};

/**
 * Runs the program on a server and the PgBouncers in front of it. `before` is awaited before each effect that acts, with the number of
 * signals so far: a test changes the server there.
 */
export const runScreenless = (
	target: ConnectionTarget,
	audit: string,
	before: (signals: number) => Promise<void> | void = () => {},
	pgbouncer: readonly string[] = [],
): Screenless => {
	const {source, actor} = watchServer(target, {intervalMs: 250, audit, pgbouncer});
	const notes: string[] = [];
	let signals = 0;
	let clock = 0;
	const perform = async (effect: Effect, dispatch: (message: Message) => void): Promise<void> => {
		if (effect.type === 'signal') await before(signals++);
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
				notes.push(effect.entry.outcome);
				actor?.seen(effect.entry);
				return;
			case 'refresh':
				feed.refresh();
				return;
			case 'watch':
				feed.watch(effect.panes);
				return;
			default:
		}
	};
	const store = createStore<State, Message, Effect>(
		update,
		{
			...stateAtFirst({columns: 200, rows: 60}),
			options: {...stateAtFirst({columns: 1, rows: 1}).options, idle: true, intervalMs: 250},
		},
		(effect, dispatch) => void perform(effect, dispatch),
	);
	const feed = source(message => store.dispatch(message));
	feed.watch(panesToWatch(registry.panes, store.state()));
	endsWithTest(async () => {
		await feed.stop();
		await actor?.stop();
	});
	const press = (...names: readonly string[]): void => {
		for (const name of names) {
			clock += 1000;
			store.dispatch({type: 'painted', at: clock});
			clock += 1000;
			store.dispatch({type: 'key', key: keyOf(name, clock)});
		}
	};
	return {
		state: store.state,
		dispatch: store.dispatch,
		press,
		type: text => press(...text.split('').map(letter => (letter === ' ' ? 'space' : letter))),
		until: (what, holds) =>
			new Promise((resolve, reject) => {
				const stop = (): void => {
					clearTimeout(timer);
					forget();
				};
				const look = (): void => {
					const state = store.state();
					if (!holds(state)) return;
					stop();
					resolve(state);
				};
				const timer = setTimeout(() => {
					stop();
					const {toast, overlay, batch, link} = store.state();
					reject(new Error(`Waited in vain for ${what}: ${JSON.stringify({toast, overlay, link, batch}).slice(0, 3000)}`));
				}, longestWaitMs);
				const forget = store.subscribe(look);
				look();
			}),
		notes,
	};
};
