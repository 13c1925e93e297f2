import type {Query} from '../../core/sample/query.ts';
import {isEmpty, nothingAt} from '../../core/sample/sample.ts';
import {background} from '../../queries/background.ts';
import {type Ask, heart, isUrgent, questions, type Readings} from '../../queries/plan.ts';
import type {Lane} from '../session/lane.ts';
import type {Lanes} from '../session/lanes.ts';
import {type Answers, isAboutSame} from './answers.ts';
import {readBeside} from './beside.ts';
import {putOff} from './failures.ts';
import type {Answered, Refusals} from './refusals.ts';

// A query that takes longer is cancelled if the locks have to be read.
const mostInTheWayMs = 1000;

/** Runs every query but the list of sessions, one after the other. */
export type Rest = {
	/** Runs the queries that are due: standing, watched and, unless `eager`, background. */
	readonly askAll: (watched: readonly Query[], isStopped: () => boolean) => Promise<void>;
	/** Cancels a pane's query that keeps the locks from being read. */
	readonly makeWay: () => void;
};

/** Parts of a poller that the rest works with; `ask` sends a query over a lane. */
export type RestOptions = {
	readonly lanes: Lanes;
	readonly answers: Answers;
	readonly refusals: Refusals;
	readonly readings: Readings;
	readonly ask: (lane: Lane, query: Query) => Promise<Answered>;
	readonly eager: boolean;
};

/** The lane for the rest: its own, or, while the server refuses it (a limit of connections), the only one there is. */
const laneOf = ({activity, rest}: Lanes): Lane => {
	const {state, failure} = rest.status();
	return state === 'ready' || failure === undefined || activity.status().state !== 'ready' ? rest : activity;
};

/** Creates the rest over its own lane. */
export const createRest = ({lanes, answers, refusals, readings, ask, eager}: RestOptions): Rest => {
	let asking: {readonly question: Ask; readonly since: number; putOff: boolean} | undefined;

	const send = async (question: Ask): Promise<void> => {
		const {query, standing} = question;
		const session = answers.generation();
		const {scopes} = answers.state;
		const sent = {question, since: performance.now(), putOff: false};
		asking = sent;
		const reply = await ask(laneOf(lanes), query);
		asking = undefined;
		// After a reconnect the answer may be another server's, and it may be about a scope that was left.
		if (session !== answers.generation() || !isAboutSame(query, scopes, answers.state.scopes)) return;
		await answers.keep(query, !reply.ok && sent.putOff ? {...reply, error: putOff} : reply, standing);
	};

	const askOne = async (question: Ask): Promise<void> => {
		const {query, turn, standing} = question;
		if (refusals.rests(query)) return;
		const decision = turn(answers.state);
		const at = answers.result(heart)?.at;
		// Panes derive rows by the identity of an answer: an empty one is kept as long as it stays empty.
		const stays = decision === 'keep' || (decision === 'empty' && !standing && isEmpty(answers.result(query)));
		if (stays || at === undefined) return;
		if (decision === 'empty') answers.store(query, nothingAt(at));
		else if (decision !== 'ask') answers.store(query, {ok: false, at, tookMs: 0, error: decision});
		else if (query.ladder.length > 0) await send(question);
		else {
			const read = async () => readings[query.name]?.(answers.state);
			answers.store(query, await readBeside(query.name, answers.clock(), read));
		}
	};

	return {
		askAll: async (watched, isStopped) => {
			const all = questions(watched, eager ? [] : background);
			const beside = Promise.all(all.filter(({query}) => query.ladder.length === 0).map(askOne));
			for (const question of all) {
				if (isStopped()) return;
				if (question.query.ladder.length > 0) await askOne(question);
			}
			await beside;
		},
		makeWay: () => {
			if (!asking || asking.question.standing || asking.putOff) return;
			if (performance.now() - asking.since < mostInTheWayMs || !isUrgent(answers.state)) return;
			asking.putOff = true;
			lanes.rest.cancel();
		},
	};
};
