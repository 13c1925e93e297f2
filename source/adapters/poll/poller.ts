import type {Decoded, Query} from '../../core/sample/query.ts';
import {isEmpty, nothingAt, type Result, type Row} from '../../core/sample/sample.ts';
import type {Source} from '../../core/state/source.ts';
import type {Link, Pace} from '../../core/state/state.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import {background} from '../../queries/background.ts';
import {journal} from '../../queries/journal.ts';
import {type Ask, hasRested, heart, isUrgent, type PollState, questions, type Readings, sqlOf} from '../../queries/plan.ts';
import {look, waitSamples, withoutPids} from '../../queries/waits.ts';
import type {Reply} from '../session/answering.ts';
import type {Lane} from '../session/lane.ts';
import {type Lanes, lanesOf, linkOf, onLink, versionOf} from '../session/lanes.ts';
import {createAlarm, within} from './alarm.ts';
import {readBeside} from './beside.ts';
import {decodeInSlices} from './decoding.ts';
import {createDuty} from './duty.ts';
import {agedBy, askedAgain, passing, putOff} from './failures.ts';
import {createOwnPids} from './own-pids.ts';
import {createWaitSampler} from './wait-sampler.ts';

// Answers of the same tick that come this soon after the sessions stand in the same sample.
const graceMs = 150;
// However slow the server or impatient the user: as long as this between two polls.
const leastPauseMs = 150;
const firstGraceMs = 40;
// What takes longer stands back when the locks have to be read.
const mostInTheWayMs = 1000;

/**
 * The live source: a sample whenever the sessions were read, with the newest answers to everything else. Ticks never overlap,
 * and a question that is still open delays neither the sessions nor a key. A poll that was cancelled or late is a sample less.
 */
