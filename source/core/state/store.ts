/** The one place where the state lives: `dispatch` updates it, runs the effects, then tells everyone who subscribed. */
export type Store<State, Action> = {
	readonly state: () => State;
	readonly dispatch: (action: Action) => void;
	readonly subscribe: (listener: () => void) => () => void;
};

/** Makes a store around a pure update; `run` carries out its effects, after the new state stands. */
export const createStore = <State, Action, Effect>(
	update: (state: State, action: Action) => readonly [State, ...Effect[]],
	initial: State,
	run: (effect: Effect, dispatch: (action: Action) => void) => void,
): Store<State, Action> => {
	let state = initial;
	const listeners = new Set<() => void>();
	const dispatch = (action: Action): void => {
		const [next, ...effects] = update(state, action);
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
