import type {PoolClientRef, PoolerRef, PoolRef} from '../../core/actions/pooler.ts';
import {answerOf} from '../../core/history/past.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Query} from '../../core/sample/query.ts';
import {type Row, type Sample, sentences} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import type {Instant} from '../../core/values/instant.ts';
import {
	type PoolerClient,
	type PoolerConsole,
	type PoolerPool,
	poolerClients,
	poolerPools,
	poolers,
} from '../../queries/beside/pgbouncer.ts';
import {rowsOf} from '../reading/answers.ts';

/** Consoles of --pgbouncer by address. */
const consolesOf: (sample: Sample) => ReadonlyMap<string, PoolerConsole> = oncePerSample(
	sample => new Map(rowsOf(sample, poolers).map(row => [row.bouncer, row])),
);

/** Sum of a figure; null if a part of it is unknown. */
const sumOf = (pools: readonly PoolerPool[], figure: (pool: PoolerPool) => number | null): number | null =>
	pools.reduce<number | null>((sum, pool) => {
		const part = figure(pool);
		return sum === null || part === null ? null : sum + part;
	}, 0);

const bouncerIn = (sample: Sample, bouncer: string): Pick<PoolRef, 'bouncer' | 'version' | 'commands'> => {
	const row = consolesOf(sample).get(bouncer);
	return {bouncer, version: row?.version ?? null, commands: row?.commands?.split(' ') ?? []};
};

type Named = {readonly bouncer: string; readonly database: string};

/** A database of PgBouncer as of a sample for an action, with all its pools; undefined without one. */
const poolRefOf = ({bouncer, database}: Named, sample: Sample): PoolRef | undefined => {
	const pools = rowsOf(sample, poolerPools).filter(row => row.bouncer === bouncer && row.database === database);
	const [first] = pools;
	if (!first) return undefined;
	const {host, port, dbname, pool_mode, paused} = first;
	return {
		...bouncerIn(sample, bouncer),
		...{database, host, port, dbname, pool_mode, paused},
		clients_active: sumOf(pools, row => row.cl_active ?? (row.user === null ? 0 : null)),
		clients_waiting: sumOf(pools, row => row.cl_waiting ?? (row.user === null ? 0 : null)),
		servers_active: sumOf(pools, row => row.sv_active ?? (row.user === null ? 0 : null)),
	};
};

/** A client of PgBouncer for an action. */
const poolClientRefOf = (client: PoolerClient, sample: Sample): PoolClientRef => {
	const {bouncer, id, database, user, addr, port, connect_time, application_name, state, server_pid} = client;
	return {
		...bouncerIn(sample, bouncer),
		...{id, database, user, addr, port, connect_time, application_name, state, server_pid},
	};
};

/** A pool, or a client with the pool it waits for or uses, for an action. */
export const poolerRefOf = (row: Named, client: PoolerClient | undefined, sample: Sample): PoolerRef | undefined => {
	const pool = poolRefOf(row, sample);
	return pool && {pool, client: client && poolClientRefOf(client, sample)};
};

/** Answer that came after a moment, in which the console of an address answered; undefined without one. */
const answeredSince = <R extends Row>(
	query: Query<R>,
	{bouncer, sample, since}: {readonly bouncer: string; readonly sample: Sample; readonly since: Instant},
): readonly R[] | undefined => {
	const answer = answerOf(sample, query);
	const row = consolesOf(sample).get(bouncer);
	return answer && answer.at > since && row?.version != null ? answer.rows : undefined;
};

/** A database of PgBouncer as it is in a sample: undefined without it, `unread` if it was not read since a moment. */
export const poolNow = (pool: PoolRef, sample: Sample, since: Instant): PoolRef | 'unread' | undefined =>
	answeredSince(poolerPools, {bouncer: pool.bouncer, sample, since}) ? poolRefOf(pool, sample) : 'unread';

/** A client of PgBouncer as it is in a sample: undefined after it left, `unread` if the clients were not all read since a moment. */
export const poolClientNow = (client: PoolClientRef, sample: Sample, since: Instant): PoolClientRef | 'unread' | undefined => {
	const rows = answeredSince(poolerClients, {bouncer: client.bouncer, sample, since});
	const now = rows?.find(
		row => row.bouncer === client.bouncer && row.id === client.id && row.connect_time === client.connect_time,
	);
	if (now) return poolClientRefOf(now, sample);
	const {clients, clients_listed: listed} = consolesOf(sample).get(client.bouncer) ?? {};
	// A client that is not listed may be one of those that were left out.
	return rows && clients != null && clients === listed ? undefined : 'unread';
};

/** What PgBouncer keeps its clients from: a database, or all of them, and where. */
export type Halted = {readonly word: 'PAUSED' | 'DISABLED'; readonly name: string; readonly bouncer: string};

/** Databases that are paused or disabled; a PgBouncer that is paused as a whole has all of them. */
export const haltedOf: (sample: Sample) => readonly Halted[] = oncePerSample(sample => {
	const pools = rowsOf(sample, poolerPools);
	const among = (word: Halted['word'], holds: (pool: PoolerPool) => boolean): readonly Halted[] => [
		...new Map(
			pools
				.filter(holds)
				.map(({bouncer, database}) => [JSON.stringify([bouncer, database]), {word, name: database, bouncer}] as const),
		).values(),
	];
	return [
		...rowsOf(sample, poolers)
			.filter(({state}) => state === 'paused' || state === 'suspended')
			.map(({bouncer}): Halted => ({word: 'PAUSED', name: 'all databases', bouncer})),
		...among('PAUSED', ({paused}) => paused === true),
		...among('DISABLED', ({disabled}) => disabled === true),
	];
});

/** Reasons why consoles of --pgbouncer could not be read while others were, by address. */
export const unreadConsoles = (
	sample: Sample,
): readonly {readonly bouncer: string; readonly code: string; readonly sentence: string}[] =>
	answerOf(sample, poolerPools) === undefined
		? []
		: rowsOf(sample, poolers).flatMap(({bouncer, failure_code: code, failure_message: message, failure_hint: hint}) =>
				code === null || message === null
					? []
					: [{bouncer, code, sentence: clean(sentences({message, ...(hint !== null && {hint})}))}],
			);
