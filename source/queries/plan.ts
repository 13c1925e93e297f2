import {extensionUpdate, extensionVersion, extensionVersionText} from '../core/sample/extension.ts';
import {type Query, sqlFor} from '../core/sample/query.ts';
import type {Failure, Result, Row} from '../core/sample/sample.ts';
import type {Scopes} from '../core/sample/scope.ts';
import {hiddenText} from '../core/sql/hidden-text.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {sessionLocks} from './activity/held-locks.ts';
import {locks} from './activity/locks.ts';
import {relationLocks} from './activity/relation-locks.ts';
import {databaseNames, type Session, sessions, superusers} from './activity/sessions.ts';
import {slowSeconds, statementNorms, statements, statementTexts} from './activity/statements.ts';
import {waitSamples} from './activity/waits.ts';
import {journal} from './beside/journal.ts';
import {patroniCluster, patroniMembers} from './beside/patroni.ts';
import {poolerClients, poolerConnections, poolerPools, poolers} from './beside/pgbouncer.ts';
import {logDeadlocks, logErrors} from './beside/server-log.ts';
import {extensions, type InstalledExtension} from './server/extensions.ts';
import {rights} from './server/roles.ts';
import {facts, pulse} from './server/server.ts';
import {readableTableColumns, tableColumns} from './storage/table-columns.ts';
import {tables} from './storage/tables.ts';

/** State when the queries of a tick are chosen: the newest answers and their ages in milliseconds. */
export type PollState = {
	readonly results: Readonly<Record<string, Result>>;
	readonly ageMs: (query: Pick<Query, 'name'>) => number;
	/** What scoped queries are about; without one they are about nothing or everything. */
	readonly scopes?: Scopes;
	/** Every query is asked in every tick, for a single sample or a report. */
	readonly eager?: boolean;
};

/** Decision about a query in a tick: ask it, keep its last answer, answer with no rows, or the reason why it cannot be asked. */
export type Turn = 'ask' | 'keep' | 'empty' | Failure;

/** A query other than the list of sessions; every pane needs a new answer to a `standing` one. */
export type Ask = {readonly query: Query; readonly standing: boolean; readonly turn: (poll: PollState) => Turn};

const minuteMs = 60_000;
const retryMs = 5000;

const rowsOf = <R extends Row>({results}: PollState, query: Query<R>): readonly R[] => {
	const result = results[query.name];
	return result?.ok ? (result.rows as readonly R[]) : [];
};

const askIf = (due: boolean): Turn => (due ? 'ask' : 'keep');

// In a lock storm reading the locks takes seconds: they are read again after this many times that.
const restFactor = 4;
// Queries of a pane may use at most a tenth of the server's time.
const dutyFactor = 9;

/** True if a session waits for a lock, or may wait unseen because our role cannot read its wait event. */
const anyMayWait = (poll: PollState): boolean =>
	rowsOf(poll, sessions).some(
		({wait_event_type, backend_type, query}: Session) =>
			wait_event_type === 'Lock' || (backend_type === null && query === hiddenText),
	);

const unknownDatabase = (poll: PollState): boolean => {
	const names = new Set(rowsOf(poll, databaseNames).map(row => row.datid));
	return rowsOf(poll, sessions).some(({datid}) => datid !== null && datid !== 0 && !names.has(datid));
};

const roleChanged = (poll: PollState): boolean => {
	const [now] = rowsOf(poll, pulse);
	const [then] = rowsOf(poll, facts);
	const differs = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
	return (
		now !== undefined && then !== undefined && (differs(now.in_recovery, then.in_recovery) || differs(now.started, then.started))
	);
};

const lockTurn = (poll: PollState): Turn => {
	if (!poll.results[sessions.name]?.ok) return 'keep';
	if (!anyMayWait(poll)) return 'empty';
	return askIf(poll.ageMs(locks) >= restFactor * (poll.results[locks.name]?.tookMs ?? 0));
};

/** True if the locks are due now, so that slow queries have to wait. */
export const isUrgent = (poll: PollState): boolean => lockTurn(poll) === 'ask';

const factsTurn = (poll: PollState): Turn =>
	askIf(roleChanged(poll) || (!poll.results[facts.name]?.ok && poll.ageMs(facts) > retryMs));

/** The query that makes a sample: the list of sessions. It has a connection of its own, so that nothing else delays it. */
export const heart: Query = sessions;

/** Milliseconds that the list of a sample was on its way: over a slow link it is seconds old when it arrives. */
export const heartMs = ({results}: Pick<PollState, 'results'>): number => results[heart.name]?.tookMs ?? 0;

const ask = (query: Query, turn: Ask['turn']): Ask => ({query, standing: true, turn});

