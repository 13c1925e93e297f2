import {conflictsOf, modeCount, strengthOf} from './modes.ts';
import {type PlainLock, tagOf} from './tag.ts';

/** A session by its pid, or a prepared transaction by its virtual transaction. */
const ownerOf = ({pid, virtualtransaction}: PlainLock): number | string => pid ?? virtualtransaction;

/**
 * Finds the pids that hold or await a conflicting mode on the same object, 0 for prepared transactions, ascending. Lists are made
 * when asked for, because each of 900 waiters for one table conflicts with all others.
 */
export const conflictsAmong = (rows: readonly PlainLock[]): ((row: PlainLock) => readonly number[]) => {
	const tags = new Map<string, readonly Set<number | string>[]>();
	for (const row of rows) {
		const key = tagOf(row);
		const byMode = tags.get(key) ?? Array.from({length: modeCount}, () => new Set<number | string>());
		tags.set(key, byMode);
		byMode[strengthOf(row.mode)]?.add(ownerOf(row));
	}
	return row => {
		const conflicts = conflictsOf(strengthOf(row.mode));
		const owners = (tags.get(tagOf(row)) ?? []).flatMap((found, strength) =>
			(conflicts & (1 << strength)) === 0 ? [] : [...found],
		);
		const others = owners.filter(owner => owner !== ownerOf(row));
		return [...new Set(others.map(owner => (typeof owner === 'number' ? owner : 0)))].sort((a, b) => a - b);
	};
};
