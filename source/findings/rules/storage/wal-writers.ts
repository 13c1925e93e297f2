import {answersOf, type Past} from '../../../core/history/past.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {msOf} from '../../../core/values/instant.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {clientsOf} from '../../session.ts';

/** A session that was seen while it executed statements that write, in `seen` of `looks` lists of sessions. */
export type WalWriter = {
	/** As it is now. */
	readonly session: Session;
	/** The newest of its statements that write, in few words. */
	readonly statement: string;
	readonly seen: number;
	readonly looks: number;
};

// Statements that write much; a SELECT may write through a function, but that cannot be seen.
const writes =
	/^(?:with\b.*\b(?:insert|update|delete|merge)\b|insert|update|delete|merge|copy|create|refresh|alter|cluster|repack|vacuum|reindex|truncate|do|call)\b/i;

/** True for a client that executes a statement that writes. */
export const isWriting = ({state, query, query_head}: Session): boolean =>
	state === 'active' && writes.test(statementHeadOf(query ?? query_head ?? '', 400));

// A pid may have passed to another session since.
const keyOf = ({pid, backend_start}: Session): string => `${pid}@${backend_start}`;

const windowMs = 10_000;
const leastApartMs = 800;

/** Clients that are still connected and were seen writing in the last ten seconds, those seen most often first. */
export const walWritersOf = (sample: Sample, past: Past): readonly WalWriter[] => {
	const now = new Map(clientsOf(sample).map(session => [keyOf(session), session]));
	const found = new Map<string, {statement: string; seen: number}>();
	let looks = 0;
	let last = Number.POSITIVE_INFINITY;
	for (const {at, rows} of answersOf<Session>(sample, past, sessions)) {
		const ms = msOf(at);
		if (msOf(sample.at) - ms > windowMs) break;
		if (last - ms < leastApartMs) continue;
		last = ms;
		looks++;
		for (const session of rows) {
			if (!isWriting(session)) continue;
			const key = keyOf(session);
			const each = found.get(key);
			if (each) each.seen++;
			else found.set(key, {statement: statementHeadOf(session.query ?? session.query_head ?? ''), seen: 1});
		}
	}
	return [...found]
		.flatMap(([key, {statement, seen}]) => {
			const session = now.get(key);
			return session ? [{session, statement, seen, looks}] : [];
		})
		.sort((a, b) => b.seen - a.seen || a.session.pid - b.session.pid);
};

const leastSeen = 3;

/** The one of some writers that was seen writing at least half of the time, and twice as often as any other; else undefined. */
export const chiefOf = ([first, second]: readonly WalWriter[]): WalWriter | undefined =>
	first && first.seen >= Math.max(leastSeen, first.looks / 2, 2 * (second?.seen ?? 0)) ? first : undefined;
