import type {Failure, Row} from '../../core/sample/sample.ts';
import {isDeadlock} from '../../core/serverlog/deadlock.ts';
import {type LogEntry, safeEntry} from '../../core/serverlog/entry.ts';
import {countErrors} from '../../core/serverlog/errors.ts';
import {laterBy, msOf} from '../../core/values/instant.ts';
import {
	type LogDeadlockRow,
	type LogErrorRow,
	type LogFileRow,
	type LogRow,
	logDeadlocks,
	logErrors,
	serverLog,
	serverLogFile,
} from '../../queries/beside/server-log.ts';
import {heart, type PollState, type Readings} from '../../queries/plan.ts';
import {type Pulse, pulse} from '../../queries/server/server.ts';
import {ConnectionError} from '../connect/failures.ts';
import type {Lane} from '../session/lane.ts';
import {isRefused} from './failures.ts';
import {type LogAccess, type LogFile, readAccess, readLogFile, unreadable} from './log-access.ts';
import {createLogWindow, type LogNews, type LogWindow} from './log-window.ts';

const mostRows = 500;
const mostCharacters = 1024 * 1024;
// Settings and privileges are read again after this time, and a refusal is not repeated before.
const accessMs = 60_000;
// Several readings of one round share what was read.
const sharedMs = 200;
// A process writes to the log before it reports its counters, up to ten seconds before.
const wantedMs = 15_000;
const deadlocksMs = 300_000;
const mostDeadlocks = 20;
const errorsMs = 60_000;
// Lower than the thresholds of the rules, so that the errors are known when a rule finds them.
const leastRollbackShare = 0.1;
const leastRollbacksPerSecond = 1;
const rollbackWindowMs = 4000;

/** What was read so far, of one session with the server. */
type Reading = {
	readonly window: LogWindow;
	readonly generation: number;
	access: LogAccess | undefined;
	accessAt: number;
	failure: ConnectionError | undefined;
	file: LogFile | undefined;
	rows: readonly LogRow[];
	/** The last row is an entry that may still grow. */
	isPending: boolean;
	next: number;
	skippedBytes: number;
	readAt: number;
};

const startReading = (generation: number): Reading => ({
	window: createLogWindow(),
	generation,
	access: undefined,
	accessAt: Number.NEGATIVE_INFINITY,
	failure: undefined,
	file: undefined,
	rows: [],
	isPending: false,
	next: 0,
	skippedBytes: 0,
	readAt: Number.NEGATIVE_INFINITY,
});

// With log_statement = all our own polls would be most of the log.
const isOwn = ({message, statement}: LogEntry): boolean => /\/\* pgtriage:/.test(statement ?? message);

const lengthOf = ({message, detail, context, statement}: LogRow): number =>
	message.length + (detail?.length ?? 0) + (context?.length ?? 0) + (statement?.length ?? 0);

/** The newest rows that fit. */
const bounded = (rows: readonly LogRow[]): readonly LogRow[] => {
	let characters = 0;
	const newest = rows.slice(-mostRows);
	const first = newest.findLastIndex(row => {
		characters += lengthOf(row);
		return characters > mostCharacters;
	});
	return newest.slice(Math.min(first + 1, newest.length - 1));
};

/** Adds what is new to the rows; they stay the same array if nothing is. */
const add = (reading: Reading, {entries, pending, skippedBytes}: LogNews): void => {
	const last = reading.isPending ? reading.rows.at(-1) : undefined;
	const found = [...entries, ...(pending ? [pending] : [])].filter(entry => !isOwn(entry));
	if (last && entries.length === 0 && found.length === 1 && found[0]?.message === last.message && isSame(found[0], last)) return;
	reading.skippedBytes += skippedBytes;
	if (found.length === 0 && !last) return;
	const kept = last ? reading.rows.slice(0, -1) : reading.rows;
	let number = last?.number ?? reading.next;
	const rows = found.map((entry): LogRow => ({number: number++, ...safeEntry(entry)}));
	reading.rows = bounded([...kept, ...rows]);
	reading.next = number;
	reading.isPending = pending !== undefined && !isOwn(pending);
};

/** True if an open entry has the same lines as its row. */
const isSame = (entry: LogEntry, {number: _, ...row}: LogRow): boolean =>
	JSON.stringify(safeEntry(entry)) === JSON.stringify(row);

const isLasting = (failure: Failure): boolean => isRefused(failure) || unreadable.has(failure.code);