/** True if a query has rested long enough for its cost, so that it may run before it is due. */
export const hasRested = ({name}: Query, poll: PollState): boolean =>
	poll.ageMs({name}) >= dutyFactor * (poll.results[name]?.tookMs ?? 0);

const every = (query: Query, poll: PollState): Turn => askIf(poll.ageMs(query) >= query.everyMs && hasRested(query, poll));

/** Queries of every tick, whichever pane is shown, in this order. */
const standing: readonly Ask[] = [
	ask(facts, factsTurn),
	ask(databaseNames, poll => {
		const ageMs = poll.ageMs(databaseNames);
		return askIf(ageMs > minuteMs || (ageMs > 1000 && unknownDatabase(poll)));
	}),
	ask(locks, lockTurn),
	ask(pulse, () => 'ask'),
	ask(superusers, poll => askIf(poll.ageMs(superusers) > minuteMs)),
	ask(rights, poll => askIf(poll.ageMs(rights) > minuteMs)),
];

// A background query may use at most 1/500 of the server's time.
const backgroundFactor = 499;
const backgroundMs = 2000;

// The server log is read only while counters give a reason: what it says would be of no use minutes later.
const onDemand: ReadonlySet<string> = new Set([logDeadlocks.name, logErrors.name]);

// Patroni and PgBouncer answer for themselves: their time is not the server's, and Patroni's reader decides when it is asked.
const ofOthers: ReadonlySet<string> = new Set([patroniCluster, patroniMembers, poolers, poolerPools].map(({name}) => name));

const backgroundFactorOf = ({name}: Query): number =>
	ofOthers.has(name) ? 0 : onDemand.has(name) ? dutyFactor : backgroundFactor;

// Who holds the servers of a pool matters while clients wait for them.
const whileWaiting: ReadonlySet<string> = new Set([poolerConnections.name, poolerClients.name]);

const anyPoolWaits = (poll: PollState): boolean => rowsOf(poll, poolerPools).some(({cl_waiting}) => (cl_waiting ?? 0) > 0);

const inBackground = (query: Query, poll: PollState): Turn => {
	if (whileWaiting.has(query.name) && !anyPoolWaits(poll)) return 'empty';
	const factor = backgroundFactorOf(query);
	const restMs = Math.max(query.everyMs, backgroundMs, factor * (poll.results[query.name]?.tookMs ?? 0));
	const turn = poll.ageMs(query) >= restMs ? turnOf(query, poll) : 'keep';
	// A failure is not worth an answer in the background.
	return typeof turn === 'object' ? 'keep' : turn;
};

const extensionOf = ({extension}: Query, poll: PollState) => rowsOf(poll, extensions).find(({extname}) => extname === extension);

// The first statements are the ones on the screen.
const textsWanted = 400;
const soonMs = 5000;

/** True if the longest running statements include one whose text has not been read. */
const unknownText = (poll: PollState): boolean => {
	if (poll.results[statementTexts.name]?.ok !== true) return false;
	const texts = new Set(rowsOf(poll, statementTexts).map(row => row.queryid));
	return rowsOf(poll, statements)
		.slice(0, textsWanted)
		.some(({queryid}) => queryid !== null && !texts.has(queryid));
};

const textTurn = (poll: PollState): Turn => {
	const rested = poll.ageMs(statementTexts) >= Math.max(soonMs, dutyFactor * (poll.results[statementTexts.name]?.tookMs ?? 0));
	return rested && unknownText(poll) ? 'ask' : every(statementTexts, poll);
};

// Estimates depend on statistics: they may use at most a hundredth of the server's time.
const estimateFactor = 99;
const analyzedMs = 10_000;

/** True if a table was analyzed after the statistics of its columns were read. */
const wasAnalyzed = (query: Query, poll: PollState): boolean => {
	const answer = poll.results[query.name];
	if (answer?.ok !== true) return false;
	const isLater = (at: string | null): boolean => at !== null && at > answer.at;
	return rowsOf(poll, tables).some(table => isLater(table.last_autoanalyze) || isLater(table.last_analyze));
};

const columnsTurn = (query: Query, poll: PollState): Turn => {
	const restMs = Math.max(analyzedMs, estimateFactor * (poll.results[query.name]?.tookMs ?? 0));
	return poll.ageMs(query) >= restMs && wasAnalyzed(query, poll) ? 'ask' : every(query, poll);
};

/** Only the session whose details are shown is asked about. */
const detailsTurn = (query: Query, poll: PollState): Turn => (poll.scopes?.details === undefined ? 'keep' : every(query, poll));

/** Without a relation there is nothing to find, at the price of reading all locks. */
const relationTurn = (query: Query, poll: PollState): Turn =>
	poll.scopes?.preflight === undefined ? 'empty' : every(query, poll);

