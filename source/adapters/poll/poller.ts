import type {Query} from '../../core/sample/query.ts';
import type {Row} from '../../core/sample/sample.ts';
import type {SourceMessage} from '../../core/state/message.ts';
import type {Source} from '../../core/state/source.ts';
import type {Link, Pace} from '../../core/state/state.ts';
import type {Instant} from '../../core/values/instant.ts';
import {look, waitSamples, withoutPids} from '../../queries/activity/waits.ts';
import {journal} from '../../queries/beside/journal.ts';
import {lockScopes, scopeRows} from '../../queries/beside/scopes.ts';
import {hasRested, heart, type Readings, sqlOf} from '../../queries/plan.ts';
import type {Lane} from '../session/lane.ts';
import {type Lanes, lanesOf, linkOf, onLink, versionOf} from '../session/lanes.ts';
import {createRowMemory, type RowMemory} from '../session/row-memory.ts';
import {type Alarm, createAlarm, within} from './alarm.ts';
import {type Answers, createAnswers} from './answers.ts';
import {createDuty, type Duty} from './duty.ts';
import {askWithRetry} from './failures.ts';
import {createOwnPids, type OwnPids} from './own-pids.ts';
import {type Answered, createRefusals, type Refusals} from './refusals.ts';
import {createRest, type Rest} from './rest.ts';
import {createSessionList, type SessionList} from './session-list.ts';
import {createWaitSampler, type WaitSampler} from './wait-sampler.ts';

// Answers that arrive this soon after the sessions join the same sample.
const graceMs = 150;
const firstGraceMs = 40;
// The shortest pause between two polls, however slow the server or short the interval.
const leastPauseMs = 150;
// From here on it matters how much of an answer's time the server took, and how much the network.
const longMs = 5;

export type PollOptions = {
	readonly lanes: Lanes;
	/** The list of sessions, if its first answer was asked for before. */
	readonly list?: SessionList;
	readonly intervalMs: number;
	/** Queries that a pane reads, by the name of the pane. */
	readonly queriesOf: (pane: string) => readonly Query[];
	readonly readings: Readings;
	/** Journal rows at the server's clock; the same array as long as nothing was sent. */
	readonly sent?: (clock: Instant) => readonly Row[];
	/** Own backends other than those of the lanes. */
	readonly pids?: () => readonly number[];
	/** Runs every query in every tick, whatever its cadence. */
	readonly eager?: boolean;
	/** Resolves when the first rows are on a screen: nothing else is read before. */
	readonly firstShown?: Promise<void>;
	/** Milliseconds that a sample waits for the answers of its tick; without it, a sample waits briefly, for a screen. */
	readonly mostWaitMs?: number;
};

/** The state of one running poller. */
type Poll = {
	readonly lanes: Lanes;
	readonly mostWaitMs: number | undefined;
	readonly firstShown: Promise<void> | undefined;
	readonly sent: PollOptions['sent'];
	readonly dispatch: (message: SourceMessage) => void;
	readonly ask: (lane: Lane, query: Query) => Promise<Answered>;
	readonly answers: Answers;
	readonly refusals: Refusals;
	readonly rest: Rest;
	readonly sampler: WaitSampler;
	readonly duty: Duty;
	readonly own: OwnPids;
	readonly alarm: Alarm;
	/** Backend that answered with the newest list of sessions, behind a pooler. */
	listedBy: number | undefined;
	intervalMs: number;
	watched: readonly Query[];
	seq: number;
	pace: Pace | undefined;
	/** The last list of sessions was late. */
	late: boolean;
	stopped: boolean;
	startedAt: number;
	/** Current round of the rest; ticks do not wait for it. */
	round: Promise<void> | undefined;
	/** Round whose end emits a sample of its own. */
	awaited: Promise<void> | undefined;
};

