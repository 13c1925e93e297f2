import {bindingsOf} from '../../source/core/keys/bindings.ts';
import {defaultOptions} from '../../source/core/pane/options.ts';
import type {Effect} from '../../source/core/state/effect.ts';
import type {Key, Size} from '../../source/core/state/key.ts';
import type {Message} from '../../source/core/state/message.ts';
import {initialState, paneStateOf, type State} from '../../source/core/state/state.ts';
import {createUpdate} from '../../source/core/update/update.ts';
import {registry} from '../../source/panes/index.ts';

/** The program's own update. */
export const update = createUpdate(registry);

/** The state before anything was heard of a server, as the program begins with it. */
export const stateAtFirst = (size: Size, given: {readonly readOnly?: string; readonly historyBytes?: number} = {}): State =>
	initialState({
		size,
		place: 'dba@db1.example:5432/shop',
		readOnly: given.readOnly,
		pane: 'sessions',
		panes: Object.fromEntries(registry.panes.map(pane => [pane.id, paneStateOf(pane.sort)])),
		options: defaultOptions,
		historyBytes: given.historyBytes ?? 64 * 1024 ** 2,
		recording: false,
	});

/** The same, connected. */
export const stateConnected = (size: Size, given?: Parameters<typeof stateAtFirst>[1]): State => ({
	...stateAtFirst(size, given),
	link: {state: 'ready'},
});

/** Every key that is bound, and some that are not. */
export const keyNames: readonly string[] = [
	...bindingsOf(registry.panes).flatMap(({keys}) => keys),
	'x',
	'f12',
	'backspace',
	'delete',
	'ctrl-w',
	'漢',
];

/** The key as a person presses it: alone, at a moment of its own. */
export const keyOf = (name: string, at = 0): Key => ({
	name,
	text: name === 'space' ? ' ' : Array.from(name).length === 1 ? name : '',
	at,
	alone: true,
});

/** The state after some actions, and all effects they asked for. */
export const played = (
	state: State,
	actions: readonly Message[],
): {readonly state: State; readonly effects: readonly Effect[]} => {
	let now = state;
	const effects: Effect[] = [];
	for (const action of actions) {
		const [next, ...asked] = update(now, action);
		now = next;
		effects.push(...asked);
	}
	return {state: now, effects};
};

/** The state after some keys, each of them pressed alone and a second after the one before. */
export const pressed = (state: State, ...names: readonly string[]): State =>
	played(
		state,
		names.map((name, index): Message => ({type: 'key', key: keyOf(name, 1000 * (index + 1))})),
	).state;