const refresh = async (lane: Lane, reading: Reading): Promise<void> => {
	const now = performance.now();
	if (now - reading.readAt < sharedMs) return;
	if (now - reading.accessAt > accessMs) {
		reading.failure = undefined;
		reading.access = undefined;
	}
	if (reading.failure) throw reading.failure;
	try {
		if (!reading.access) {
			reading.accessAt = now;
			reading.access = await readAccess(lane);
		}
		const file = await readLogFile(lane, reading.access, lane.status().version ?? 0);
		const news = await reading.window.follow(lane, reading.access, file);
		reading.file = file;
		add(reading, news);
		reading.readAt = performance.now();
	} catch (error) {
		// What the server refuses is not asked again at once.
		if (error instanceof ConnectionError && isLasting(error.failure)) reading.failure = error;
		throw error;
	}
};

/** Decides by the counters of the server whether the log is worth reading for a rule. */
type Interest = {readonly deadlocks: (state: PollState) => boolean; readonly errors: (state: PollState) => boolean};

const pulseOf = ({results}: PollState): {readonly row: Pulse; readonly ms: number} | undefined => {
	const result = results[pulse.name];
	const row = result?.ok ? (result.rows[0] as Pulse | undefined) : undefined;
	return result && row && {row, ms: msOf(result.at)};
};

const createInterest = (): Interest => {
	let deadlocksSeen: number | null = null;
	let deadlocksUntil = Number.NEGATIVE_INFINITY;
	let base: {readonly row: Pulse; readonly ms: number} | undefined;
	let errorsUntil = Number.NEGATIVE_INFINITY;
	return {
		deadlocks: state => {
			const count = pulseOf(state)?.row.deadlocks ?? null;
			if (deadlocksSeen !== null && count !== null && count > deadlocksSeen) deadlocksUntil = performance.now() + wantedMs;
			deadlocksSeen = count ?? deadlocksSeen;
			return performance.now() < deadlocksUntil;
		},
		errors: state => {
			const now = pulseOf(state);
			base ??= now;
			if (now && base && now.ms - base.ms >= rollbackWindowMs) {
				const rollbacks = (now.row.xact_rollback ?? 0) - (base.row.xact_rollback ?? 0);
				const commits = (now.row.xact_commit ?? 0) - (base.row.xact_commit ?? 0);
				const seconds = (now.ms - base.ms) / 1000;
				const isMany = rollbacks >= leastRollbacksPerSecond * seconds && rollbacks >= leastRollbackShare * (rollbacks + commits);
				if (isMany) errorsUntil = performance.now() + wantedMs;
				base = now;
			}
			return performance.now() < errorsUntil;
		},
	};
};

const deadlockRows = (rows: readonly LogRow[], sinceMs: number): readonly LogDeadlockRow[] =>
	rows
		.filter(row => isDeadlock(row) && (row.at === null || msOf(row.at) >= sinceMs))
		.slice(-mostDeadlocks)
		.map(({number, at, pid, usename, datname, application_name, detail, context, statement}) => ({
			number,
			at,
			pid,
			usename,
			datname,
			application_name,
			detail,
			context,
			statement,
		}));

/**
 * Readings of the server log over a lane: its newest entries and its file for the pane, and, only while the counters of the server
 * give a reason, the deadlocks and the errors for rules.
 */
export const createServerLog = (lane: Lane): Readings => {
	let reading = startReading(0);
	let underWay: Promise<void> | undefined;
	const interest = createInterest();
	let deadlocks: readonly LogDeadlockRow[] = [];
	let errors: readonly LogErrorRow[] = [];

	const read = async (): Promise<Reading> => {
		const {generation} = lane.status();
		// Another session may be with another server.
		if (generation !== reading.generation && !underWay) reading = startReading(generation);
		underWay ??= refresh(lane, reading).finally(() => {
			underWay = undefined;
		});
		await underWay;
		return reading;
	};

	const clockOf = ({results}: PollState): number => msOf(laterBy(results[heart.name]?.at ?? '', 0));

	return {
		[serverLog.name]: async (): Promise<readonly Row[]> => (await read()).rows,
		[serverLogFile.name]: async () => {
			const {file, skippedBytes} = await read();
			if (!file) return [];
			return [{path: file.path, format: file.format, size_bytes: file.size, skipped_bytes: skippedBytes} satisfies LogFileRow];
		},
		[logDeadlocks.name]: async state => {
			if (interest.deadlocks(state)) deadlocks = deadlockRows((await read()).rows, clockOf(state) - deadlocksMs);
			return deadlocks;
		},
		[logErrors.name]: async state => {
			errors = interest.errors(state) ? countErrors((await read()).rows, clockOf(state) - errorsMs) : [];
			return errors;
		},
	};
};