export const live =
	({
		lanes,
		intervalMs: given,
		queriesOf,
		readings,
		sent,
		pids = () => [],
		eager = false,
		mostWaitMs,
	}: {
		readonly lanes: Lanes;
		readonly intervalMs: number;
		/** What a pane reads, by its name. */
		readonly queriesOf: (pane: string) => readonly Query[];
		readonly readings: Readings;
		/** The journal of what was sent, given the server's clock; the very array of before while nothing was. */
		readonly sent?: (clock: Instant) => readonly Row[];
		/** Backends of ours beside those of the lanes. */
		readonly pids?: () => readonly number[];
		/** Everything is asked in every tick, whatever its cadence. */
		readonly eager?: boolean;
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
		const alarm = createAlarm();
		const sampler = createWaitSampler();
		const duty = createDuty();
		const own = createOwnPids(() => [...lanesOf(lanes).flatMap(lane => lane.status().pid ?? []), ...pids()]);
		let pace: Pace | undefined;
		let generation = 0;
		let late = false;
		let startedAt = 0;
		let round: Promise<void> | undefined;
		let awaited: Promise<void> | undefined;
		let watched: readonly Query[] = [];
		let asking: {readonly ask: Ask; readonly since: number; putOff: boolean} | undefined;

		const known: PollState = {
			results,
			ageMs: query =>
				eager ? Number.POSITIVE_INFINITY : performance.now() - (readAt.get(query.name) ?? Number.NEGATIVE_INFINITY),
		};

		const ask = async (lane: Lane, query: Query): Promise<Reply> => {
			const version = await versionOf(lane);
			const request = {name: query.name, sql: sqlOf(query, version, known), deadlineMs: query.deadlineMs, timed: query === heart};
			return askedAgain(() => lane.run(request));
		};

		const keep = async (query: Query, reply: Reply, isStanding = true): Promise<boolean> => {
			const {tookMs} = reply;
			readAt.set(query.name, performance.now() - (reply.ok ? 0 : agedBy(query, reply)));
			if (!reply.ok) {
				// A pane that never was read must not wait for its first answer in silence.
				const isAwaited = !isStanding && results[query.name]?.ok !== true;
				const at = reply.at ?? (isAwaited ? results[heart.name]?.at : undefined);
				if (at === undefined || (passing(reply.error) && !isAwaited)) return false;
				const hint = query.hints[reply.error.code] ?? reply.error.hint;
				results[query.name] = {ok: false, at, tookMs, error: {...reply.error, ...(hint !== undefined && {hint})}};
				return true;
			}
			const session = generation;
			const answer = await decodeInSlices(query, reply.rows, decoded.get(query.name));
			if (session !== generation) return false;
			decoded.set(query.name, answer);
			results[query.name] = {ok: true, at: reply.at, tookMs, rows: answer.rows};
			return true;
		};

		const settle = (query: Query, result: Result): void => {
			readAt.set(query.name, performance.now());
			results[query.name] = result;
		};

		/** The server's clock now, as far as it is known from the last list of sessions. */
		const clock = (): Instant => laterBy(results[heart.name]?.at ?? '', known.ageMs(heart));

		const askOne = async (question: Ask): Promise<void> => {
			const {query, turn, standing} = question;
			const now = turn(known);
			const at = results[heart.name]?.at;
			// What is derived from an answer is worked out anew for a new one: nothing stays the same nothing.
			const stays = now === 'keep' || (now === 'empty' && !standing && isEmpty(results[query.name]));
			if (stays || at === undefined) return;
			if (now === 'empty') settle(query, nothingAt(at));
			else if (now !== 'ask') settle(query, {ok: false, at, tookMs: 0, error: now});
			else if (query.ladder.length === 0)
				settle(query, await readBeside(query.name, clock(), async () => readings[query.name]?.(known)));
			else {
				const session = generation;
				asking = {ask: question, since: performance.now(), putOff: false};
				const reply = await ask(lanes.rest, query);
				// Asked before the sessions came from another server, it is an answer of the last one.
				if (session === generation) await keep(query, !reply.ok && asking.putOff ? {...reply, error: putOff} : reply, standing);
				asking = undefined;
			}
		};

		const askRest = async (): Promise<void> => {
			const all = questions(watched, eager ? [] : background);
			const beside = Promise.all(all.filter(({query}) => query.ladder.length === 0).map(askOne));
			for (const question of all) {
				if (stopped) return;
				if (question.query.ladder.length > 0) await askOne(question);
			}
			await beside;
		};

		/** Cancels what a pane asks for where it keeps the locks from being read. */
		const makeWay = (): void => {
			if (!asking || asking.ask.standing || asking.putOff || performance.now() - asking.since < mostInTheWayMs) return;
			if (!isUrgent(known)) return;
			asking.putOff = true;
			lanes.rest.cancel();
		};

		/** A new session may be one with another server: nothing that the last one said is said of it. */
		const forgetOnReconnect = (): void => {
			const now = lanes.activity.status().generation;
			if (now === generation) return;
			generation = now;
			readAt.clear();
			decoded.clear();
			sampler.forget();
			for (const name of Object.keys(results)) delete results[name];
		};

		const listed = (answer = results[heart.name]): readonly Row[] => (answer?.ok ? answer.rows : []);

		/** What was sent belongs into every sample, whoever looks at it: an answer that is the same object while nothing was. */
		const noteDown = (at: Instant): void => {
			const rows = sent?.(at);
			const before = results[journal.name];
			if (rows && !(before?.ok && before.rows === rows)) results[journal.name] = {ok: true, at, tookMs: 0, rows};
		};

		const emit = (): void => {
			const sessions = results[heart.name];
			if (!sessions || stopped) return;
			const waits = sampler.taken(sessions.at);
			if (waits) results[waitSamples.name] = waits;
			noteDown(sessions.at);
			dispatch({type: 'sample', sample: {seq: seq++, at: sessions.at, own: own.among(listed()), results: {...results}}});
		};

		const tellLink = (link: Link): void => dispatch({type: 'link', link: pace === undefined ? link : {...link, pace}});

		const oneRound = async (): Promise<void> => {
			const asked = watched;
			await askRest();
			round = undefined;
			// What somebody turned to meanwhile was not among the questions.
			if (watched !== asked) hurryIfDue();
		};

		const tick = async (): Promise<void> => {
			const reply = await ask(lanes.activity, heart);
			if (stopped) return;
			if (reply.ok) forgetOnReconnect();
			if (!(await keep(heart, reply))) {
				// A server that answers too late is no broken link, yet somebody must say so.
				if (!reply.ok && lanes.activity.status().state === 'ready') {
					duty.spent(reply.tookMs);
					tellLink({state: 'ready', failure: reply.error});
				}
				late = true;
				return;
			}
			if (reply.ok) {
				duty.spent(reply.serverMs ?? 0);
				sampler.listed(listed(), own.among(listed()), reply.tookMs);
			}
			const paceNow = duty.pace(intervalMs);
			if (late || paceNow?.everyMs !== pace?.everyMs) {
				pace = paceNow;
				tellLink(linkOf(lanes));
			}
			late = false;
			makeWay();
			const first = seq === 0;
			// Who starts with the sessions sees them before anything else is asked.
			if (first && watched[0] === heart && mostWaitMs === undefined) emit();
			round ??= oneRound();
			const rest = round;
			const inTime = await within(rest, mostWaitMs ?? (seq === 0 ? firstGraceMs : graceMs));
			const isAwaited = first || watched.some(({name}) => results[name] === undefined);
			emit();
			// Nobody should wait for the next tick to see the first answers, of which one sample tells however many ticks awaited them.
			if (!isAwaited || inTime || awaited === rest) return;
			awaited = rest;
			void rest.then(emit);
		};

		/** Brings the next tick forward, as far as the least pause allows. */
		const hurry = (): void => alarm.wakeIn(startedAt + leastPauseMs - performance.now());

		/** Hurries where something that is looked at was not read for as long as it is left alone. */
		const hurryIfDue = (): void => {
			if (watched.some(query => known.ageMs(query) > Math.max(query.everyMs, intervalMs))) hurry();
		};

		/** Looks at what the active sessions wait for, over the session that the last list came by. */
		const lookOnce = async (): Promise<void> => {
			const {version = 0, state, generation: current} = lanes.activity.status();
			if (state !== 'ready' || current !== generation) return;
			const sql = withoutPids(sqlOf(look, version, known), own.last());
			const reply = await lanes.activity.run({name: look.name, sql, deadlineMs: look.deadlineMs});
			if (lanes.activity.status().generation === generation) sampler.looked(reply);
		};

		/** Waits for the next tick, and looks in between as often as there is time for it. */
		const idle = async (ms: number): Promise<void> => {
			// Who called for the next tick during this one has it as soon as one poll may follow another.
			const until = performance.now() + (alarm.woken() ? leastPauseMs : ms);
			alarm.set();
			while (!stopped && !alarm.woken()) {
				const leftMs = until - performance.now();
				if (leftMs <= 0) return;
				const dueInMs = Math.max(0, sampler.dueInMs());
				const hasTime = !late && dueInMs + 2 * sampler.takesMs() < leftMs;
				await alarm.wait(hasTime ? dueInMs : leftMs);
				if (hasTime && !stopped && !alarm.woken()) await lookOnce();
			}
		};

		const run = async (): Promise<void> => {
			while (!stopped) {
				startedAt = performance.now();
				await tick();
				await idle(Math.max(startedAt + intervalMs - performance.now(), leastPauseMs, duty.restMs()));
			}
		};

		const forget = onLink(lanes, tellLink);
		void run();
		return {
			setInterval: next => {
				intervalMs = next;
				alarm.wake();
			},
			refresh: () => {
				for (const lane of lanesOf(lanes)) lane.retry();
				for (const query of watched) if (hasRested(query, known)) readAt.delete(query.name);
				// Other questions than those of a round under way, so that another one follows it.
				watched = [...watched];
				hurry();
			},
			watch: panes => {
				watched = [...new Set(panes.flatMap(queriesOf))];
				// What is watched from the start is asked in the first tick.
				if (seq === 0 && !round) return;
				hurryIfDue();
			},
			stop: async () => {
				stopped = true;
				forget();
				alarm.wake();
				await Promise.all(lanesOf(lanes).map(lane => lane.close()));
			},
		};
	};
