import type {Query} from '../sample/query.ts';
import {type Failure, type Sample, sentences} from '../sample/sample.ts';
import type {Pane} from './pane.ts';

/** An answer, or some of its fields, that a pane lacks, and the reason. `what` names it; `query` is the name of its query. */
export type MissingAnswer = Failure & {readonly what: string; readonly query: string};

// A query that was not answered in time is missing; zero rows would mean that there are none.
const unanswered = (what: string): Failure => ({
	code: 'unread',
	message: `${what} could not be read in time.`,
	hint: 'The server is slow to answer: try again.',
});

/** Name of a field in words. */
const inWords = (name: string): string => name.replaceAll('_', ' ');

/** True unless the facts about the server say that this query is not for it. */
const isAsked = (query: Query, {results}: Sample): boolean => {
	const facts = results.facts?.ok ? results.facts.rows[0] : undefined;
	return facts === undefined || query.when(facts);
};

/** Parts of an answer that could not be read. A query without an answer yet is missing for the reason `none`. */
export const missingFrom = (query: Query, sample: Sample, none: Failure | undefined): readonly MissingAnswer[] => {
	const result = sample.results[query.name];
	const named = (what: string, error: Failure): MissingAnswer => ({what, query: query.name, ...error});
	// Readings from the host are absent on other machines and in older recordings, as are queries that their server was not asked.
	if (!result) return none && query.ladder.length > 0 && isAsked(query, sample) ? [named(query.title, none)] : [];
	if (!result.ok) return [named(query.title, result.error)];
	// The parts of a reading have names of their own, such as those of servers.
	const partIn = (name: string): string => (name in query.fields ? inWords(name) : name);
	return (result.refused ?? []).map(({fields, error}) => named(`${query.title} (${fields.map(partIn).join(', ')})`, error));
};

/**
 * Answers that a pane has no rows without: its first query, or all of the server's if none is the pane's own. A reading without a
 * source is empty, which says nothing about the server.
 */
const essential = ({queries, composed}: Pane): readonly Query[] => {
	if (!composed) return queries.slice(0, 1);
	const asked = queries.filter(({ladder}) => ladder.length > 0);
	return asked.length > 0 ? asked : queries;
};

/** Reason why a pane has no rows: its first query failed, or all did if its rows come from several; else undefined. */
export const paneFailure = (pane: Pane, sample: Sample): Failure | undefined => {
	const results = essential(pane).map(({name}) => sample.results[name]);
	const [first] = results;
	return first?.ok === false && results.every(result => result?.ok === false) ? first.error : undefined;
};

/** Reason why a pane has no rows to print: its failure, or that it was not read in time. */
export const unreadOf = (pane: Pane, sample: Sample): Failure | undefined => {
	const isUnread = pane.queries.length > 0 && essential(pane).every(({name}) => !sample.results[name]);
	return paneFailure(pane, sample) ?? (isUnread ? unanswered(pane.title) : undefined);
};

/** What a pane that has rows lacks. */
export const missingOf = (pane: Pane, sample: Sample): readonly MissingAnswer[] =>
	(pane.composed ? pane.queries : pane.queries.slice(1)).flatMap(query =>
		missingFrom(query, sample, unanswered(`Part of ${pane.title}`)),
	);

const sqlstate = /^[0-9A-Z]{5}$/;

/** Sentence about the answers of a pane that the server refuses; undefined if it refuses none. */
export const refusedNotice = (pane: Pane, sample: Sample): string | undefined => {
	const [first, ...others] = missingOf(pane, sample).filter(({code}) => sqlstate.test(code));
	if (!first) return undefined;
	const more = others.length > 0 ? ` Not read either: ${others.map(({what}) => what).join(', ')}.` : '';
	return `Not read: ${first.what}. ${sentences(first)}${more}`;
};
