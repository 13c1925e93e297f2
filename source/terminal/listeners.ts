/** The listeners of one kind of event. */
export type Listeners<Event> = {
	/** Adds a listener and returns the function that removes it. */
	readonly add: (listener: (event: Event) => void) => () => void;
	/** Calls every listener, in the order they were added. */
	readonly emit: (event: Event) => void;
	readonly isEmpty: () => boolean;
};

/** An empty list of listeners. */
export const createListeners = <Event>(): Listeners<Event> => {
	const all = new Set<(event: Event) => void>();
	return {
		add: listener => {
			all.add(listener);
			return () => {
				all.delete(listener);
			};
		},
		emit: event => {
			for (const listener of [...all]) listener(event);
		},
		isEmpty: () => all.size === 0,
	};
};
