import {expect, it, vi} from 'vitest';
import {longestWaitMs} from '../../lifetime.ts';
import {connect, startTestServer} from '../servers.ts';
import {checked} from './preflight-reading.ts';

// A vacuum of a few hundred pages that rests after each one lasts for minutes.
const slow = {
	autovacuum_naptime: '1s',
	autovacuum_vacuum_cost_delay: '100ms',
	autovacuum_vacuum_cost_limit: '1',
	autovacuum_freeze_max_age: '100000',
};

it.each([
	['yields to the lock', true],
	['prevents a wraparound does not yield', false],
] as const)('an autovacuum that %s, as the preflight says', async (_, yields) => {
	const server = await startTestServer(18, {...slow, deadlock_timeout: '200ms'});
	const session = await connect(server);
	await session.query('create table t (id int, note text)');
	await session.query("insert into t select g, repeat('x', 500) from generate_series(1, 10000) as g");
	if (yields) await session.query('delete from t where id % 2 = 0');
	else {
		await session.query('alter table t set (autovacuum_freeze_max_age = 100000, autovacuum_enabled = off)');
		await session.query('do $$ begin for i in 1..101000 loop perform txid_current(); commit; end loop; end $$');
	}
	await vi.waitUntil(
		async () => (await checked(session, 18, 't', 'alter table')).obstacles.some(({lock}) => lock?.part === 'table'),
		{timeout: longestWaitMs, interval: 100},
	);
	const {obstacles} = await checked(session, 18, 't', 'alter table');
	expect(obstacles).toMatchObject([{how: 'holds', yields, lock: {mode: 'ShareUpdateExclusiveLock'}}]);
	await session.query("set lock_timeout = '3s'");
	await session.query('begin');
	const outcome = await session.query('lock table t in access exclusive mode').then(
		() => 'granted',
		(error: {code?: string}) => error.code,
	);
	expect(outcome).toBe(yields ? 'granted' : '55P03');
});