const createPoll = (options: PollOptions, dispatch: Poll['dispatch']): Poll => {
	const {
		lanes,
		list = createSessionList(),
		intervalMs,
		readings,
		sent,
		pids = () => [],
		eager = false,
		mostWaitMs,
		firstShown,
	} = options;
	const answers = createAnswers(eager);
	const refusals = createRefusals();
	const memories = new Map<string, RowMemory>();
	/** Questions of every tick are answered with mostly the same rows. */
	const memoryOf = ({name, named, everyMs}: Query): RowMemory | undefined => {
		if (everyMs > 0) return undefined;
		const memory = memories.get(name) ?? createRowMemory(named);
		memories.set(name, memory);
		return memory;
	};
	const ask = async (lane: Lane, query: Query): Promise<Answered> => {
		const memory = memoryOf(query);
		const timed = query === heart || (answers.result(query)?.tookMs ?? Number.POSITIVE_INFINITY) > longMs;
		const version = await versionOf(lane);
		return refusals.ask(query, async without => {
			const changes = query === heart && without.length === 0 ? await list.ask(lane, version) : undefined;
			if (changes) return changes;
			const sql = sqlOf(query, version, answers.state, without);
			const {name, deadlineMs} = query;
			return askWithRetry(() => lane.run({name, sql, deadlineMs, timed, ...(memory && {memory})}));
		});
	};
	const poll: Poll = {
		lanes,
		mostWaitMs,
		firstShown,
		sent,
		dispatch,
		ask,
		answers,
		refusals,
		rest: createRest({lanes, answers, refusals, readings, ask, eager}),
		sampler: createWaitSampler(),
		duty: createDuty(),
		own: createOwnPids(
			() => [...lanesOf(lanes).flatMap(lane => lane.status().pid ?? []), ...pids()],
			() => poll.listedBy,
		),
		alarm: createAlarm(),
		listedBy: undefined,
		intervalMs,
		watched: [],
		seq: 0,
		pace: undefined,
		late: false,
		stopped: false,
		startedAt: 0,
		round: undefined,
		awaited: undefined,
	};
	return poll;
};

/**
 * Polls a server: emits a sample whenever the sessions were read, with the newest answers to everything else. Ticks never overlap,
 * and a slow query delays neither the sessions nor a key. A cancelled or late poll emits no sample.
 */
export const live =
	(options: PollOptions): Source =>
	dispatch => {
		const poll = createPoll(options, dispatch);
		const forget = onLink(poll.lanes, link => reportLink(poll, link));
		void run(poll);
		return {
			setInterval: intervalMs => {
				poll.intervalMs = intervalMs;
				poll.alarm.wake();
			},
			refresh: () => {
				for (const lane of lanesOf(poll.lanes)) lane.retry();
				poll.refusals.clear();
				for (const query of poll.watched) if (hasRested(query, poll.answers.state)) poll.answers.expire(query);
				// A new array, so that another round follows the one under way.
				poll.watched = [...poll.watched];
				hurry(poll);
			},
			watch: panes => {
				poll.watched = [...new Set(panes.flatMap(options.queriesOf))];
				// The first tick runs the queries watched from the start.
				if (poll.seq === 0 && !poll.round) return;
				hurryIfDue(poll);
			},
			aim: scopes => {
				const {held, preflight} = poll.answers.state.scopes;
				poll.answers.aim(scopes);
				// A cursor that moves from session to session causes no reads of its own.
				const isPane = scopes.held !== held || scopes.preflight !== preflight;
				if (isPane && (poll.seq > 0 || poll.round)) hurry(poll);
			},
			stop: async () => {
				poll.stopped = true;
				forget();
				poll.alarm.wake();
				await Promise.all(lanesOf(poll.lanes).map(lane => lane.close()));
			},
		};
	};

const run = async (poll: Poll): Promise<void> => {
	while (!poll.stopped) {
		poll.startedAt = performance.now();
		await tick(poll);
		await idle(poll, Math.max(poll.startedAt + poll.intervalMs - performance.now(), leastPauseMs, poll.duty.restMs()));
	}
};

/** Reads the list of sessions and makes a sample of it. */
const tick = async (poll: Poll): Promise<void> => {
	const {lanes, answers, refusals, duty, sampler, own} = poll;
	const reply = await poll.ask(lanes.activity, heart);
	if (poll.stopped) return;
	if (reply.ok && answers.begin(lanes.activity.status().generation)) {
		sampler.forget();
		refusals.clear();
	}
	if (!(await answers.keep(heart, reply))) return reportLate(poll, reply);
	if (reply.ok) {
		poll.listedBy = reply.backend;
		duty.spend(reply.serverMs ?? 0);
		sampler.addSessions(sessionRows(poll), own.among(sessionRows(poll)), reply.tookMs);
	}
	const pace = duty.pace(poll.intervalMs);
	if (poll.late || pace?.everyMs !== poll.pace?.everyMs) {
		poll.pace = pace;
		reportLink(poll, linkOf(lanes));
	}
	poll.late = false;
	poll.rest.makeWay();
	await sampleWithRest(poll);
};

/** Emits a sample with the answers of the rest that come in time, and another one if the first answers come late. */
const sampleWithRest = async (poll: Poll): Promise<void> => {
	const {mostWaitMs, answers, firstShown} = poll;
	const first = poll.seq === 0;
	// A screen that starts with the sessions shows them before anything else is read.
	if (first && poll.watched[0] === heart && mostWaitMs === undefined) {
		emitSample(poll);
		await firstShown;
	}
	poll.round ??= oneRound(poll);
	const round = poll.round;
	const inTime = await within(round, mostWaitMs ?? (poll.seq === 0 ? firstGraceMs : graceMs));
	const isAwaited = first || poll.watched.some(query => answers.result(query) === undefined);
	emit(poll);
	// The first answers do not wait for the next tick; one sample is enough for all ticks that awaited them.
	if (!isAwaited || inTime || poll.awaited === round) return;
	poll.awaited = round;
	void round.then(() => emit(poll));
};