/** True if a client has been executing a statement with an identifier for some seconds. */
const anyIsSlow = (poll: PollState): boolean => {
	const at = poll.results[sessions.name]?.at ?? '';
	return rowsOf(poll, sessions).some(
		({state, query_id, query_start}) =>
			state === 'active' && query_id !== null && (secondsBetween(query_start, at) ?? 0) >= slowSeconds,
	);
};

/** Usual times are only asked while a statement is slow, and where the extension can tell them. */
const normsTurn = (query: Query, poll: PollState): Turn =>
	anyIsSlow(poll) && extensionOf(query, poll) ? every(query, poll) : 'empty';

const soonerTurns: Readonly<Record<string, (query: Query, poll: PollState) => Turn>> = {
	[statementTexts.name]: (_, poll) => textTurn(poll),
	[statementNorms.name]: normsTurn,
	[tableColumns.name]: columnsTurn,
	[readableTableColumns.name]: columnsTurn,
	[sessionLocks.name]: detailsTurn,
	[relationLocks.name]: relationTurn,
};

/** Failure of an extension that is older than the oldest SQL for it: after pg_upgrade the old version stays. */
const tooOld = ({ladder}: Query, {extname, extversion, available}: InstalledExtension): Failure | undefined => {
	const oldest = ladder[0]?.since ?? 0;
	if (extensionVersion(extversion) >= oldest) return undefined;
	const hint = extensionUpdate(extname, extversion, available);
	return {
		code: 'old_extension',
		message: `The extension ${extname} is too old: pgtriage needs version ${extensionVersionText(oldest)} or newer.`,
		...(hint !== undefined && {hint}),
	};
};

// A column, relation or function is missing: the SQL of the extension is not the one that its version promises.
const missing: ReadonlySet<string> = new Set(['42703', '42P01', '42883']);

/** Hint for a failure of a query, in place of a general one: its own, or how to update its extension; undefined without one. */
export const hintOf = (query: Query, {code}: Failure, poll: PollState): string | undefined => {
	const installed = missing.has(code) ? extensionOf(query, poll) : undefined;
	return query.hints[code] ?? (installed && extensionUpdate(installed.extname, installed.extversion, installed.available));
};

const turnOf = (query: Query, poll: PollState): Turn => {
	const [server] = rowsOf(poll, facts);
	if (server && !query.when(server)) return 'empty';
	const turn = (soonerTurns[query.name] ?? every)(query, poll);
	if (turn !== 'ask' || query.extension === undefined) return turn;
	const installed = extensionOf(query, poll);
	if (installed) return tooOld(query, installed) ?? turn;
	const unknown = poll.results[extensions.name];
	if (unknown?.ok !== true) return unknown?.error ?? 'keep';
	const database = server?.database ?? 'connected to';
	return {
		code: 'no_extension',
		message: `The extension ${query.extension} is not installed in the database ${database}.`,
		hint: query.hints.no_extension ?? `As a superuser: create extension ${query.extension}`,
	};
};

/**
 * Queries of a tick for the panes shown, in order: frequent ones before expensive ones. `unwatched` ones come last and use little
 * time.
 */
export const questions = (watched: readonly Query[], unwatched: readonly Query[] = []): readonly Ask[] => {
	// Waits are counted and the journal is written along with the list of sessions, whichever pane is shown.
	const asked = new Set<Query>([heart, waitSamples, journal, ...standing.map(({query}) => query)]);
	const shown = [...new Set([...watched, sessionLocks])].filter(query => !asked.has(query)).sort((a, b) => a.everyMs - b.everyMs);
	const unseen = unwatched.filter(query => !shown.includes(query) && !asked.has(query));
	const isExtended = shown.some(({extension}) => extension !== undefined);
	const due = isExtended ? [extensions, ...shown] : shown;
	return [
		...standing,
		...due.map(query => ({query, standing: false, turn: (poll: PollState) => turnOf(query, poll)})),
		...unseen.map(query => ({query, standing: false, turn: (poll: PollState) => inBackground(query, poll)})),
	];
};

/** SQL of a query for a server version, or for the installed version of its extension; fields `without` are null. */
export const sqlOf = (query: Query, version: number, poll: PollState, without: readonly string[] = []): string => {
	const extension = extensionOf(query, poll);
	return extension
		? sqlFor(query, extensionVersion(extension.extversion), {schema: extension.schema, without, read: poll})
		: sqlFor(query, version, {without, ...(poll.scopes && {scopes: poll.scopes}), read: poll});
};

/** Readings from outside the server, by name: rows, or undefined if there is no source. */
export type Readings = Readonly<Record<string, (poll: PollState) => Promise<readonly Row[] | undefined>>>;
