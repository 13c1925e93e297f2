const signals = {SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15} as const;

/** What ends a program. */
type Leaving = {readonly leave: (status: number) => void; readonly failed: (error: unknown) => void};

/** Listens to signals, which end with an exit status, and to uncaught errors; returns the function that stops listening. */
export const whenLeaving = ({leave, failed}: Leaving): (() => void) => {
	const listeners: readonly (readonly [string, (error: unknown) => void])[] = [
		...Object.entries(signals).map(([name, number]) => [name, () => leave(128 + number)] as const),
		['uncaughtException', failed],
		['unhandledRejection', failed],
	];
	for (const [name, listener] of listeners) process.on(name, listener);
	return () => {
		for (const [name, listener] of listeners) process.off(name, listener);
	};
};
