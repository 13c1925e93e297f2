import type {Instant} from '../core/values/instant.ts';

type Change = {readonly at: Instant; readonly sessions: number};

/** A number of sessions over time, kept as its changes. */
export type Changes = {
	readonly add: (at: Instant, sessions: number) => void;
	readonly changes: () => readonly Change[];
};

const mostChanges = 120;

/** Creates an empty list of changes; if it gets long, of two neighbors the higher remains. */
export const createChanges = (): Changes => {
	let changes: Change[] = [];
	const thin = (): void => {
		changes = changes.flatMap((change, index) => {
			if (index % 2 === 1) return [];
			const next = changes[index + 1];
			return [{at: change.at, sessions: Math.max(change.sessions, next?.sessions ?? 0)}];
		});
	};
	return {
		add: (at, sessions) => {
			if (changes.at(-1)?.sessions === sessions) return;
			if (changes.length >= mostChanges) thin();
			changes.push({at, sessions});
		},
		changes: () => changes,
	};
};
