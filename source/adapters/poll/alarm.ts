/** A wait that can be ended early. */
export type Alarm = {
	/** Resolves after `ms` milliseconds, or when woken. */
	readonly wait: (ms: number) => Promise<void>;
	/** Ends the current wait; without one, the call is remembered until `set`. */
	readonly wake: () => void;
	/** Wakes after `ms` milliseconds, unless a wake-up is already scheduled. */
	readonly wakeIn: (ms: number) => void;
	/** True if woken since `set`. */
	readonly woken: () => boolean;
	/** Forgets earlier wake-ups. */
	readonly set: () => void;
};

/** Creates an alarm that was never woken. */
export const createAlarm = (): Alarm => {
	let woken = false;
	let end: (() => void) | undefined;
	let wakeUp: NodeJS.Timeout | undefined;
	const wake = (): void => {
		wakeUp = undefined;
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
			if (wakeUp === undefined) wakeUp = setTimeout(wake, Math.max(0, ms)).unref();
		},
		woken: () => woken,
		set: () => {
			woken = false;
		},
	};
};

/** Resolves to true if `work` finishes within `ms` milliseconds. */
export const within = (work: Promise<void>, ms: number): Promise<boolean> =>
	new Promise(resolve => {
		const timer = setTimeout(() => resolve(false), ms);
		void work.then(() => {
			clearTimeout(timer);
			resolve(true);
		});
	});