const oneRound = async (poll: Poll): Promise<void> => {
	const queries = poll.watched;
	await poll.rest.askAll(queries, () => poll.stopped);
	poll.round = undefined;
	// The round does not include the queries of a pane opened during it.
	if (poll.watched !== queries) hurryIfDue(poll);
};

/** Emits the newest answers, with the journal and what is asked about. */
const emit = (poll: Poll): void => {
	const sessions = poll.answers.result(heart);
	if (!sessions) return;
	attachJournal(poll, sessions.at);
	attachScopes(poll, sessions.at);
	emitSample(poll);
};

/** Emits the newest answers. */
const emitSample = (poll: Poll): void => {
	const {answers, sampler, own, dispatch} = poll;
	const sessions = answers.result(heart);
	if (!sessions || poll.stopped) return;
	const waits = sampler.collect(sessions.at);
	if (waits) answers.attach(waitSamples, waits);
	const results = {...answers.state.results};
	dispatch({type: 'sample', sample: {seq: poll.seq++, at: sessions.at, own: own.among(sessionRows(poll)), results}});
};

const sessionRows = ({answers}: Poll): readonly Row[] => {
	const sessions = answers.result(heart);
	return sessions?.ok ? sessions.rows : [];
};

/** Puts the journal into the sample; the result stays the same object as long as nothing was sent. */
const attachJournal = ({answers, sent}: Poll, at: Instant): void => {
	const rows = sent?.(at);
	const before = answers.result(journal);
	if (rows && !(before?.ok && before.rows === rows)) answers.attach(journal, {ok: true, at, tookMs: 0, rows});
};

/** Puts what the scoped answers are about into the sample, so that it is recorded with them. */
const attachScopes = ({answers}: Poll, at: Instant): void => {
	const rows = scopeRows(answers.state.scopes);
	if (rows.length > 0 && !answers.result(lockScopes)) answers.attach(lockScopes, {ok: true, at, tookMs: 0, rows});
};

const reportLink = ({pace, dispatch}: Poll, link: Link): void =>
	dispatch({type: 'link', link: pace === undefined ? link : {...link, pace}});

/** A server that answers too late still has a connection: the link carries the failure. */
const reportLate = (poll: Poll, reply: Answered): void => {
	if (!reply.ok && poll.lanes.activity.status().state === 'ready') {
		poll.duty.spend(reply.tookMs);
		reportLink(poll, {state: 'ready', failure: reply.error});
	}
	poll.late = true;
};

/** Brings the next tick forward, as far as the shortest pause allows. */
const hurry = ({alarm, startedAt}: Poll): void => alarm.wakeIn(startedAt + leastPauseMs - performance.now());

/** Brings the next tick forward if a watched query is due. */
const hurryIfDue = (poll: Poll): void => {
	const {ageMs} = poll.answers.state;
	if (poll.watched.some(query => ageMs(query) > Math.max(query.everyMs, poll.intervalMs))) hurry(poll);
};

/** Samples the waits of active sessions, over the session that the last list came from. */
const lookOnce = async ({lanes, answers, sampler, own}: Poll): Promise<void> => {
	const {version = 0, state, generation} = lanes.activity.status();
	if (state !== 'ready' || generation !== answers.generation()) return;
	const sql = withoutPids(sqlOf(look, version, answers.state), own.last());
	const reply = await lanes.activity.run({name: look.name, sql, deadlineMs: look.deadlineMs});
	if (lanes.activity.status().generation === answers.generation()) sampler.addLook(reply);
};

/** Waits for the next tick and samples waits in between, if there is time. */
const idle = async (poll: Poll, ms: number): Promise<void> => {
	const {alarm, sampler} = poll;
	// A tick requested during the last one starts after the shortest pause.
	const until = performance.now() + (alarm.woken() ? leastPauseMs : ms);
	alarm.set();
	while (!poll.stopped && !alarm.woken()) {
		const leftMs = until - performance.now();
		if (leftMs <= 0) return;
		const dueInMs = Math.max(0, sampler.dueInMs());
		const hasTime = !poll.late && dueInMs + 2 * sampler.takesMs() < leftMs;
		await alarm.wait(hasTime ? dueInMs : leftMs);
		if (hasTime && !poll.stopped && !alarm.woken()) await lookOnce(poll);
	}
};
