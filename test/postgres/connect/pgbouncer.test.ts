import {afterAll, beforeAll, expect, test} from 'vitest';
import {resolvePooler} from '../../../source/adapters/pgbouncer/target.ts';
import type {Pane} from '../../../source/core/pane/pane.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {watchBeside} from '../beside.ts';
import {targetOf} from '../lanes.ts';
import {startTestServer} from '../servers.ts';

let server: Server;
beforeAll(async () => {
	server = await startTestServer(15);
});
afterAll(() => server?.remove());

const pane = registry.panes.find(({id}) => id === 'sessions') as Pane;

test.each([
	['a PostgreSQL', 'dbname=postgres', /.* is not a PgBouncer console\. Name the console/],
	[
		'a PostgreSQL without such a database',
		'',
		/The console of PgBouncer: database "pgbouncer" does not exist\. Name the console/,
	],
	['nobody', 'port=1', /The console of PgBouncer: There is no server socket at .*:1\. It is retried/],
])('where %s answers instead of PgBouncer, a sentence says so and the sessions are shown', async (_, more, sentence) => {
	const pgbouncer = `host=${server.host} port=${server.port} ${more}`;
	await using watched = watchBeside(targetOf(server), 'sessions', {pgbouncer: [pgbouncer]});
	const newest = (): Sample => watched.samples.at(-1) as Sample;
	await watched.until('a sample', rows => rows.length > 0 && newest().results.pgbouncer !== undefined);
	expect(pane.notice(newest())).toMatch(sentence);
	const json = watched.json();
	expect(json.ok && json.missing).toMatchObject([{query: 'pgbouncer'}]);
});

test('no console is asked without --pgbouncer, and nothing is missing', async () => {
	await using watched = watchBeside(targetOf(server), 'sessions');
	await watched.until('rows', rows => rows.length > 0);
	const json = watched.json();
	expect(json.ok && json.missing).toBeFalsy();
	expect(json.ok && json.rows[0]).toMatchObject({pooler_client_addr: null, pooler_application_name: null});
});

test("the console address comes from the string or the default port, never from the server's variables", () => {
	const environment = {
		PGHOST: 'db.example',
		PGPORT: '5433',
		PGDATABASE: 'shop',
		PGOPTIONS: '-c geqo=off',
		PGUSER: 'me',
		HOME: '/nowhere',
	};
	expect(resolvePooler('host=10.0.0.7', 'monitor', environment)).toMatchObject({
		host: '10.0.0.7',
		port: 6432,
		dbname: 'pgbouncer',
		user: 'monitor',
		options: undefined,
	});
	expect(resolvePooler('postgresql://stats@10.0.0.7:7000/console', 'monitor', environment)).toMatchObject({
		host: '10.0.0.7',
		port: 7000,
		dbname: 'console',
		user: 'stats',
	});
	expect(() => resolvePooler('10.0.0.7', 'monitor', environment)).toThrow('--pgbouncer needs a connection string.');
	expect(() => resolvePooler('host=a,b', 'monitor', environment)).toThrow('--pgbouncer takes one host');
});
