import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createAdmin} from '../../../source/adapters/act/admin.ts';
import {createMaintainer} from '../../../source/adapters/act/maintainer.ts';
import {createSignaller} from '../../../source/adapters/act/signaller.ts';
import {type RightsSeen, withRightsSeen} from '../../../source/adapters/poll/rights-seen.ts';
import type {AdminResult, ServerCommand} from '../../../source/core/actions/admin.ts';
import type {Maintenance, MaintenanceResult, RelationRef} from '../../../source/core/actions/maintenance.ts';
import type {Signal} from '../../../source/core/actions/signal.ts';
import {type KnownTarget, refusalOf, type Target} from '../../../source/core/actions/target.ts';
import type {Failure, Sample} from '../../../source/core/sample/sample.ts';
import type {SignalResult} from '../../../source/core/state/message.ts';
import {identifier} from '../../../source/core/values/quote.ts';
import type {Server} from '../../../source/demo/server.ts';
import {rowsOf} from '../../../source/panes/reading/answers.ts';
import {signalTarget as backendOf} from '../../../source/panes/reading/target.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {rights} from '../../../source/queries/server/roles.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer, undo, undoPrepared} from '../servers.ts';
import {watch} from '../watched.ts';

const tasks: readonly Maintenance[] = ['vacuum', 'analyze', 'reindex'];

