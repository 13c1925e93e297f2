import {describe, expect, it} from 'vitest';
import {poolWaits} from '../../../../source/findings/rules/connections/pool-waits.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {type PoolerPool, poolerConnections, poolerPools, poolers} from '../../../../source/queries/beside/pgbouncer.ts';
import {answer, findingsOf, instantAt, makeSample} from '../../samples.ts';
import {idleSession, sessionAnswers, sessionRow} from '../../session-rows.ts';

const bouncer = '10.0.0.7:6432';

const full: Partial<PoolerPool> = {
	bouncer,
	database: 'shop',
	user: 'app',
	pool_mode: 'transaction',
	cl_active: 4,
	cl_waiting: 3,
	maxwait_seconds: 5,
	sv_active: 2,
	sv_idle: 0,
	sv_used: 0,
	sv_tested: 0,
	sv_login: 0,
	pool_size: 2,
	paused: false,
	disabled: false,
};

/** Findings on a pool whose servers are backends 11 and 12, as these sessions. */
const found = (pool: Partial<PoolerPool>, held: readonly Partial<Session>[] = [], state: string | null = 'active') =>
	findingsOf(
		poolWaits,
		makeSample(
			0,
			answer(poolers, {bouncer, version: '1.24.1', state}),
			answer(poolerPools, {...full, ...pool}),
			answer(
				poolerConnections,
				...[11, 12].map(pid => ({
					pid,
					local_port: 40_000 + pid,
					bouncer,
					database: 'shop',
					user: 'app',
					client_addr: '10.0.1.2',
				})),
			),
			...sessionAnswers(...held.map(row => ({...row, client_addr: '10.0.0.7', client_port: 40_000 + (row.pid ?? 0)}))),
		),
	);

describe('clients that wait for a server of PgBouncer', () => {
	it('are nothing to report for a moment, or while a server is free', () => {
		expect(found({maxwait_seconds: 1.9})).toEqual([]);
		expect(found({cl_waiting: 0, maxwait_seconds: 0})).toEqual([]);
		expect(found({sv_idle: 1})).toEqual([]);
		expect(found({maxwait_seconds: null})).toEqual([]);
	});

	it('wait for sessions that are idle in transaction', () => {
		const [finding] = found({}, [idleSession(11, 40), idleSession(12, 3)]);
		expect(finding).toMatchObject({
			severity: 'warning',
			sessions: 3,
			pid: 11,
			summary:
				'11 (app@shop) and 1 more are idle in transaction and hold 2 of 2 servers of pool app@shop: 3 clients wait, the longest for 5.0s.',
			leads: {pane: 'sessions'},
		});
		expect(found({maxwait_seconds: 15}, [idleSession(11, 40)])[0]?.severity).toBe('critical');
	});

	it('wait for statements that are slow', () => {
		const [finding] = found({}, [sessionRow(11, {query_start: instantAt(-30)}), sessionRow(12)]);
		expect(finding?.summary).toMatch(/^11 \(app@shop\) and 1 more run statements on 2 of 2 servers of pool app@shop: /);
	});

	it('wait for a pool that is too small if no server is held for long', () => {
		const short = {query_start: instantAt(0), state_change: instantAt(0)};
		const [finding] = found({}, [sessionRow(11, short), sessionRow(12, short)]);
		expect(finding?.summary).toMatch(/^Pool app@shop is too small for its load, all of its 2 servers are in use: /);
		expect(finding?.leads).toEqual({pane: 'pooler', identity: 'pool ["10.0.0.7:6432","shop","app"]'});
	});

	it('wait for idle clients with session pooling', () => {
		const idle = [11, 12].map(pid => sessionRow(pid, {state: 'idle'}));
		expect(found({pool_mode: 'session'}, idle)[0]?.summary).toMatch(
			/^Idle clients keep 2 of 2 servers of pool app@shop, which pools sessions/,
		);
	});

	it('blame no cause that is not seen: sessions of another server, or one without connections', () => {
		expect(found({}, [])[0]?.summary).toMatch(/^Sessions that are not seen here hold all 2 servers of pool app@shop: /);
		const other = {...idleSession(11, 40), pid: 11};
		const elsewhere = findingsOf(
			poolWaits,
			makeSample(
				0,
				answer(poolerPools, full),
				answer(poolerConnections, {pid: 11, local_port: 1, bouncer, database: 'shop', user: 'app', client_addr: 'unix'}),
				...sessionAnswers({...other, client_port: 2}),
			),
		);
		expect(elsewhere[0]?.summary).toMatch(/^Sessions that are not seen here/);
		expect(found({sv_active: 0, sv_login: 1})[0]?.summary).toMatch(/^The server of pool app@shop gives PgBouncer no connection/);
	});
});

describe('a database of PgBouncer', () => {
	it('that is paused is a warning with its clients, and the queue is not reported twice', () => {
		expect(found({paused: true}, [idleSession(11, 40)])).toMatchObject([
			{
				severity: 'warning',
				sessions: 3,
				summary: 'PgBouncer at 10.0.0.7:6432 has database shop PAUSED: 3 clients wait, the longest for 5.0s.',
				leads: {pane: 'pooler'},
			},
		]);
	});

	it('is paused with the whole PgBouncer, which RESUME of a database does not end', () => {
		const [finding] = found({}, [], 'paused');
		expect(finding?.summary).toContain('has all databases PAUSED');
		expect(finding?.action).toBe('RESUME without a database, in its console, lets them go on.');
	});

	it('that is disabled is a warning', () => {
		expect(found({disabled: true, cl_waiting: 0})).toMatchObject([
			{summary: expect.stringContaining('DISABLED: new clients are refused.')},
		]);
	});
});
