import type {Answer} from '../../core/history/past.ts';
import {type Instant, msOf} from '../../core/values/instant.ts';
import {mostStatements, type Statement} from '../../queries/activity/statements.ts';

/** Activity of a statement between two answers; times in milliseconds. */
export type Delta = {
	readonly calls: number;
	readonly exec: number;
	readonly rows: number;
	readonly hit: number;
	readonly read: number;
};

/** Activity of all statements between two answers; `exec` is their total execution time. */
export type Deltas = {
	readonly seconds: number;
	readonly exec: number;
	readonly of: (entry: Statement) => Delta | null;
};

const names = new WeakMap<Statement, string>();

/** Name of an entry across answers. Entries hidden from the role have no queryid, so several can have one name. */
export const entryName = (entry: Statement): string => {
	const name = names.get(entry) ?? `${entry.queryid}/${entry.userid}/${entry.dbid}/${entry.toplevel}`;
	names.set(entry, name);
	return name;
};

const idle: Delta = {calls: 0, exec: 0, rows: 0, hit: 0, read: 0};

const all = ({calls, total_exec_time, rows, shared_blks_hit, shared_blks_read}: Statement): Delta => ({
	calls,
	exec: total_exec_time,
	rows,
	hit: shared_blks_hit,
	read: shared_blks_read,
});

/** Activity of an entry since; null if it was evicted or reset meanwhile, since its earlier activity is lost. */
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
 * Activity of all statements between two answers; undefined if all were reset in between. A new entry did all it counts, unless
 * it may have been left out before as too small.
 */
export const deltasBetween = (
	then: Answer<Statement> | undefined,
	now: Answer<Statement>,
	reset: Instant | null,
): Deltas | undefined => {
	const begin = msOf(then?.at ?? '');
	if (!then || (reset !== null && msOf(reset) > begin)) return undefined;
	// Most entries are the same row objects as before: only the others are looked up by name.
	const same = new Set(then.rows);
	const changed = now.rows.filter(entry => !same.has(entry));
	const current = new Set(now.rows);
	const before = new Map(then.rows.filter(entry => !current.has(entry)).map(entry => [entryName(entry), entry]));
	const isWhole = then.rows.length < mostStatements;
	const deltas = new Map<Statement, Delta | null>();
	let exec = 0;
	for (const entry of changed) {
		if (entry.queryid === null) continue;
		const previous = before.get(entryName(entry));
		const isNew = isWhole || (entry.stats_since !== null && msOf(entry.stats_since) > begin);
		const delta = previous ? since(entry, previous) : isNew ? all(entry) : null;
		deltas.set(entry, delta);
		exec += delta?.exec ?? 0;
	}
	return {
		seconds: (msOf(now.at) - begin) / 1000,
		exec: exec + Math.max(0, unnamedTime(now.rows) - unnamedTime(then.rows)),
		of: entry => (entry.queryid === null ? null : deltas.has(entry) ? (deltas.get(entry) ?? null) : idle),
	};
};

/** Total execution time of entries hidden from the role. */
const unnamedTime = (entries: readonly Statement[]): number =>
	entries.reduce((sum, {queryid, total_exec_time}) => (queryid === null ? sum + total_exec_time : sum), 0);
