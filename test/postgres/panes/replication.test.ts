import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type pg from 'pg';
import {expect, it} from 'vitest';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import type {Server} from '../../../source/demo/server.ts';
import {roleOf} from '../../../source/panes/header/header.ts';
import {rowsOf} from '../../../source/panes/reading/answers.ts';
import {replicationPane} from '../../../source/panes/replication/replication.ts';
import {subscriptions} from '../../../source/queries/replication/subscriptions.ts';
import {pulse} from '../../../source/queries/server/server.ts';
import {triage} from '../poll/triage.ts';
import {connect, connectSender, type ServerVersion, startStandby, startTestServer, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const megabyte = 1024 ** 2;

const of = (rows: readonly Row[], section: string): Row | undefined => rows.find(row => row.section === section);
const called = (rows: readonly Row[], name: string): Row | undefined =>
	rows.find(({slot_name, application_name}) => (slot_name ?? application_name) === name);

const watchReplication = (server: Server, user?: string): Promise<Watched> => watch(server, replicationPane, user);

/** Inspect page of a row in a sample. */
const told = ({samples}: Watched, sample: Sample, section: string): string => {
	const row = replicationPane.rows(sample, samples).find(each => each.section === section) as Row;
	return replicationPane.inspect(row, sample, 10_000, samples).map(textOf).join('\n');
};

/** Writes a number of bytes of WAL. */
const writeWal = (client: pg.Client, bytes: number): Promise<unknown> =>
	client.query("select pg_logical_emit_message(false, 'test', repeat('x', $1))", [bytes]);

/** Fills segments without writing them. */
const switchSegments = async (client: pg.Client, count: number): Promise<void> => {
	for (let index = 0; index < count; index++) {
		await writeWal(client, 10);
		await client.query('select pg_switch_wal()');
	}
};

const lag = (sample: Sample): number | null => rowsOf(sample, pulse)[0]?.replay_lag_bytes ?? null;

it.each<ServerVersion>([13, 15, 18])(
	'a standby of PostgreSQL %i with paused replay lags in bytes, not in time, and its cascaded standby does not',
	async version => {
		await withServer(version, async primary => {
			const standby = await startStandby(primary);
			try {
				const cascade = await startStandby(standby, {}, 'cascade');
				try {
					await using above = await watchReplication(primary);
					await using between = await watchReplication(standby);
					await using below = await watchReplication(cascade);
					const caughtUp = await above.until(
						'a standby that is caught up',
						(rows, sample) => called(rows, 'standby')?.replay_lag_bytes === 0 && lag(sample) === 0,
					);
					expect(called(above.rows(caughtUp), 'standby')).toMatchObject({
						section: 'sender',
						state: 'streaming',
						replay_lag_seconds: 0,
					});

					const there = await connect(standby);
					const here = await connect(primary);
					await there.query('select pg_wal_replay_pause()');
					await between.until('the pause', rows => of(rows, 'standby')?.replay_state === 'paused');
					await writeWal(here, 3 * megabyte);
					const behind = await above.until('the lag', rows => {
						const row = of(rows, 'sender');
						return Number(row?.replay_lag_bytes) > 2 * megabyte && row?.flush_lag_bytes === 0 && row.replay_lag_seconds === null;
					});
					expect(of(above.rows(behind), 'sender')).toMatchObject({sent_lag_bytes: 0, write_lag_bytes: 0, flush_lag_seconds: 0});
					expect(lag(behind)).toBeGreaterThan(2 * megabyte);
					expect(told(above, behind, 'sender')).toContain('received but not replayed');
					await above.until('two replies', (_, sample) =>
						told(above, sample, 'sender').includes('Replay has not moved for seconds'),
					);

					const paused = await between.until('the gap', rows => Number(of(rows, 'standby')?.replay_gap_bytes) > 2 * megabyte);
					expect(lag(paused)).toBeGreaterThan(2 * megabyte);
					expect(told(between, paused, 'standby')).toContain('select pg_wal_replay_resume()');
					// Received WAL is sent on before it is replayed.
					await between.until('the standby behind it', rows => {
						const row = called(
							rows.filter(({section}) => section === 'sender'),
							'cascade',
						);
						return row?.sent_lag_bytes === 0 && row.replay_lag_bytes === 0;
					});
					const level = await below.until('the standby behind it', rows => of(rows, 'standby')?.replay_state === 'caught up');
					expect(of(below.rows(level), 'standby')).toMatchObject({replay_gap_bytes: 0, lag_seconds: 0});
					expect(of(below.rows(level), 'receiver')).toMatchObject({status: 'streaming', slot_name: 'cascade', received_tli: 1});

					await there.query('select pg_wal_replay_resume()');
					const again = await above.until('the end of the lag', rows => of(rows, 'sender')?.replay_lag_bytes === 0);
					expect(of(above.rows(again), 'sender')?.replay_lag_seconds).toBe(0);
				} finally {
					await cascade.remove();
				}
			} finally {
				await standby.remove();
			}
		});
	},
);

it.each<ServerVersion>([13, 18])('a promoted standby of PostgreSQL %i is a primary on another timeline', async version => {
	await withServer(version, async primary => {
		const standby = await startStandby(primary);
		try {
			await using watched = await watchReplication(standby);
			const here = await connect(primary);
			await watched.until('a standby', rows => of(rows, 'standby')?.replay_state === 'caught up');
			await writeWal(here, megabyte);
			const before = await watched.until('a rate', rows => Number(of(rows, 'wal')?.wal_bytes_per_second) > 0);
			expect(roleOf(before)).toBe('standby');
			expect(of(watched.rows(before), 'wal')?.timeline).toBe(1);
			await (await connect(standby)).query('select pg_promote()');
			const after = await watched.until('the new timeline', rows => of(rows, 'wal')?.timeline === 2);
			expect(of(watched.rows(after), 'wal')?.wal_bytes_per_second).toBeNull();
			const later = await watched.until('a primary without what only a standby has', rows => !of(rows, 'standby'));
			expect(roleOf(later)).toBe('primary');
			expect(of(watched.rows(later), 'receiver')).toBeUndefined();
			await watched.until('a rate of its own', rows => of(rows, 'wal')?.wal_bytes_per_second !== null);
			// Late answers are those of a busy machine.
			const failures = watched.samples.flatMap(({results}) =>
				Object.values(results).flatMap(each => (each.ok ? [] : each.error)),
			);
			expect(failures.filter(({code}) => code !== 'deadline')).toEqual([]);
		} finally {
			await standby.remove();
		}
	});
});

it.each<ServerVersion>([13, 15, 18])('an unused slot of PostgreSQL %i keeps WAL until it is lost', async version => {
	const settings = {wal_level: 'logical', max_slot_wal_keep_size: '8MB', max_wal_size: '4MB', min_wal_size: '4MB'};
	await withServer(
		version,
		async server => {
			const client = await connect(server);
			await client.query("select pg_create_physical_replication_slot('spare', true)");
			await client.query("select pg_create_logical_replication_slot('feed', 'pgoutput')");
			await client.query("select pg_create_physical_replication_slot('unused')");
			await using watched = await watchReplication(server);
			await watched.until('the slots', rows => called(rows, 'spare')?.wal_status === 'reserved');
			const feed = called(watched.rows(), 'feed');
			expect(feed).toMatchObject({slot_type: 'logical', plugin: 'pgoutput', database: 'postgres', active: false});
			expect(feed?.catalog_xmin_age).toBeGreaterThanOrEqual(0);
			expect(called(watched.rows(), 'unused')).toMatchObject({retained_bytes: null, wal_status: null});
			await switchSegments(client, 2);
			const kept = await watched.until('what is kept', rows => Number(called(rows, 'spare')?.retained_bytes) > megabyte);
			const safe = Number(called(watched.rows(kept), 'spare')?.safe_wal_bytes);
			expect(safe).toBeLessThan(8 * megabyte);
			expect(safe).toBeGreaterThan(0);
			await switchSegments(client, 1);
			const filling = await watched.until('the forecast', rows => called(rows, 'spare')?.fills_in_seconds !== null);
			expect(called(watched.rows(filling), 'spare')?.growth_bytes_per_second).toBeGreaterThan(0);
			await switchSegments(client, 16);
			await client.query('checkpoint');
			const lost = await watched.until('the loss', rows => called(rows, 'spare')?.wal_status === 'lost');
			expect(called(watched.rows(lost), 'spare')).toMatchObject({
				retained_bytes: null,
				safe_wal_bytes: null,
				fills_in_seconds: null,
			});
			expect(called(watched.rows(lost), 'spare')?.invalidation_reason).toBe(version >= 17 ? 'wal_removed' : null);
			expect(told(watched, lost, 'slot')).toMatch(/It is lost.*select pg_drop_replication_slot\('(feed|spare)'\)/);
		},
		settings,
	);
});

it('a conflicting change stops the apply worker and makes the publisher keep WAL, from 15 to 18', async () => {
	await withServer(
		15,
		async publisher => {
			const subscriber = await startTestServer(18, {wal_retrieve_retry_interval: '500ms'});
			try {
				const from = await connect(publisher);
				const to = await connect(subscriber);
				for (const client of [from, to]) await client.query('create table orders (id int primary key)');
				await from.query('create publication orders for table orders');
				await to.query(
					`create subscription orders connection 'host=${publisher.host} user=postgres dbname=postgres' publication orders`,
				);
				await using there = await watchReplication(publisher);
				await using here = await watchReplication(subscriber);
				await here.until('a worker and a copied table', rows => {
					const row = of(rows, 'subscription');
					return row?.worker === 'running' && row.tables_not_ready === 0;
				});
				expect(of(here.rows(), 'subscription')).toMatchObject({
					subname: 'orders',
					enabled: true,
					database: 'postgres',
					tables: 1,
					conflicts: 0,
				});
				expect(JSON.stringify(rowsOf(here.samples.at(-1) as Sample, subscriptions))).not.toContain(`host=${publisher.host}`);
				await there.until('the sender', rows => called(rows, 'orders')?.state === 'streaming');
				await to.query('insert into orders values (1)');
				await from.query('insert into orders values (1)');
				const down = await here.until('the worker to go down', rows => {
					const row = of(rows, 'subscription');
					return row?.worker === 'down' && Number(row.apply_error_count) > 0 && Number(row.conflicts) > 0;
				});
				expect(of(here.rows(down), 'subscription')).toMatchObject({
					pid: null,
					conflict_kinds: expect.stringContaining('insert_exists'),
				});
				const failing = await here.until('the finding', (_, sample) =>
					triage(sample, here.samples).some(({rule}) => rule === 'subscription-failing'),
				);
				expect(triage(failing, here.samples).find(({rule}) => rule === 'subscription-failing')).toMatchObject({
					severity: 'critical',
					summary: expect.stringMatching(/^Subscription orders cannot apply changes: \d+ failures? in /),
				});
				expect(told(here, down, 'subscription')).toContain('Its apply worker is down');
				await to.query('alter subscription orders disable');
				await here.until('the subscription to be disabled', rows => of(rows, 'subscription')?.worker === 'disabled');
				await there.until('a slot that nobody uses', rows =>
					rows.some(row => row.slot_name === 'orders' && row.active === false),
				);
				await to.query('delete from orders; alter subscription orders enable');
				await here.until('the worker to run again', rows => of(rows, 'subscription')?.worker === 'running');
				await to.query('drop subscription orders');
			} finally {
				await subscriber.remove();
			}
		},
		{wal_level: 'logical'},
	);
});

it.each<ServerVersion>([13, 18])(
	'a failing archiver of PostgreSQL %i has a backlog, also for roles that cannot list files',
	async version => {
		await withServer(
			version,
			async server => {
				const client = await connect(server);
				const broken = join(server.directory, 'broken');
				await client.query("alter system set archive_command = 'test ! -f broken'");
				await client.query('select pg_reload_conf()');
				await using watched = await watchReplication(server, 'monitor');
				await using plain = await watchReplication(server, 'plain');
				await switchSegments(client, 1);
				await watched.until('an archived segment', rows => {
					const row = of(rows, 'archiver');
					return row?.archiver_state === 'archiving' && Number(row.archived_count) > 0 && row.backlog_files === 0;
				});
				await client.query(`copy (select 1) to '${broken}'`);
				await switchSegments(client, 3);
				const failing = await watched.until('the failure', rows => {
					const row = of(rows, 'archiver');
					return row?.archiver_state === 'failing' && row.backlog_files === 3;
				});
				expect(of(watched.rows(failing), 'archiver')).toMatchObject({backlog_bytes: 3 * megabyte, archive_mode: 'on'});
				expect(told(watched, failing, 'archiver')).toContain('3 segments (3.0MB) wait');
				await plain.until('the same, reckoned', rows => of(rows, 'archiver')?.backlog_files === 3);
				expect(of(plain.rows(), 'wal')?.wal_directory_bytes).toBeNull();
				expect(of(watched.rows(), 'wal')?.wal_directory_bytes).toBeGreaterThanOrEqual(3 * megabyte);
				rmSync(broken);
				await switchSegments(client, 1);
				await watched.until('the end of the backlog', rows => {
					const row = of(rows, 'archiver');
					return row?.archiver_state === 'archiving' && row.backlog_files === 0;
				});
				await client.query("alter system set archive_command = ''");
				await client.query('select pg_reload_conf()');
				const without = await watched.until('no command', rows => of(rows, 'archiver')?.archiver_state === 'no command');
				expect(told(watched, without, 'archiver')).toContain('neither an archive_command nor');
			},
			{archive_mode: 'on'},
		);
	},
);

it.each<ServerVersion>([13, 18])('a plain role of PostgreSQL %i gets the number of hidden rows', async version => {
	await withServer(version, async primary => {
		const standby = await startStandby(primary);
		try {
			for (const [server, section, masked] of [
				[primary, 'sender', {state: null, replay_lag_bytes: null, replay_lag_seconds: null}],
				[standby, 'receiver', {status: null, sender: null}],
			] as const) {
				await using watched = await watchReplication(server, 'plain');
				const sample = await watched.until('a masked row', rows => of(rows, section) !== undefined);
				const json = paneJson(replicationPane, sample, watched.samples, parseFilter('', replicationPane.columns), undefined);
				expect(json).toMatchObject({ok: true, hidden: {rows: 2, hint: 'GRANT pg_monitor TO plain'}});
				expect(json).not.toHaveProperty('missing');
				expect(of(watched.rows(sample), section)).toMatchObject({...masked, pid: expect.any(Number)});
				await using seen = await watchReplication(server, 'monitor');
				const whole = await seen.until('a row', rows => of(rows, section) !== undefined);
				expect(replicationPane.hidden(whole)).toBeUndefined();
			}
		} finally {
			await standby.remove();
		}
	});
});

it('commits waiting for a missing synchronous standby are reported', async () => {
	await withServer(18, async server => {
		const client = await connect(server);
		await connectSender(server, 'other');
		await client.query("alter system set synchronous_standby_names = 'nobody'");
		await client.query('select pg_reload_conf()');
		await using watched = await watchReplication(server);
		const sample = await watched.until('the setting', rows => of(rows, 'wal')?.synchronous_standby_names === 'nobody');
		expect(told(watched, sample, 'wal')).toContain('commits wait forever');
	});
});
