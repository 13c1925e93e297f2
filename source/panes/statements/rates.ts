import type {Answer} from '../../core/history/past.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {mostStatements, type Statement} from '../../queries/statements.ts';

/** What a statement did between two answers; times in milliseconds. */
export type Delta = {
	readonly calls: number;
	readonly exec: number;
	readonly rows: number;
	readonly hit: number;
	readonly read: number;
};

/** What all statements did between two answers: each one's part, where it is known, and the time that they ran together. */
export type Deltas = {
	readonly seconds: number;
	readonly exec: number;
	readonly of: (entry: Statement) => Delta | null;
};

const names = new WeakMap<Statement, string>();

/** Names an entry across answers. An entry of which our role is told nothing has no queryid, so that many may have one name. */
export const entryName = (entry: Statement): string => {
	const known = names.get(entry) ?? `${entry.queryid}/${entry.userid}/${entry.dbid}/${entry.toplevel}`;
	names.set(entry, known);
	return known;
};

const idle: Delta = {calls: 0, exec: 0, rows: 0, hit: 0, read: 0};

const all = ({calls, total_exec_time, rows, shared_blks_hit, shared_blks_read}: Statement): Delta => ({
	calls,
	exec: total_exec_time,
	rows,
	hit: shared_blks_hit,
	read: shared_blks_read,
});

/** What an entry did since; null where it began anew meanwhile, evicted or reset: what it did before that is not known. */
const since = (now: Statement, then: Statement): Delta | null => {
	const delta = {
		calls: now.calls - then.calls,
		exec: now.total_exec_time - then.total_exec_time,
		rows: now.rows - then.rows,
		hit: now.shared_blks_hit - then.shared_blks_hit,
		read: now.shared_blks_read - then.shared_blks_read,
	};
	return now.stats_since === then.stats_since && Object.values(delta).every(value => value >= 0) ? delta : null;
};

/**
 * What all statements did between two answers, or undefined where that is not known: all were reset in between. An entry that
 * was not there before did all that it counts since, unless it had only been left out as too small.
 */
export const deltasBetween = (
	then: Answer<Statement> | undefined,
	now: Answer<Statement>,
	reset: Instant | null,
): Deltas | undefined => {
	const begin = msOf(then?.at ?? '');
	if (!then || (reset !== null && msOf(reset) > begin)) return undefined;
	// Most entries are the very rows of before: only the others have to be found by name.
	const same = new Set(then.rows);
	const changed = now.rows.filter(entry => !same.has(entry));
	const kept = new Set(now.rows);
	const before = new Map(then.rows.filter(entry => !kept.has(entry)).map(entry => [entryName(entry), entry]));
	const isWhole = then.rows.length < mostStatements;
	const deltas = new Map<Statement, Delta | null>();
	let exec = 0;
	for (const entry of changed) {
		if (entry.queryid === null) continue;
		const known = before.get(entryName(entry));
		const isNew = isWhole || (entry.stats_since !== null && msOf(entry.stats_since) > begin);
		const delta = known ? since(entry, known) : isNew ? all(entry) : null;
		deltas.set(entry, delta);
		exec += delta?.exec ?? 0;
	}
	return {
		seconds: (msOf(now.at) - begin) / 1000,
		exec: exec + Math.max(0, unnamedTime(now.rows) - unnamedTime(then.rows)),
		of: entry => (entry.queryid === null ? null : deltas.has(entry) ? (deltas.get(entry) ?? null) : idle),
	};
};

/** How long those ran together of which our role is told nothing else. */
const unnamedTime = (entries: readonly Statement[]): number =>
	entries.reduce((sum, {queryid, total_exec_time}) => (queryid === null ? sum + total_exec_time : sum), 0);
