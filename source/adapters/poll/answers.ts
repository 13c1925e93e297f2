import {addedUp, type Decoded, type Query} from '../../core/sample/query.ts';
import type {Result} from '../../core/sample/sample.ts';
import type {Scopes} from '../../core/sample/scope.ts';
import {type Instant, laterBy} from '../../core/values/instant.ts';
import {lockScopes} from '../../queries/beside/scopes.ts';
import {heart, hintOf, type PollState} from '../../queries/plan.ts';
import {decodeInSlices} from './decoding.ts';
import {extraAgeMs, isTransient} from './failures.ts';
import type {Answered} from './refusals.ts';

/** The newest answer to each query, from one session with the server. */
export type Answers = {
	/** Answers and their ages, as the plan of a tick reads them. */
	readonly state: PollState & {readonly scopes: Scopes};
	/** The answer to a query; undefined before the first. */
	readonly result: (query: Pick<Query, 'name'>) => Result | undefined;
	/** Decodes a reply and stores it; false if it adds nothing: cancelled, late, or from an earlier session. */
	readonly keep: (query: Query, reply: Answered, isStanding?: boolean) => Promise<boolean>;
	/** Stores a result that needs no decoding. */
	readonly store: (query: Pick<Query, 'name'>, result: Result) => void;
	/** Stores a result that joins every sample and is never due: the journal, the wait samples. */
	readonly attach: (query: Pick<Query, 'name'>, result: Result) => void;
	/** Counts an answer as old, so that the query is due. */
	readonly expire: (query: Pick<Query, 'name'>) => void;
	/** Asks scoped queries about something else, and drops their answers; those under way are not kept. */
	readonly aim: (scopes: Scopes) => void;
	/** The server's clock now, extrapolated from the last list of sessions. */
	readonly clock: () => Instant;
	/** Number of the session that the answers come from. */
	readonly generation: () => number;
	/** Drops every answer if the session is new (it may be on another server); returns true if it did. */
	readonly begin: (generation: number) => boolean;
};

/** True if an answer to a query about one scope is also one about another. */
export const isAboutSame = ({scoped}: Query, one: Scopes, other: Scopes): boolean =>
	scoped === undefined || one === other || JSON.stringify(scoped(one)) === JSON.stringify(scoped(other));

/** No answers yet; if `eager`, every answer counts as infinitely old, so that each tick asks everything. */
export const createAnswers = (eager: boolean): Answers => {
	const results: Record<string, Result> = {};
	const readAt = new Map<string, number>();
	const decoded = new Map<string, Decoded>();
	const scoped = new Map<string, Query>();
	let generation = 0;
	let scopes: Scopes = {};

	const state: Answers['state'] = {
		results,
		eager,
		get scopes() {
			return scopes;
		},
		ageMs: ({name}) => (eager ? Number.POSITIVE_INFINITY : performance.now() - (readAt.get(name) ?? Number.NEGATIVE_INFINITY)),
	};

	/** A failure becomes the answer unless the next poll is likely to heal it. */
	const keepFailure = (query: Query, reply: Extract<Answered, {ok: false}>, isStanding: boolean): boolean => {
		// A pane that has no answer yet shows the failure at once.
		const isAwaited = !isStanding && results[query.name]?.ok !== true;
		const at = reply.at ?? (isAwaited ? results[heart.name]?.at : undefined);
		if (at === undefined || (isTransient(reply.error) && !isAwaited)) return false;
		const hint = hintOf(query, reply.error, state) ?? reply.error.hint;
		results[query.name] = {ok: false, at, tookMs: reply.tookMs, error: {...reply.error, ...(hint !== undefined && {hint})}};
		return true;
	};

	const forget = (name: string): void => {
		readAt.delete(name);
		decoded.delete(name);
		delete results[name];
	};

	return {
		state,
		result: ({name}) => results[name],
		keep: async (query, reply, isStanding = true) => {
			readAt.set(query.name, performance.now() - (reply.ok ? 0 : extraAgeMs(query, reply)));
			if (!reply.ok) return keepFailure(query, reply, isStanding);
			const session = generation;
			const asked = scopes;
			if (query.scoped) scoped.set(query.name, query);
			const before = decoded.get(query.name);
			const read = await decodeInSlices(query, reply.rows, before);
			const answer = query.adds ? addedUp(read, before, query.named, query.adds.most) : read;
			if (session !== generation || !isAboutSame(query, asked, scopes)) return false;
			decoded.set(query.name, answer);
			const {at, tookMs, serverMs, refused} = reply;
			const took = {tookMs, ...(serverMs !== undefined && {serverMs})};
			results[query.name] = {ok: true, at, ...took, rows: answer.rows, ...(refused && {refused})};
			return true;
		},
		store: ({name}, result) => {
			readAt.set(name, performance.now());
			results[name] = result;
		},
		attach: ({name}, result) => {
			results[name] = result;
		},
		expire: ({name}) => {
			readAt.delete(name);
		},
		aim: next => {
			for (const query of scoped.values()) if (!isAboutSame(query, scopes, next)) forget(query.name);
			forget(lockScopes.name);
			scopes = next;
		},
		clock: () => laterBy(results[heart.name]?.at ?? '', state.ageMs(heart)),
		generation: () => generation,
		begin: next => {
			if (next === generation) return false;
			generation = next;
			for (const name of [...readAt.keys(), ...Object.keys(results)]) forget(name);
			return true;
		},
	};
};
