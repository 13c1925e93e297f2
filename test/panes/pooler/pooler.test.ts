import {describe, expect, it} from 'vitest';
import {poolerRefusal, poolerStatement} from '../../../source/core/actions/pooler.ts';
import {decode} from '../../../source/core/sample/query.ts';
import {poolerPane} from '../../../source/panes/pooler/pooler.ts';
import {haltedOf, poolClientNow, poolerRefOf, poolNow} from '../../../source/panes/pooler/pools.ts';
import {type ConsoleAnswer, poolerPools, poolRows} from '../../../source/queries/beside/pgbouncer.ts';
import {instantAt, makeSample} from '../../findings/samples.ts';
import {pooled} from '../../screens/pooled.ts';

const shown = (columns: string, ...rows: readonly (readonly (string | null)[])[]): ConsoleAnswer => ({
	columns: columns.split(' '),
	rows,
});

const shop = {bouncer: '10.0.0.7:6432', database: 'shop'};

describe('the pane Pooler', () => {
	it('leaves empty what a version of PgBouncer does not report', () => {
		const raw = poolRows(
			'b',
			shown('database user cl_active cl_waiting', ['shop', 'app', '1', '0']),
			shown('name host', ['shop', null]),
			shown('database', ['shop']),
		);
		expect(decode(poolerPools, raw).rows).toMatchObject([
			{
				cl_active: 1,
				cl_waiting: 0,
				maxwait_seconds: null,
				sv_active: null,
				pool_size: null,
				paused: null,
				total_xact_count: null,
			},
		]);
	});

	it('reads the size of the reserve under the name of any version', () => {
		for (const name of ['reserve_pool', 'reserve_pool_size']) {
			const raw = poolRows('b', shown('database user', ['shop', 'app']), shown(`name ${name}`, ['shop', '3']), shown('database'));
			expect(decode(poolerPools, raw).rows[0]).toMatchObject({reserve_pool: 3});
		}
	});

	it('says how to name a PgBouncer without one', () => {
		expect(poolerPane.empty(makeSample(0), [])).toMatch(/start pgtriage with --pgbouncer/);
	});

	it('names what is paused, with a database that has no pool', () => {
		expect(haltedOf(pooled())).toEqual([{word: 'PAUSED', name: 'archive', bouncer: '10.0.0.7:6432'}]);
		expect(haltedOf(makeSample(0))).toEqual([]);
	});

	it('hides idle clients at first', () => {
		const rows = poolerPane.rows(pooled(), []);
		const isShown = (idle: boolean): number => rows.filter(row => poolerPane.shown(row, {idle} as never)).length;
		expect([isShown(false), isShown(true)]).toEqual([7, 8]);
	});
});

describe('a command for PgBouncer', () => {
	const sample = pooled();
	const ref = poolerRefOf(shop, undefined, sample);

	it('is refused if that PgBouncer does not offer it, or if nothing is left to do', () => {
		if (!ref) expect.fail('There is no pool.');
		expect(poolerRefusal('pooler-pause', ref)).toBeUndefined();
		expect(poolerRefusal('pooler-resume', ref)).toBe('shop is not paused.');
		expect(poolerRefusal('pooler-kill-client', ref)).toBe('This row is a pool: choose a client below.');
		const old = {pool: {...ref.pool, version: '1.18.0', commands: ['PAUSE']}, client: undefined};
		expect(poolerRefusal('pooler-kill-client', old)).toBe(
			'KILL_CLIENT is not offered by PgBouncer 1.18.0 at 10.0.0.7:6432; it exists since PgBouncer 1.24.',
		);
	});

	it('quotes a database with another name', () => {
		if (!ref) expect.fail('There is no pool.');
		expect(poolerStatement({kind: 'pooler-pause', pool: ref.pool})).toBe('PAUSE shop');
		expect(poolerStatement({kind: 'pooler-pause', pool: {...ref.pool, database: 'My "shop"; x'}})).toBe('PAUSE "My ""shop""; x"');
	});

	it('finds its pool and client again in a later answer only', () => {
		if (!ref) expect.fail('There is no pool.');
		const at = sample.results.pooler_pools?.at ?? '';
		expect(poolNow(ref.pool, sample, instantAt(1_000_000_000))).toBe('unread');
		expect(poolNow(ref.pool, sample, '2000-01-01T00:00:00.000000+00:00')).toMatchObject({clients_waiting: 7});
		const [client] = sample.results.pooler_clients?.ok ? sample.results.pooler_clients.rows : [];
		const killed = poolerRefOf(shop, client as never, sample)?.client;
		if (!killed) expect.fail('There is no client.');
		expect(poolClientNow(killed, sample, at)).toBe('unread');
		expect(poolClientNow({...killed, id: '99'}, sample, '2000-01-01T00:00:00.000000+00:00')).toBeUndefined();
	});
});
