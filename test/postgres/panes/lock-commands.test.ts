import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {type LockCommand, lockCommands, modeOfName} from '../../../source/core/locks/lock-commands.ts';
import {strengthOf} from '../../../source/core/locks/modes.ts';
import type {Server} from '../../../source/demo/server.ts';
import {type RelationLock, relationLocks} from '../../../source/queries/activity/relation-locks.ts';
import {longestWaitMs} from '../../lifetime.ts';
import {connect, type Session, startTestServer} from '../servers.ts';
import {checked, preflightSample} from './preflight-reading.ts';

/** Statements by the name of their command; each takes the locks of the command and runs in a transaction. */
const statements: Readonly<Record<string, {readonly table: string; readonly sql: string}>> = {
	select: {table: 'public.orders', sql: 'select * from orders where id = 1'},
	'select for update': {table: 'public.orders', sql: 'select * from orders where id = 1 for update'},
	insert: {table: 'public.plain', sql: 'insert into plain values (1)'},
	update: {table: 'public.plain', sql: 'update plain set id = 2'},
	delete: {table: 'public.plain', sql: 'delete from plain'},
	analyze: {table: 'public.plain', sql: 'analyze plain'},
	cluster: {table: 'public.plain', sql: 'cluster plain using plain_pkey'},
	truncate: {table: 'public.orders', sql: 'truncate orders'},
	'truncate cascade': {table: 'public.customers', sql: 'truncate customers cascade'},
	'drop table': {table: 'public.details', sql: 'drop table details'},
	'drop table cascade': {table: 'public.customers', sql: 'drop table customers cascade'},
	'create index': {table: 'public.events', sql: 'create index on events (at)'},
	'drop index': {table: 'public.plain_note', sql: 'drop index plain_note'},
	reindex: {table: 'public.orders', sql: 'reindex table orders'},
	'refresh materialized view': {table: 'public.sums', sql: 'refresh materialized view sums'},
	'refresh materialized view concurrently': {table: 'public.sums', sql: 'refresh materialized view concurrently sums'},
	'create trigger': {
		table: 'public.events',
		sql: 'create trigger t after insert on events for each row execute function nothing()',
	},
	'drop trigger': {table: 'public.plain', sql: 'drop trigger existing on plain'},
	'create policy': {table: 'public.plain', sql: 'create policy p on plain'},
	'create rule': {table: 'public.plain', sql: 'create rule r as on delete to plain do also nothing'},
	'create statistics': {table: 'public.orders', sql: 'create statistics s on id, note from orders'},
	comment: {table: 'public.orders', sql: "comment on table orders is 'x'"},
	'alter table': {table: 'public.events', sql: 'alter table events add column note text'},
	'alter table validate constraint': {table: 'public.orders', sql: 'alter table orders validate constraint unvalidated'},
	'alter table add foreign key': {
		table: 'public.plain',
		sql: 'alter table plain add foreign key (id) references customers',
	},
	'alter table set statistics': {table: 'public.events', sql: 'alter table events alter column at set statistics 10'},
	'alter table set parameter': {table: 'public.plain', sql: 'alter table plain set (fillfactor = 70)'},
	'alter table enable trigger': {table: 'public.plain', sql: 'alter table plain enable trigger existing'},
	'alter table disable trigger': {table: 'public.plain', sql: 'alter table plain disable trigger existing'},
	'alter table attach partition': {table: 'public.events', sql: 'alter table events attach partition spare for values in (9)'},
	'alter table detach partition': {table: 'public.events', sql: 'alter table events detach partition events_1'},
};

const setUp = `
	create table customers (id int primary key, note text);
	create table orders (id int primary key, customer int references customers, note text);
	alter table orders add constraint unvalidated foreign key (customer) references customers not valid;
	create table details (id int primary key, customer int references customers, note text);
	create table plain (id int primary key, note int);
	create index plain_note on plain (note);
	create function nothing() returns trigger language plpgsql as 'begin return null; end';
	create trigger existing after insert on plain for each row execute function nothing();
	create table events (at int, kind int) partition by list (kind);
	create table events_1 partition of events for values in (1);
	create table events_2 partition of events for values in (2);
	create table spare (at int, kind int);
	create materialized view sums as select id from orders;
	create unique index on sums (id);
`;

