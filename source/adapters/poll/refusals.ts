import type {Query} from '../../core/sample/query.ts';
import type {Failure, RefusedFields} from '../../core/sample/sample.ts';
import type {Reply} from '../session/answering.ts';
import {isRefused} from './failures.ts';

/** A reply with the fields that the server refuses to read, which are null in its rows. */
export type Answered = Reply & {readonly refused?: readonly RefusedFields[]};

/** Sends a query with null in place of some of its fields. */
type Send = (without: readonly string[]) => Promise<Reply>;

/** What the server refuses for good, so that one refused function costs its figure and one line of the log a minute. */
export type Refusals = {
	/** Asks a query; a lasting refusal costs only the fields that cause it, unless no field alone does. */
	readonly ask: (query: Query, send: Send) => Promise<Answered>;
	/** True if the whole query was refused less than a minute ago: asking again would only fill the server's log. */
	readonly rests: (query: Pick<Query, 'name'>) => boolean;
	/** Forgets everything, so that each query is asked in full again: in another session, or if a person asks. */
	readonly clear: () => void;
};

const restMs = 60_000;

/** Refusal of a query: of some fields, or of the whole if `refused` is empty. */
type Known = {readonly refused: readonly RefusedFields[]; readonly error: Failure; readonly sinceMs: number};

const fieldsOf = (refused: readonly RefusedFields[]): readonly string[] => refused.flatMap(({fields}) => fields);

/** Fields that are refused among `fields`, by halves; the reply that ended the search if it failed for another reason. */
const search = async (
	fields: readonly string[],
	optional: readonly string[],
	send: Send,
): Promise<readonly RefusedFields[] | Extract<Reply, {ok: false}>> => {
	const reply = await send(optional.filter(name => !fields.includes(name)));
	if (reply.ok) return [];
	if (!isRefused(reply.error)) return reply;
	if (fields.length === 1) return [{fields, error: reply.error}];
	const middle = fields.length >> 1;
	const left = await search(fields.slice(0, middle), optional, send);
	if ('ok' in left) return left;
	const right = await search(fields.slice(middle), optional, send);
	return 'ok' in right ? right : merged([...left, ...right]);
};

/** Refusals for the same reason as one. */
const merged = (refused: readonly RefusedFields[]): readonly RefusedFields[] => {
	const byReason = new Map<string, RefusedFields>();
	for (const {fields, error} of refused) {
		const key = `${error.code} ${error.message}`;
		byReason.set(key, {fields: [...(byReason.get(key)?.fields ?? []), ...fields], error});
	}
	return [...byReason.values()];
};

/** No refusals yet. */
export const createRefusals = (): Refusals => {
	const known = new Map<string, Known>();
	/** Refusal of a query that is less than a minute old. */
	const freshOf = (name: string): Known | undefined => {
		const entry = known.get(name);
		return entry !== undefined && performance.now() - entry.sinceMs < restMs ? entry : undefined;
	};

	/** Asks without the refused fields; if the server now refuses others, finds them. */
	const askWithout = async (query: Query, entry: Known, send: Send): Promise<Answered> => {
		const reply = await send(fieldsOf(entry.refused));
		if (reply.ok) return {...reply, refused: entry.refused};
		return isRefused(reply.error) ? find(query, reply, send) : reply;
	};

	/** Finds the fields that the server refuses, and asks without them. */
	const find = async (query: Query, refusal: Extract<Reply, {ok: false}>, send: Send): Promise<Answered> => {
		const optional = Object.keys(query.fields).filter(name => query.fields[name]?.nullable);
		const note = (refused: readonly RefusedFields[]): void => {
			known.set(query.name, {refused, error: refusal.error, sinceMs: performance.now()});
		};
		const least = optional.length === 0 ? refusal : await send(optional);
		if (!least.ok) {
			if (isRefused(least.error)) note([]);
			return least;
		}
		const refused = await search(optional, optional, send);
		if ('ok' in refused) return refused;
		const reply = await send(fieldsOf(refused));
		// Each field alone was answered, so whatever the server refused has passed.
		if (refused.length === 0) return reply;
		if (!reply.ok) {
			if (isRefused(reply.error)) note([]);
			return reply;
		}
		note(refused);
		return {...reply, refused};
	};

	return {
		ask: async (query, send) => {
			const fresh = freshOf(query.name);
			if (fresh?.refused.length === 0) return {ok: false, at: undefined, tookMs: 0, error: fresh.error};
			if (fresh) return askWithout(query, fresh, send);
			const entry = known.get(query.name);
			const reply = await send([]);
			if (reply.ok) known.delete(query.name);
			if (reply.ok || !isRefused(reply.error)) return reply;
			const isAsBefore = entry !== undefined && entry.error.code === reply.error.code && entry.refused.length > 0;
			if (!isAsBefore) return find(query, reply, send);
			const again = {...entry, sinceMs: performance.now()};
			known.set(query.name, again);
			return askWithout(query, again, send);
		},
		rests: ({name}) => freshOf(name)?.refused.length === 0,
		clear: () => known.clear(),
	};
};
