import {decode, type Query} from '../../source/core/sample/query.ts';
import type {Result, Sample} from '../../source/core/sample/sample.ts';
import {
	type ConsoleAnswer,
	clientRows,
	poolerClients,
	poolerConnections,
	poolerPools,
	poolerRows,
	poolers,
	poolRows,
} from '../../source/queries/beside/pgbouncer.ts';
import {samplesOf} from './recorded.ts';

const shown = (columns: string, ...rows: readonly string[]): ConsoleAnswer => ({
	columns: columns.split(' '),
	rows: rows.map(row => row.split(' ').map(cell => (cell === '-' ? null : cell))),
});

const help = 'SHOW POOLS SET PAUSE RESUME RECONNECT KILL_CLIENT';

const poolColumns =
	'database user cl_active cl_waiting sv_active sv_idle sv_used sv_tested sv_login maxwait maxwait_us pool_mode';
const databaseColumns =
	'name host port database force_user pool_size min_pool_size reserve_pool pool_mode max_connections current_connections paused disabled';
const statColumns =
	'database total_xact_count total_query_count total_query_time total_wait_time avg_xact_count avg_query_time avg_wait_time';
const socketColumns =
	'type user database state addr port local_addr local_port connect_time request_time wait wait_us ptr link remote_pid application_name id';

/** Answers of a console in which clients of the pool app@shop wait for its servers. */
const answers = {
	pools: shown(
		poolColumns,
		'shop app 12 7 3 0 0 0 0 18 400000 transaction',
		'reporting bi 1 0 1 2 0 0 0 0 0 session',
		'pgbouncer pgbouncer 1 0 0 0 0 0 0 0 0 statement',
	),
	databases: shown(
		databaseColumns,
		'shop 10.0.0.5 5432 shop - 3 0 0 - 0 3 0 0',
		'reporting 10.0.0.5 5432 shop - 20 0 0 - 0 3 0 0',
		'archive 10.0.0.6 5432 archive - 20 0 0 - 0 0 1 0',
	),
	stats: shown(statColumns, 'shop 812000 1904000 3808000000 91000000 412 2000 0', 'reporting 120 340 88000000 0 2 259000 0'),
	servers: shown(
		socketColumns,
		'S app shop active 10.0.0.5 5432 10.0.0.7 40001 2026-11-30_08:00:01 - 0 0 0xa1 0xb1 4711 - 11',
		'S app shop active 10.0.0.5 5432 10.0.0.7 40002 2026-11-30_08:00:01 - 0 0 0xa2 0xb2 4712 - 12',
	),
	clients: shown(
		socketColumns,
		'C app shop active 10.0.1.2 51001 10.0.0.7 6432 2026-11-30_08:00:00 - 0 0 0xb1 0xa1 0 checkout 21',
		'C app shop active 10.0.1.3 51002 10.0.0.7 6432 2026-11-30_08:00:00 - 0 0 0xb2 0xa2 0 checkout 22',
		'C app shop waiting 10.0.1.4 51003 10.0.0.7 6432 2026-11-30_08:00:02 - 18 400000 0xb3 - 0 api 23',
		'C app shop waiting 10.0.1.5 51004 10.0.0.7 6432 2026-11-30_08:00:03 - 2 0 0xb4 - 0 api 24',
		'C app shop active 10.0.1.6 51005 10.0.0.7 6432 2026-11-30_08:00:04 - 0 0 0xb5 - 0 cron 25',
	),
};

const bouncers = ['10.0.0.7:6432', '10.0.0.8:6432'] as const;
const failure = [
	'ECONNREFUSED',
	'The console of PgBouncer: The server at 10.0.0.8:6432 refused the connection.',
	'It is retried automatically; check --pgbouncer.',
];

/** Sample of a calm server behind two PgBouncers: in one clients wait and a database is paused, the other does not answer. */
export const pooled = (): Sample => {
	const [recorded] = samplesOf('calm').slice(-1);
	if (!recorded) throw new Error('The recording is empty.');
	const [first, second] = bouncers;
	const {rows: listed, total} = clientRows(first, answers.clients, answers.servers);
	const answer = (query: Query, raw: Parameters<typeof decode>[1]): Result => ({
		ok: true,
		at: recorded.at,
		tookMs: 2,
		rows: decode(query, raw).rows,
	});
	return {
		...recorded,
		seq: recorded.seq + 1,
		results: {
			...recorded.results,
			[poolers.name]: answer(poolers, [
				[first, '1.24.1', 'active', help, String(total), String(listed.length), null, null, null],
				[second, null, null, null, null, null, ...failure],
			]),
			[poolerPools.name]: answer(poolerPools, poolRows(first, answers.pools, answers.databases, answers.stats)),
			[poolerClients.name]: answer(poolerClients, listed),
			[poolerConnections.name]: answer(poolerConnections, poolerRows(answers.servers, answers.clients, answers.pools, first)),
		},
	};
};