describe.each([13, 15, 17, 18] as const)('on PostgreSQL %i', version => {
	let server: Server;
	let admin: Client;

	beforeAll(async () => {
		server = await startTestServer(version, {max_prepared_transactions: '5', autovacuum_naptime: '1s'});
		admin = await connect(server);
		await admin.query('create role owner login');
	});
	afterAll(() => server?.remove());

	let made = 0;
	/** A log-in role with a name that needs quotes and the given grants. */
	const roleWith = async (...granted: readonly string[]): Promise<string> => {
		const role = `Role ${made++}`;
		await admin.query(`create role ${identifier(role)} login`);
		for (const grant of granted) await admin.query(`grant ${grant} to ${identifier(role)}`);
		return role;
	};

	/** Runs the grant that the sentence names. */
	const follow = async (failure: Failure | undefined): Promise<void> => {
		const [grant] = /grant .*? to (?:"[^"]+"|\w+)/i.exec(failure?.hint ?? '') ?? [];
		if (grant === undefined) return expect.fail(`There is no grant in: ${failure?.hint}`);
		await admin.query(grant);
	};

	/** The first matching backend that a role sees, as the screen identifies it. */
	const seenBy = async (role: string, wanted: (session: {pid: number; query: string | null}) => boolean): Promise<Target> => {
		await using watched = await watch(server, sessionsPane, role);
		const found = (sample: Sample): number | undefined => rowsOf(sample, sessions).find(wanted)?.pid;
		const sample = await watched.until('the session', (_, seen) => found(seen) !== undefined);
		return backendOf(found(sample) ?? 0, sample) as Target;
	};

	/** How a role belongs to the predefined roles, as the samples of its monitor show it. */
	const belongingOf = async (role: string): Promise<RightsSeen['belongingTo']> => {
		await using watched = await watch(server, sessionsPane, role);
		const sample = await watched.until('the rights', (_, seen) => seen.results[rights.name]?.ok === true);
		const {source, belongingTo} = withRightsSeen(dispatch => {
			dispatch({type: 'sample', sample});
			return {setInterval: () => {}, refresh: () => {}, watch: () => {}, aim: () => {}, stop: async () => {}};
		});
		source(() => {});
		return belongingTo;
	};

	const send = async (role: string, signal: Signal, target: Target): Promise<SignalResult> => {
		await using lane = laneTo(targetOf(server, {user: role}), {readOnly: false});
		await ready(lane);
		return await createSignaller([lane], role, () => {}, await belongingOf(role)).send(signal, target as KnownTarget);
	};

	/** A sleeping session and a function that ends it. */
	const sleeper = async (user: string) => {
		const client = await connect(server, {user});
		const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
		const pid = rows[0]?.pid ?? 0;
		const end = client.query('select pg_sleep(600)').then(
			() => 'finished',
			(error: {code: string}) => error.code,
		);
		await expect
			.poll(async () => (await admin.query("select from pg_stat_activity where pid = $1 and state = 'active'", [pid])).rowCount)
			.toBe(1);
		return {pid, end};
	};

	describe.each([
		['cancel', '57014'],
		['terminate', '57P01'],
	] as const)('to %s', (signal, code) => {
		it('the session of another role needs pg_signal_backend and nothing else', async () => {
			const role = await roleWith('pg_monitor');
			const {pid, end} = await sleeper('owner');
			const target = await seenBy(role, session => session.pid === pid);
			expect(refusalOf(signal, target)).toBeUndefined();
			const {outcome, failure} = await send(role, signal, target);
			expect({outcome, code: failure?.code}).toEqual({outcome: 'refused', code: '42501'});
			expect(failure?.hint).toBe(`Needs: GRANT pg_signal_backend TO "${role}", or membership in owner`);
			await follow(failure);
			expect(await send(role, signal, target)).toMatchObject({outcome: 'sent'});
			expect(await end).toBe(code);
		});

		it('the session of another role needs inheritance if the role has pg_signal_backend by SET ROLE only', async () => {
			const role = await roleWith('pg_monitor');
			const {pid, end} = await sleeper('owner');
			const target = await seenBy(role, session => session.pid === pid);
			const name = identifier(role);
			if (version >= 16) await admin.query(`grant pg_signal_backend to ${name} with inherit false`);
			else {
				const team = identifier(`Team of ${role}`);
				await admin.query(`create role ${team} noinherit; grant pg_signal_backend to ${team}; grant ${team} to ${name}`);
			}
			const {failure} = await send(role, signal, target);
			const statement = `GRANT pg_signal_backend TO ${name}${version >= 16 ? ' WITH INHERIT TRUE' : ''}`;
			expect(failure?.hint).toBe(`Needs: ${statement}, or membership in owner`);
			await admin.query(statement);
			expect(await send(role, signal, target)).toMatchObject({outcome: 'sent'});
			expect(await end).toBe(code);
		});

		it('the session of another role is refused with the missing right if it cannot be seen', async () => {
			const role = await roleWith('pg_signal_backend');
			const {pid} = await sleeper('owner');
			const target = await seenBy(role, session => session.pid === pid);
			expect(refusalOf(signal, target)).toBe(`${pid} cannot be identified: this role lacks the privileges of pg_monitor.`);
		});

		it('a session of the same role needs no right', async () => {
			const role = await roleWith();
			const {pid, end} = await sleeper(role);
			const target = await seenBy(role, session => session.pid === pid);
			expect(refusalOf(signal, target)).toBeUndefined();
			expect(await send(role, signal, target)).toMatchObject({outcome: 'sent'});
			expect(await end).toBe(code);
		});

		it('the session of a superuser needs a superuser', async () => {
			const role = await roleWith('pg_monitor', 'pg_signal_backend');
			const {pid, end} = await sleeper('postgres');
			const target = await seenBy(role, session => session.pid === pid);
			expect(target.superuser).toBe(true);
			expect(await send(role, signal, target)).toMatchObject({
				outcome: 'refused',
				failure: {code: '42501', hint: 'Only a superuser can signal the sessions of a superuser.'},
			});
			expect(await send('postgres', signal, target)).toMatchObject({outcome: 'sent'});
			expect(await end).toBe(code);
		});
	});

	it(`autovacuum needs ${version < 18 ? 'a superuser' : 'pg_signal_autovacuum_worker and nothing else'}`, async () => {
		undo(server, 'drop table slow');
		await admin.query(`create table slow with (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
				autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)
			as select id, repeat('x', 500) as filler from generate_series(1, 20000) as id`);
		await admin.query('delete from slow');
		// Up to PostgreSQL 14 an idle session does not report its latest counters.
		await expect
			.poll(async () => (await admin.query("select from pg_stat_all_tables where relname = 'slow' and n_dead_tup > 0")).rowCount)
			.toBe(1);
		const role = await roleWith('pg_monitor', 'pg_signal_backend');
		const worker = await seenBy(role, ({query}) => /^autovacuum: VACUUM .*public\.slow/.test(query ?? ''));
		const {outcome, failure} = await send(role, 'cancel', worker);
		expect(outcome).toBe('refused');
		if (version < 18) expect(failure?.hint).toBe('Before PostgreSQL 18, only a superuser can signal autovacuum.');
		else {
			expect(failure?.hint).toBe(`Needs: GRANT pg_signal_autovacuum_worker TO "${role}"`);
			await follow(failure);
		}
		expect(await send(version < 18 ? 'postgres' : role, 'cancel', worker)).toMatchObject({outcome: 'sent'});
	});

	const tableOf = async (owner: string): Promise<RelationRef> => {
		const name = `t${made++}`;
		await admin.query(
			`create table ${name} as select 1 as id; create index on ${name} (id); alter table ${name} owner to ${identifier(owner)}`,
		);
		const {rows} = await admin.query<{oid: number}>('select $1::regclass::oid as oid', [name]);
		return {database: 'postgres', oid: rows[0]?.oid ?? 0, kind: 'table', name: `public.${name}`};
	};
	const run = (role: string, task: Maintenance, relation: RelationRef): Promise<MaintenanceResult> =>
		createMaintainer(targetOf(server, {user: role})).begin(task, relation, () => {}).ended;

	it.each(tasks)('%s needs the owner or the right in the sentence', async task => {
		const relation = await tableOf('owner');
		const role = await roleWith('pg_monitor', 'pg_signal_backend');
		const {outcome, failure} = await run(role, task, relation);
		expect(outcome).toBe(task === 'reindex' ? 'failed' : 'nothing');
		if (version >= 17) {
			expect(failure?.hint).toBe(`Needs: GRANT MAINTAIN ON ${relation.name} TO "${role}", or GRANT pg_maintain TO "${role}"`);
			await follow(failure);
			expect(await run(role, task, relation)).toMatchObject({outcome: 'done', failure: undefined});
			expect(await run(await roleWith('pg_maintain'), task, relation)).toMatchObject({outcome: 'done'});
		} else
			expect(failure?.hint).toBe(
				task === 'reindex'
					? 'Before PostgreSQL 17, only its owner owner or a superuser can do this.'
					: 'Before PostgreSQL 17, only its owner owner, the database owner or a superuser can do this.',
			);
		expect(await run('owner', task, relation)).toMatchObject({outcome: 'done'});
	});

	const order = (role: string, given: ServerCommand): Promise<AdminResult> =>
		createAdmin(targetOf(server, {user: role})).run(given);

	it.each([{kind: 'reload'}, {kind: 'reset-statistics', database: 'postgres'}] as const)(
		'$kind needs EXECUTE on its function and nothing else',
		async given => {
			const role = await roleWith('pg_monitor');
			const {outcome, failure} = await order(role, given);
			expect({outcome, code: failure?.code}).toEqual({outcome: 'failed', code: '42501'});
			expect(failure?.hint).toMatch(
				/^Needs a superuser, or in postgres: GRANT EXECUTE ON FUNCTION pg_catalog\.pg_\w+\(\) TO "Role \d+"$/,
			);
			await follow(failure);
			expect(await order(role, given)).toEqual({outcome: 'done', failure: undefined});
		},
	);

	it('ROLLBACK PREPARED needs the role that prepared it, not a member of it', async () => {
		undoPrepared(server);
		const owner = await connect(server, {user: 'owner'});
		await owner.query("begin; prepare transaction 'half'");
		const {rows} = await admin.query<{at: string}>(
			`select to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as at from pg_prepared_xacts`,
		);
		const transaction = {gid: 'half', database: 'postgres', prepared: rows[0]?.at ?? '', owner: 'owner'};
		const given = {kind: 'rollback-prepared', transaction} as const;
		expect(await order(await roleWith('owner'), given)).toMatchObject({
			outcome: 'failed',
			failure: {code: '42501', hint: 'Only owner (who prepared it) or a superuser can roll it back; membership is not enough.'},
		});
		expect(await order('owner', given)).toMatchObject({outcome: 'done'});
	});

	it('a database without CONNECT for the role names that right', async () => {
		undo(server, 'drop database closed with (force)');
		await admin.query('create database closed');
		await admin.query('revoke connect on database closed from public');
		const role = await roleWith();
		const given = {kind: 'reset-statistics', database: 'closed'} as const;
		const {failure} = await order(role, given);
		expect(failure?.hint).toBe(`Needs: grant connect on database closed to "${role}"`);
		await follow(failure);
		expect((await order(role, given)).failure?.hint).toContain('pg_stat_reset');
	});
});
