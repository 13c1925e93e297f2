import {parseInstant, type RawRow} from '../../core/sample/query.ts';
import type {Result, Row} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import type {Session} from '../../queries/sessions.ts';
import type {WaitSample} from '../../queries/waits.ts';
import type {Reply} from '../session/answering.ts';

/** Sums what several looks at the active sessions saw, and says when the next is due. */
export type WaitSampler = {
	/** Milliseconds until the next look, and how long it will take as far as one can tell. */
	readonly dueInMs: () => number;
	readonly takesMs: () => number;
	/** Takes what a look saw, or that it failed. */
	readonly looked: (reply: Reply) => void;
	/** Counts a list of sessions as a look; ours are left out. */
	readonly listed: (sessions: readonly Row[], own: readonly number[], tookMs: number) => void;
	/** What was seen since this was asked before; undefined where nobody looked. */
	readonly taken: (at: string) => Result | undefined;
	/** Forgets what was seen: it was another server. */
	readonly forget: () => void;
};

// Often enough that a second has an average, seldom enough that nobody notices.
const everyMs = 250;
// Looking costs the server at most 2.5 ms of a second: with the list of 1000 sessions that stays below what a peer takes.
const restFactor = 1000 / 2.5;
// However little it costs there: where the way is long or the server hangs, the list of sessions must not queue behind a look.
const wayFactor = 4;
const afterFailureMs = 5000;
// One slow look is an accident, several are the server's state.
const inertia = 0.7;

/** A sampler that has seen nothing yet. */
export const createWaitSampler = (now: () => number = () => performance.now()): WaitSampler => {
	let looks = 0;
	let spentMs = 0;
	let nextAt = 0;
	let takesMs = 0;
	let costMs: number | undefined;
	let seen = new Map<string, WaitSample>();
	let before = new Map<string, WaitSample>();

	const add = (type: string | null, event: string | null, query_id: string | null, count: number): void => {
		const wait_event_type = type ?? 'CPU';
		const key = `${wait_event_type}/${event}/${query_id}`;
		const known = seen.get(key)?.seen ?? 0;
		seen.set(key, {wait_event_type, wait_event: event, query_id, seen: known + count, looks});
	};

	const plan = (serverMs: number, tookMs: number): void => {
		costMs = costMs === undefined ? serverMs : costMs * inertia + serverMs * (1 - inertia);
		takesMs = tookMs;
		nextAt = now() + Math.max(everyMs, restFactor * costMs - tookMs, wayFactor * tookMs);
	};

	return {
		dueInMs: () => nextAt - now(),
		takesMs: () => takesMs,
		looked: reply => {
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
		listed: (sessions, own, tookMs) => {
			looks++;
			for (const row of sessions) {
				const {pid, state, backend_type, wait_event_type, wait_event, query_id} = row as Session;
				if (state !== 'active' && state !== 'fastpath function call') continue;
				if (backend_type !== 'client backend' && backend_type !== 'parallel worker') continue;
				if (!own.includes(pid)) add(wait_event_type, wait_event, query_id, 1);
			}
			nextAt = Math.max(nextAt, now() + Math.max(everyMs, wayFactor * tookMs));
		},
		taken: at => {
			if (looks === 0) return undefined;
			const rows = [...seen.values()].map(row => ({...row, looks}));
			const all: readonly WaitSample[] = rows.length > 0 ? rows : [{...nobody, looks}];
			const kept = new Map<string, WaitSample>();
			for (const row of all) {
				const key = Object.values(row).join('/');
				// The row of before where nothing changed, so that a quiet server costs no memory.
				kept.set(key, before.get(key) ?? row);
			}
			const result: Result = {ok: true, at, tookMs: spentMs, rows: [...kept.values()]};
			before = kept;
			seen = new Map();
			looks = 0;
			spentMs = 0;
			return result;
		},
		forget: () => {
			seen = new Map();
			looks = 0;
			spentMs = 0;
			costMs = undefined;
		},
	};
};

const nobody = {wait_event_type: null, wait_event: null, query_id: null, seen: 0} as const;

/** What a look cost the server, by its own clock. */
const serverMsOf = (at: string, row: RawRow | undefined): number => {
	const ms = msOf(parseInstant(row?.[4] ?? '')) - msOf(at);
	return Number.isFinite(ms) ? Math.max(0, ms) : 0;
};
