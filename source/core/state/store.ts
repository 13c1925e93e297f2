/** Holder of the state: `dispatch` updates it, runs the effects, then calls the subscribers. */
export type Store<State, Message> = {
	readonly state: () => State;
	readonly dispatch: (message: Message) => void;
	readonly subscribe: (listener: () => void) => () => void;
};

/** Creates a store around a pure update; `run` executes its effects after the state has changed. */
export const createStore = <State, Message, Effect>(
	update: (state: State, message: Message) => readonly [State, ...Effect[]],
	initial: State,
	run: (effect: Effect, dispatch: (message: Message) => void) => void,
): Store<State, Message> => {
	let state = initial;
	const listeners = new Set<() => void>();
	const dispatch = (message: Message): void => {
		const [next, ...effects] = update(state, message);
		const changed = next !== state;
		state = next;
		for (const effect of effects) run(effect, dispatch);
		if (changed) for (const listener of listeners) listener();
	};
	return {
		state: () => state,
		dispatch,
		subscribe: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
};
