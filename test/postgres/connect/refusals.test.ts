import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {failureOf, serverName} from '../../../source/adapters/connect/failures.ts';
import {logIn} from '../../../source/adapters/session/log-in.ts';
import type {Failure} from '../../../source/core/sample/sample.ts';
import type {Server} from '../../../source/demo/server.ts';
import {targetOf} from '../lanes.ts';
import {connect, type Session, serverVersions, startTestServer} from '../servers.ts';

const rules = `
local all peered peer
local all barred reject
local all outsourced radius radiusservers=127.0.0.1 radiusports=9 radiussecrets=secret
local all scrammed,expired scram-sha-256
`;

const objects = `
set password_encryption = 'scram-sha-256';
create role peered login;
create role barred login;
create role outsourced login;
create role scrammed login password 'right';
create role expired login password 'right' valid until 'yesterday';
create role shut;
create role limited login connection limit 0;
`;

const databases = [
	'create database walled',
	'revoke connect on database walled from public',
	'create database narrow connection limit 0',
	'create database closed with allow_connections false',
];

/** Failure of a login, with the parts of a message from each version in its own words. */
const refusal = async (server: Pick<Server, 'host' | 'port'>, parameters: Readonly<Record<string, string>>): Promise<Failure> => {
	const target = targetOf(server, parameters);
	const limits = {purpose: 'polling', statementTimeoutMs: 5000, lockTimeoutMs: 200} as const;
	try {
		const session = await logIn(target, {limits, signal: new AbortController().signal, onLost: () => {}});
		session.destroy();
	} catch (error) {
		return failureOf(error, serverName(target));
	}
	throw new Error(`${JSON.stringify(parameters)} was let in`);
};

type Case = readonly [what: string, parameters: Readonly<Record<string, string>>, code: string, message: RegExp, hint: RegExp];

const cases: readonly Case[] = [
	[
		'a role that does not exist',
		{user: 'nobody_here'},
		'28000',
		/does not exist/,
		/^Check that the role nobody_here exists and may/,
	],
	['a role that may not log in', {user: 'shut'}, '28000', /not permitted/, /^Check that the role shut exists and may log in/],
	[
		'an operating-system user of another name',
		{user: 'peered'},
		'28000',
		/Peer/,
		/as the operating-system user peered.*pg_ident/,
	],
	['a line that rejects', {user: 'barred'}, '28000', /pg_hba/, /^Add a line for this user and database to pg_hba\.conf/],
	[
		'a password that another service refuses',
		{user: 'outsourced', password: 'x'},
		'password_refused',
		/RADIUS/,
		/^Another service checks the password of outsourced/,
	],
	['a wrong password', {user: 'scrammed', password: 'x'}, '28P01', /password/, /^Check the password of scrammed/],
	['an expired password', {user: 'expired', password: 'right'}, '28P01', /password/, /that it has not expired\.$/],
	['a database that does not exist', {dbname: 'nowhere'}, '3D000', /does not exist/, /^Choose another with -d; psql -l/],
	[
		'a database without CONNECT',
		{user: 'plain', dbname: 'walled'},
		'42501',
		/permission/,
		/^Needs: grant connect on database walled to plain$/,
	],
	['a database that is full', {user: 'plain', dbname: 'narrow'}, '53300', /too many/, /alter database narrow connection limit/],
	['a role that is full', {user: 'limited'}, '53300', /too many/, /alter role limited connection limit/],
	[
		'a database that takes no connections',
		{dbname: 'closed'},
		'55000',
		/not currently/,
		/alter database closed with allow_connections true$/,
	],
];

describe.each(serverVersions)('PostgreSQL %i', version => {
	let server: Server;
	beforeAll(async () => {
		server = await startTestServer(version, {
			max_connections: '7',
			superuser_reserved_connections: '2',
			max_wal_senders: '0',
			autovacuum: 'off',
			...(version >= 16 && {reserved_connections: '1'}),
		});
		const admin = await connect(server);
		await admin.query(objects);
		for (const sql of databases) await admin.query(sql);
		const hba = join(server.directory, 'pg_hba.conf');
		writeFileSync(hba, `${rules}${readFileSync(hba, 'utf8')}`);
		await admin.query('select pg_reload_conf()');
		const {rows} = await admin.query('select error from pg_hba_file_rules where error is not null');
		expect(rows).toEqual([]);
		await admin.end();
	});
	afterAll(() => server?.remove());

	test.each(cases)('%s gets its own remedy', async (_, parameters, code, message, hint) => {
		expect(await refusal(server, parameters)).toEqual({
			code,
			message: expect.stringMatching(message),
			hint: expect.stringMatching(hint),
		});
	});

	test('slots that are reserved are told from slots that are all taken', async () => {
		const crowd: Session[] = [];
		const fill = async (user: string): Promise<void> => {
			for (;;) {
				try {
					crowd.push(await connect(server, {user}));
				} catch {
					return;
				}
			}
		};
		await fill('plain');
		expect(await refusal(server, {user: 'plain'})).toMatchObject({
			code: '53300',
			message: expect.stringMatching(/^All ordinary connection slots are taken: remaining connection slots are reserved/),
			hint: expect.stringContaining('such as a superuser'),
		});
		await fill('postgres');
		expect(await refusal(server, {})).toMatchObject({
			code: '53300',
			message: 'All connection slots of the server are taken, including those reserved for superusers.',
		});
		await Promise.all(crowd.map((client: Client) => client.end()));
	});
});
