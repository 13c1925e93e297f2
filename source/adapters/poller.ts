import {type Decoded, decode, type Query, sqlFor} from '../core/query.ts';
import type {Failure, Result, Row, Sample} from '../core/sample.ts';
import type {Source} from '../core/source.ts';
import type {Link} from '../core/state.ts';
import {heart, type Known, plan} from '../queries/plan.ts';
import type {Lane, LaneStatus, Reply} from './lane.ts';

/** The lanes to one server: the list of sessions has `activity` for itself, all else goes over `rest`. */
export type Lanes = {readonly activity: Lane; readonly rest: Lane; readonly actions?: Lane};

// Answers of the same tick that come this soon after the sessions stand in the same sample.
const graceMs = 150;
// However slow the server or impatient the user: as long as this between two polls.
const leastPauseMs = 150;
const nothing: readonly Row[] = [];
const firstGraceMs = 40;

/**
 * The live source: a sample whenever the sessions were read, with the newest answers to everything else. Ticks never overlap,
 * and a question that is still open delays neither the sessions nor a key. A poll that was cancelled or late is a sample less.
 */
export const live =
	({
		lanes,
		intervalMs: given,
		mostWaitMs,
	}: {
		readonly lanes: Lanes;
		readonly intervalMs: number;
		/** How long a sample waits for the answers of its tick, the first one too; a screen's waits only as long as nobody notices. */
		readonly mostWaitMs?: number;
	}): Source =>
	dispatch => {
		const results: Record<string, Result> = {};
		const readAt = new Map<string, number>();
		const decoded = new Map<string, Decoded>();
		let intervalMs = given;
		let seq = 0;
		let stopped = false;
		let timer: NodeJS.Timeout | undefined;
		let wake: (() => void) | undefined;
		let generation = 0;
		let own: readonly number[] = [];
		let late = false;
		let startedAt = 0;
		let round: Promise<void> | undefined;

		const known: Known = {
			results,
			ageMs: query => performance.now() - (readAt.get(query.name) ?? Number.NEGATIVE_INFINITY),
		};

		const ask = async (lane: Lane, query: Query): Promise<Reply> => {
			const version = await versionOf(lane);
			return lane.run({name: query.name, sql: sqlFor(query, version), deadlineMs: query.deadlineMs});
		};

		const keep = (query: Query, reply: Reply): boolean => {
			const {at, tookMs} = reply;
			readAt.set(query.name, performance.now());
			if (!reply.ok) {
				if (at === undefined || passing(reply.error)) return false;
				results[query.name] = {ok: false, at, tookMs, error: reply.error};
				return true;
			}
			const answer = decode(query, reply.rows, decoded.get(query.name));
			decoded.set(query.name, answer);
			results[query.name] = {ok: true, at: reply.at, tookMs, rows: answer.rows};
			return true;
		};

		const askRest = async (): Promise<void> => {
			for (const {query, turn} of plan) {
				if (stopped) return;
				const now = turn(known);
				if (now === 'ask') keep(query, await ask(lanes.rest, query));
				else if (now === 'empty' && results[heart.name])
					results[query.name] = {ok: true, at: results[heart.name]?.at ?? '', tookMs: 0, rows: nothing};
			}
		};

		/** A new session may be one with another server: nothing that the last one said is said of it. */
		const forgetOnReconnect = (): void => {
			const now = lanes.activity.status().generation;
			if (now === generation) return;
			generation = now;
			readAt.clear();
			decoded.clear();
			for (const name of Object.keys(results)) delete results[name];
		};

		/** Our backends, those of lost connections too for as long as the server shows them. */
		const ownPids = (): readonly number[] => {
			const answer = results[heart.name];
			const present = new Set(answer?.ok ? answer.rows.map(row => row.pid) : []);
			const current = lanesOf(lanes).flatMap(lane => lane.status().pid ?? []);
			own = [...new Set([...own.filter(pid => present.has(pid)), ...current])];
			return own;
		};

		const emit = (): void => {
			const sessions = results[heart.name];
			if (!sessions || stopped) return;
			const sample: Sample = {seq: seq++, at: sessions.at, own: ownPids(), results: {...results}};
			dispatch({type: 'sample', sample});
		};

		const tick = async (): Promise<void> => {
			const reply = await ask(lanes.activity, heart);
			if (stopped) return;
			if (reply.ok) forgetOnReconnect();
			const status = lanes.activity.status();
			if (!keep(heart, reply)) {
				// A server that answers too late is no broken link, yet somebody must say so.
				if (!reply.ok && status.state === 'ready') dispatch({type: 'link', link: {state: 'ready', failure: reply.error}});
				late = true;
				return;
			}
			if (late) dispatch({type: 'link', link: linkOf(status)});
			late = false;
			const begun = round === undefined;
			round ??= askRest().finally(() => {
				round = undefined;
			});
			const first = seq === 0;
			const rest = round;
			const inTime = await within(rest, mostWaitMs ?? (first ? firstGraceMs : graceMs));
			emit();
			if (first && begun && !inTime) void rest.then(emit);
		};

		const run = async (): Promise<void> => {
			while (!stopped) {
				startedAt = performance.now();
				await tick();
				await new Promise<void>(resolve => {
					wake = resolve;
					timer = setTimeout(resolve, Math.max(startedAt + intervalMs - performance.now(), leastPauseMs));
				});
				clearTimeout(timer);
			}
		};

		const forget = lanes.activity.onStatus(status => dispatch({type: 'link', link: linkOf(status)}));
		dispatch({type: 'link', link: linkOf(lanes.activity.status())});
		void run();
		return {
			setInterval: next => {
				intervalMs = next;
				wake?.();
			},
			refresh: () => {
				if (performance.now() - startedAt >= leastPauseMs) wake?.();
			},
			watch: () => {},
			stop: async () => {
				stopped = true;
				forget();
				clearTimeout(timer);
				wake?.();
				await Promise.all(lanesOf(lanes).map(lane => lane.close()));
			},
		};
	};

/** The server's version, once a log-in told it; 0 where there was none to tell, so that nothing can be asked either. */
const versionOf = (lane: Lane): Promise<number> =>
	new Promise(resolve => {
		const tell = ({version, state}: LaneStatus): void => {
			if (version === undefined && state === 'connecting') return;
			forget();
			resolve(version ?? 0);
		};
		const forget = lane.onStatus(tell);
		tell(lane.status());
	});

// Our own poll cancelled, late or cut off says nothing of the server that the next one will not.
const passing = ({code}: Failure): boolean =>
	code === '57014' || code === 'deadline' || code.startsWith('08') || code === '57P01';

const lanesOf = ({activity, rest, actions}: Lanes): readonly Lane[] => [activity, rest, ...(actions ? [actions] : [])];

const linkOf = ({state, failure}: LaneStatus): Link => (failure === undefined ? {state} : {state, failure});

const within = (work: Promise<void>, ms: number): Promise<boolean> =>
	new Promise(resolve => {
		const timer = setTimeout(() => resolve(false), ms);
		void work.then(() => {
			clearTimeout(timer);
			resolve(true);
		});
	});
