/** Who wants to hear of one kind of event. */
export type Listeners<Event> = {
	/** Adds a listener; what it returns removes it. */
	readonly add: (listener: (event: Event) => void) => () => void;
	/** Calls every listener, in the order they came. */
	readonly tell: (event: Event) => void;
	/** Whether nobody listens. */
	readonly none: () => boolean;
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
		tell: event => {
			for (const listener of [...all]) listener(event);
		},
		none: () => all.size === 0,
	};
};
