/**
 * Answers that are arriving from one server, over all connections to it. Over a slow link a large answer to one of them keeps the
 * others from getting anything, although the server answers them in time.
 */
export type Traffic = {
	/** Counts a request in; `received` is the number of bytes that its connection got so far. Returns a function that counts it out. */
	readonly begin: (received: () => number) => () => void;
	/** Bytes of the answers that have begun and not ended. */
	readonly arriving: () => number;
};

/** Nothing under way yet. */
export const createTraffic = (): Traffic => {
	const underWay = new Set<() => number>();
	return {
		begin: received => {
			const before = received();
			const arrived = (): number => received() - before;
			underWay.add(arrived);
			return () => underWay.delete(arrived);
		},
		arriving: () => {
			let bytes = 0;
			for (const arrived of underWay) bytes += arrived();
			return bytes;
		},
	};
};
