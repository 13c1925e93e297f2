import {type Decoded, decode, type Query, sqlFor} from '../core/query.ts';
import type {Failure, Result, Sample} from '../core/sample.ts';
import type {Source} from '../core/source.ts';
import type {Link} from '../core/state.ts';
import {type Ask, heart, type Known, plan} from '../queries/plan.ts';
import type {Lane, LaneStatus, Reply} from './lane.ts';

/** The lanes to one server: the list of sessions has `activity` for itself, all else goes over `rest`. */
export type Lanes = {readonly activity: Lane; readonly rest: Lane; readonly actions?: Lane};

// Answers of the same tick that come this soon after the sessions stand in the same sample.
const graceMs = 150;
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
			const {generation: now} = lanes.rest.status();
			if (now !== generation) readAt.delete('facts');
			generation = now;
			for (const {query, due, otherwise} of plan) {
				if (stopped) return;
				if (due(known)) keep(query, await ask(lanes.rest, query));
				else if (otherwise === 'empty') empty(query);
			}
		};

		const empty = (query: Ask['query']): void => {
			const sessions = results[heart.name];
			const before = results[query.name];
			if (sessions && !(before?.ok && before.rows.length === 0))
				results[query.name] = {ok: true, at: sessions.at, tookMs: 0, rows: []};
		};

		const emit = (): void => {
			const sessions = results[heart.name];
			if (!sessions || stopped) return;
			const sample: Sample = {seq: seq++, at: sessions.at, own: ownPids(lanes), results: {...results}};
			dispatch({type: 'sample', sample});
		};

		const tick = async (): Promise<void> => {
			const reply = await ask(lanes.activity, heart);
			if (stopped || !keep(heart, reply)) return;
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
				const started = performance.now();
				await tick();
				await new Promise<void>(resolve => {
					wake = resolve;
					timer = setTimeout(resolve, Math.max(started + intervalMs - performance.now(), 20));
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
			refresh: () => wake?.(),
			watch: () => {},
			stop: async () => {
				stopped = true;
				forget();
				clearTimeout(timer);
				wake?.();
				await Promise.all([lanes.activity, lanes.rest, ...(lanes.actions ? [lanes.actions] : [])].map(lane => lane.close()));
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

const ownPids = ({activity, rest, actions}: Lanes): readonly number[] =>
	[activity, rest, ...(actions ? [actions] : [])].flatMap(lane => lane.status().pid ?? []);

const linkOf = ({state, failure}: LaneStatus): Link => (failure === undefined ? {state} : {state, failure});

const within = (work: Promise<void>, ms: number): Promise<boolean> =>
	new Promise(resolve => {
		const timer = setTimeout(() => resolve(false), ms);
		void work.then(() => {
			clearTimeout(timer);
			resolve(true);
		});
	});
