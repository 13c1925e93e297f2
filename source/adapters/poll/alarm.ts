/** A wait that can be ended early. */
export type Alarm = {
	/** Resolves after so long, or when it is woken. */
	readonly wait: (ms: number) => Promise<void>;
	/** Ends the wait that is under way; also remembered where none is. */
	readonly wake: () => void;
	/** Wakes it after so many milliseconds, unless that is coming already. */
	readonly wakeIn: (ms: number) => void;
	/** Whether it was woken since it was set. */
	readonly woken: () => boolean;
	/** Begins anew: what woke it before is forgotten. */
	readonly set: () => void;
};

/** An alarm that nobody has set yet. */
export const createAlarm = (): Alarm => {
	let woken = false;
	let end: (() => void) | undefined;
	let coming: NodeJS.Timeout | undefined;
	const wake = (): void => {
		coming = undefined;
		woken = true;
		end?.();
	};
	return {
		wait: ms =>
			new Promise(resolve => {
				const timer = setTimeout(resolve, ms);
				end = () => {
					clearTimeout(timer);
					resolve();
				};
			}),
		wake,
		wakeIn: ms => {
			if (coming === undefined) coming = setTimeout(wake, Math.max(0, ms)).unref();
		},
		woken: () => woken,
		set: () => {
			woken = false;
		},
	};
};

/** Whether work is done within so many milliseconds. */
export const within = (work: Promise<void>, ms: number): Promise<boolean> =>
	new Promise(resolve => {
		const timer = setTimeout(() => resolve(false), ms);
		void work.then(() => {
			clearTimeout(timer);
			resolve(true);
		});
	});
