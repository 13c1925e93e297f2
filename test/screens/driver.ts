import {bindingsOf} from '../../source/core/keys/bindings.ts';
import {defaultOptions} from '../../source/core/pane/options.ts';
import type {Effect} from '../../source/core/state/effect.ts';
import type {Key, Size} from '../../source/core/state/key.ts';
import type {Message} from '../../source/core/state/message.ts';
import {initialState, paneStateOf, type State} from '../../source/core/state/state.ts';
import {createUpdate} from '../../source/core/update/update.ts';
import {registry} from '../../source/panes/index.ts';

/** The program's update function. */
export const update = createUpdate(registry);

/** The initial state, before the connection. */
export const stateAtFirst = (size: Size, options: {readonly readOnly?: string; readonly historyBytes?: number} = {}): State =>
	initialState({
		size,
		place: 'dba@db1.example:5432/shop',
		readOnly: options.readOnly,
		pane: 'sessions',
		panes: Object.fromEntries(registry.panes.map(pane => [pane.id, paneStateOf(pane.sort)])),
		options: defaultOptions,
		historyBytes: options.historyBytes ?? 64 * 1024 ** 2,
		recording: false,
	});

/** The initial state, connected. */
export const stateConnected = (size: Size, options?: Parameters<typeof stateAtFirst>[1]): State => ({
	...stateAtFirst(size, options),
	link: {state: 'ready'},
});

/** Every bound key, and some others. */
export const keyNames: readonly string[] = [
	...bindingsOf(registry.panes).flatMap(({keys}) => keys),
	'x',
	'f12',
	'backspace',
	'delete',
	'ctrl-w',
	'漢',
];

/** A key as typed by a person: alone in its read. */
export const keyOf = (name: string, at = 0): Key => ({
	name,
	text: name === 'space' ? ' ' : Array.from(name).length === 1 ? name : '',
	at,
	alone: true,
});

/** The state after some messages, and all of their effects. */
export const played = (
	state: State,
	messages: readonly Message[],
): {readonly state: State; readonly effects: readonly Effect[]} => {
	let current = state;
	const effects: Effect[] = [];
	for (const message of messages) {
		const [next, ...more] = update(current, message);
		current = next;
		effects.push(...more);
	}
	return {state: current, effects};
};

/** The state after some keys, each pressed alone, a second after the previous one. */
export const pressed = (state: State, ...names: readonly string[]): State =>
	played(
		state,
		names.map((name, index): Message => ({type: 'key', key: keyOf(name, 1000 * (index + 1))})),
	).state;