describe.each([13, 15, 18] as const)('PostgreSQL %i', version => {
	let server: Server;
	let doer: Session;
	let reader: Session;

	beforeAll(async () => {
		server = await startTestServer(version, {autovacuum: 'off'});
		doer = await connect(server);
		reader = await connect(server);
		await doer.query(setUp);
		for (const table of ['customers', 'orders', 'plain']) await doer.query(`vacuum ${table}`);
	});

	afterAll(() => server?.remove());

	/** Strongest mode that a statement takes on each part of a table. */
	const takenBy = async ({table, sql}: {readonly table: string; readonly sql: string}): Promise<Map<string, string>> => {
		await doer.query('begin');
		try {
			await doer.query(sql);
			return await locksOn(table);
		} finally {
			await doer.query('rollback');
		}
	};

	const locksOn = async (table: string): Promise<Map<string, string>> => {
		const {results} = await preflightSample(reader, version, table, 'select');
		const answer = results[relationLocks.name];
		const strongest = new Map<string, string>();
		for (const {part, mode} of (answer?.ok ? answer.rows : []) as readonly RelationLock[]) {
			if (mode === null) continue;
			const known = strongest.get(part);
			if (known === undefined || strengthOf(mode) > strengthOf(known)) strongest.set(part, mode);
		}
		return strongest;
	};

	const ran = lockCommands.filter(({name}) => name in statements);

	it.each(ran.map(command => [command.name, command] as const))(
		'%s takes the locks of its table',
		async (name, command: LockCommand) => {
			const taken = await takenBy(statements[name] as {table: string; sql: string});
			expect(taken.get('table')).toBe(modeOfName[command.mode]);
			const expected = Object.entries(command.relatives ?? {}).map(([part, mode]) => [part, modeOfName[mode]] as const);
			for (const [part, mode] of expected) if (taken.has(part)) expect(`${part} ${taken.get(part)}`).toBe(`${part} ${mode}`);
			// What conflicts with neither readers nor writers needs no mention, nor what a note tells.
			if (command.note !== undefined) return;
			for (const [part, mode] of taken)
				if (part !== 'table' && strengthOf(mode) >= strengthOf('ShareLock'))
					expect(
						expected.map(([each]) => each),
						`${part} ${mode}`,
					).toContain(part);
		},
	);
	it('finds that dropping a partition locks its parent', async () => {
		const taken = await takenBy({table: 'public.events_1', sql: 'drop table events_1'});
		expect([taken.get('table'), taken.get('parent')]).toEqual(['AccessExclusiveLock', 'AccessExclusiveLock']);
	});

	it('finds a transaction on another table in the way of CREATE INDEX CONCURRENTLY, as the server does', async () => {
		const old = await connect(server, {applicationName: 'report'});
		const oldPid = (await old.query<{pid: number}>('select pg_backend_pid() as pid')).rows[0]?.pid;
		await old.query('begin isolation level repeatable read; select count(*) from customers');
		await vi.waitUntil(
			async () =>
				(await checked(reader, version, 'plain', 'create index concurrently')).obstacles.some(
					({pid, how}) => pid === oldPid && how === 'snapshot',
				),
			{timeout: longestWaitMs},
		);
		const builder = await connect(server, {applicationName: 'builder'});
		const built = builder.query('create index concurrently late on plain (id)');
		await vi.waitUntil(
			async () => (await reader.query("select from pg_locks where locktype = 'virtualxid' and not granted")).rowCount === 1,
			{timeout: longestWaitMs},
		);
		await old.query('commit');
		await built;
		expect((await checked(reader, version, 'plain', 'create index concurrently')).obstacles).toEqual([]);
	});
});
