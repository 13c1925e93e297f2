import type {Client} from 'pg';
import {beforeEach, describe, expect, it} from 'vitest';
import {askWithRetry} from '../../source/adapters/poll/failures.ts';
import type {Reply} from '../../source/adapters/session/answering.ts';
import type {Server} from '../../source/demo/server.ts';
import {laneTo, ready, targetOf} from '../postgres/lanes.ts';
import {connect, startStandby, startTestServer} from '../postgres/servers.ts';
import {holdsOut, leave, sleeper, watching} from './watching.ts';

let primary: Server;
let standby: Server;
let writer: Client;
let reader: Client;

// Each test has a pair of its own: one of them promotes the standby.
beforeEach(async () => {
	primary = await startTestServer(18);
	writer = await connect(primary, {applicationName: 'writer'});
	await writer.query('create table ledger (id int, note text); insert into ledger values (1)');
	standby = await startStandby(primary, {max_standby_streaming_delay: '0'});
	reader = await connect(standby, {applicationName: 'reader'});
});

describe('a standby', () => {
	it('whose replay cancels our query is asked again over the same session', async () => {
		await using lane = laneTo(targetOf(standby));
		const {generation} = await ready(lane);
		const sql = 'select count(*), pg_catalog.pg_sleep(2.5) from public.ledger';
		const replies: Reply[] = [];
		const answer = askWithRetry(async () => {
			const reply = await lane.run({name: 'ledger', sql, deadlineMs: 8000});
			replies.push(reply);
			return reply;
		});
		await expect
			.poll(
				async () =>
					(await reader.query("select from pg_stat_activity where query like '%ledger%' and wait_event = 'PgSleep'")).rowCount,
			)
			.toBeGreaterThan(0);
		await writer.query('begin; lock table ledger in access exclusive mode; commit');
		expect((await answer).ok).toBe(true);
		expect(replies.map(reply => reply.ok || reply.error.code)).toEqual(['40001', true]);
		expect(lane.status().generation).toBe(generation);
	});

	it('whose replay conflicts with our queries shows no error page', async () => {
		const screen = await watching(standby, {shows: /No session|reader/});
		screen.press('i');
		await screen.until(/reader/);
		for (let times = 0; times < 40; times++)
			await writer.query(
				'begin; lock table pg_catalog.pg_database in access exclusive mode; lock table pg_catalog.pg_class in access exclusive mode; commit',
			);
		await holdsOut(screen);
		await screen.until(text => /reader/.test(text) && !/STALE|Retrying/.test(text));
		await leave(screen);
	});

	it('with paused replay shows its lag in bytes', async () => {
		await reader.query('select pg_wal_replay_pause()');
		const screen = await watching(standby, {pane: 'replication', shows: /paused/i});
		await writer.query("insert into ledger select g, repeat('x', 100) from generate_series(1, 100000) g");
		await screen.until(/lag +\d+(\.\d+)?MB/);
		await reader.query('select pg_wal_replay_resume()');
		await screen.until(text => !/paused/i.test(text));
		await holdsOut(screen);
		await leave(screen);
	});

	it('that is promoted is a primary on the next screen, and closes an open question', async () => {
		await sleeper(standby);
		const screen = await watching(standby);
		await screen.until(/ standby /);
		screen.press('down', 'K');
		await screen.until(/pg_terminate_backend/);
		await reader.query('select pg_promote(true)');
		await screen.until(text => /This server was promoted to primary/.test(text) && !text.includes('pg_terminate_backend'));
		expect(screen.rows()[0]).toMatch(/ primary /);
		screen.press('K');
		await screen.until(/changed its role/);
		screen.press('ctrl-c');
		expect(await screen.exited).toBe(0);
		expect(screen.unrestored()).toEqual([]);
	});
});
