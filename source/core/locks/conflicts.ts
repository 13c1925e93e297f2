import {conflictsOf, modeCount, strengthOf} from './modes.ts';
import {type PlainLock, tagOf} from './tag.ts';

/**
 * Finds the pids that hold or await a conflicting mode on the same object, 0 for prepared transactions, ascending. Lists are made
 * when asked for, because each of 900 waiters for one table conflicts with all others.
 */
export const conflictsAmong = (rows: readonly PlainLock[]): ((row: PlainLock) => readonly number[]) => {
	const tags = new Map<string, readonly Set<number>[]>();
	for (const row of rows) {
		const key = tagOf(row);
		const byMode = tags.get(key) ?? Array.from({length: modeCount}, () => new Set<number>());
		tags.set(key, byMode);
		byMode[strengthOf(row.mode)]?.add(row.pid ?? 0);
	}
	return row => {
		const conflicts = conflictsOf(strengthOf(row.mode));
		const pids = (tags.get(tagOf(row)) ?? []).flatMap((found, strength) =>
			(conflicts & (1 << strength)) === 0 ? [] : [...found],
		);
		return [...new Set(pids)].filter(pid => pid === 0 || pid !== row.pid).sort((a, b) => a - b);
	};
};
