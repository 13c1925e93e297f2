import type {LogEntry} from './entry.ts';

/** A process of a deadlock: what it waited for, who blocked it, and its statement; null if it was not logged. */
export type DeadlockedProcess = {
	readonly pid: number;
	/** As the server writes it: `ShareLock on transaction 741`. */
	readonly awaited: string;
	readonly blockedBy: number;
	readonly statement: string | null;
};

/** A deadlock as the server logged it. The one whose entry it is was aborted; `relation` is null if the log does not name it. */
export type Deadlock = {
	readonly victim: number | null;
	readonly processes: readonly DeadlockedProcess[];
	readonly relation: string | null;
};

// The words differ by the language of the server; the numbers, the lock mode and the order do not.
const waitLine = /^\D*(\d+)\D.*?\b(\w*Lock\b.*?);.*?(\d+)\D*$/;
const statementLine = /^\D{0,40}?(\d+) ?: (.*)$/su;

/** Statements by pid. They come in the order of the waits, so that a line of a statement is not taken for the next process. */
const statementsOf = (lines: readonly string[], pids: readonly number[]): ReadonlyMap<number, string> => {
	const statements = new Map<number, string>();
	let current: number | undefined;
	for (const text of lines) {
		const match = statementLine.exec(text);
		const expected = pids[statements.size];
		if (match && Number(match[1]) === expected && expected !== undefined) {
			current = expected;
			statements.set(current, match[2] ?? '');
		} else if (current !== undefined) statements.set(current, `${statements.get(current)}\n${text}`);
	}
	return statements;
};

/** Relation by the context (`while updating tuple (0,1) in relation "accounts"`), or by its oid in a wait for a relation. */
const relationOf = ({context}: Pick<LogEntry, 'context'>, processes: readonly DeadlockedProcess[]): string | null => {
	const named = /^[^\n]*\(\d+,\d+\)[^\n"«»„“]*["«»„“]([^"«»“”\n]{1,63})["«»“”]/m.exec(context ?? '')?.[1];
	// A relation and its database: a transaction has one number only.
	const oid = processes.map(({awaited}) => /Lock\D*(\d+) \D+\d+$/.exec(awaited)?.[1]).find(found => found !== undefined);
	return named ?? (oid === undefined ? null : `relation ${oid}`);
};

/** The processes of a deadlock with their statements; undefined if the detail of the entry is missing or was cut. */
export const parseDeadlock = (entry: Pick<LogEntry, 'pid' | 'detail' | 'context'>): Deadlock | undefined => {
	const lines = (entry.detail ?? '').split('\n');
	const waits = lines.map(text => waitLine.exec(text));
	const count = waits.indexOf(null);
	const cycle = waits.slice(0, count < 0 ? waits.length : count).flatMap(match => (match ? [match] : []));
	const pids = cycle.map(([, pid]) => Number(pid));
	if (cycle.length < 2) return undefined;
	const statements = statementsOf(lines.slice(cycle.length), pids);
	const processes = cycle.map(([, pid, awaited, blockedBy]) => ({
		pid: Number(pid),
		awaited: awaited ?? '',
		blockedBy: Number(blockedBy),
		statement: statements.get(Number(pid)) ?? null,
	}));
	return {victim: entry.pid, processes, relation: relationOf(entry, processes)};
};

/** True if an entry reports a deadlock: by its SQLSTATE, or, if the log has none, by the processes in its detail. */
export const isDeadlock = (entry: Pick<LogEntry, 'sqlstate' | 'pid' | 'detail' | 'context'>): boolean =>
	entry.sqlstate === '40P01' || (entry.sqlstate === null && parseDeadlock(entry) !== undefined);

/** The detail of a deadlock with other texts for its statements; empty if it is not one. */
export const withStatements = (detail: string, textOf: (statement: string) => string): string => {
	const processes = parseDeadlock({pid: null, detail, context: null})?.processes ?? [];
	return [
		...detail.split('\n').slice(0, processes.length),
		...processes.map(({pid, statement}) => `Process ${pid}: ${textOf(statement ?? '')}`),
	].join('\n');
};
