import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import type {Result, Row} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import type {WaitSample} from '../../queries/activity/waits.ts';
import type {Reply} from '../session/answering.ts';

/** Sums several looks at the active sessions and schedules the next one. */
export type WaitSampler = {
	/** Milliseconds until the next look. */
	readonly dueInMs: () => number;
	/** Milliseconds that the next look is expected to take. */
	readonly takesMs: () => number;
	/** Adds the reply to a look; a failure only delays the next one. */
	readonly addLook: (reply: Reply) => void;
	/** Counts a list of sessions as a look, without own backends. */
	readonly addSessions: (sessions: readonly Row[], own: readonly number[], tookMs: number) => void;
	/** Returns and clears the sums; undefined without a look since the last call. */
	readonly collect: (at: string) => Result | undefined;
	/** Drops the sums: they are of another server. */
	readonly forget: () => void;
};

// Often enough for an average over a second, rarely enough to go unnoticed.
const everyMs = 250;
// A look costs the server at most 1 ms per second, a fifth of what the list of 1000 sessions costs, which is a look as well.
const restFactor = 1000;
// On a slow network or a hanging server, the list of sessions must not queue behind a look.
const wayFactor = 4;
const afterFailureMs = 5000;
// One slow look is an outlier; several are the server's state.
const inertia = 0.7;

/** Creates a sampler without looks. */
export const createWaitSampler = (now: () => number = () => performance.now()): WaitSampler => {
	let looks = 0;
	let spentMs = 0;
	let nextAt = 0;
	let takesMs = 0;
	let costMs: number | undefined;
	let counts = new Map<string, WaitSample>();
	let previous = new Map<string, WaitSample>();

	const add = (type: string | null, event: string | null, query_id: string | null, count: number): void => {
		const wait_event_type = type ?? 'CPU';
		const key = `${wait_event_type}/${event}/${query_id}`;
		const sum = counts.get(key)?.seen ?? 0;
		counts.set(key, {wait_event_type, wait_event: event, query_id, seen: sum + count, looks});
	};

	const plan = (serverMs: number, tookMs: number): void => {
		costMs = costMs === undefined ? serverMs : costMs * inertia + serverMs * (1 - inertia);
		takesMs = tookMs;
		nextAt = now() + Math.max(everyMs, restFactor * costMs - tookMs, wayFactor * tookMs);
	};

	return {
		dueInMs: () => nextAt - now(),
		takesMs: () => takesMs,
		addLook: reply => {
			if (!reply.ok) {
				nextAt = now() + afterFailureMs;
				return;
			}
			looks++;
			spentMs += reply.tookMs;
			for (const [type = null, event = null, query_id = null, count] of reply.rows)
				if (Number(count) > 0) add(type, event, query_id, Number(count));
			plan(serverMsOf(reply.at, reply.rows[0]), reply.tookMs);
		},
		addSessions: (sessions, own, tookMs) => {
			looks++;
			for (const row of sessions) {
				const {pid, state, backend_type, wait_event_type, wait_event, query_id} = row as Session;
				if (state !== 'active' && state !== 'fastpath function call') continue;
				if (backend_type !== 'client backend' && backend_type !== 'parallel worker') continue;
				if (!own.includes(pid)) add(wait_event_type, wait_event, query_id, 1);
			}
			nextAt = Math.max(nextAt, now() + Math.max(everyMs, wayFactor * tookMs));
		},
		collect: at => {
			if (looks === 0) return undefined;
			const rows = [...counts.values()].map(row => ({...row, looks}));
			const all: readonly WaitSample[] = rows.length > 0 ? rows : [{...noActivity, looks}];
			const rowsByKey = new Map<string, WaitSample>();
			for (const row of all) {
				const key = Object.values(row).join('/');
				// An unchanged row is shared with the previous result, so that a quiet server costs no memory.
				rowsByKey.set(key, previous.get(key) ?? row);
			}
			const result: Result = {ok: true, at, tookMs: spentMs, rows: [...rowsByKey.values()]};
			previous = rowsByKey;
			counts = new Map();
			looks = 0;
			spentMs = 0;
			return result;
		},
		forget: () => {
			counts = new Map();
			looks = 0;
			spentMs = 0;
			costMs = undefined;
		},
	};
};

const noActivity = {wait_event_type: null, wait_event: null, query_id: null, seen: 0} as const;

/** Milliseconds that a look cost the server, by its own clock. */
const serverMsOf = (at: string, row: RawRow | undefined): number => {
	const ms = msOf(parseInstant(row?.[4] ?? '')) - msOf(at);
	return Number.isFinite(ms) ? Math.max(0, ms) : 0;
};
