import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type ConnectionOptions, resolveConnection} from '../../source/adapters/connection.ts';
import {openLane} from '../../source/adapters/lane.ts';
import {UserError} from '../../source/core/errors.ts';
import type {Server} from '../../source/demo/server.ts';
import {connect, startTestServer} from './servers.ts';

const isPsqlHere = spawnSync('psql', ['--version']).status === 0;
const question = 'select current_user, current_database(), current_setting($$application_name$$), current_setting($$geqo$$)';

let server: Server;
let passfile: string;
let folder: string;

beforeAll(async () => {
	server = await startTestServer(15);
	const admin = await connect(server);
	await admin.query(`create database "my app"`);
	await admin.query(`create database monitor`);
	await admin.query(`create role "o'hara" login password 'a:b\\c d'`);
	const hba = join(server.directory, 'pg_hba.conf');
	writeFileSync(hba, `local all "o'hara" scram-sha-256\n${readFileSync(hba, 'utf8')}`);
	await admin.query('select pg_reload_conf()');
	await admin.end();
	folder = mkdtempSync(join(tmpdir(), 'psql-'));
	passfile = join(folder, 'pass');
	writeFileSync(passfile, `${String.raw`*:5432:postgres:o'hara:a\:b\\c d`}\n`);
	chmodSync(passfile, 0o600);
});
afterAll(async () => {
	await server?.remove();
	rmSync(folder, {recursive: true, force: true});
});

/** What psql says: the names it logged in with, or that it failed. */
const asPsql = (options: ConnectionOptions, environment: Readonly<Record<string, string>>): string => {
	const flags = {host: '-h', port: '-p', user: '-U', dbname: '-d'} as const;
	const args = Object.entries(flags).flatMap(([key, flag]) => {
		const value = options[key as keyof typeof flags];
		return value === undefined ? [] : [flag, String(value)];
	});
	const positional = options.positional === undefined ? [] : [options.positional];
	const ran = spawnSync('psql', ['-X', '-w', '-A', '-t', '-c', question, ...args, ...positional], {
		encoding: 'utf8',
		env: {PATH: process.env.PATH, HOME: folder, ...environment},
	});
	return ran.status === 0 ? ran.stdout.trim() : 'failed';
};

const asPgtriage = async (options: ConnectionOptions, environment: Readonly<Record<string, string>>): Promise<string> => {
	try {
		const lane = openLane(resolveConnection(options, {HOME: folder, ...environment}), {readOnly: true});
		const reply = await lane.run({name: 'names', sql: question, deadlineMs: 2000});
		await lane.close();
		return reply.ok ? (reply.rows[0] ?? []).join('|') : 'failed';
	} catch (error) {
		if (error instanceof UserError) return 'failed';
		throw error;
	}
};

type Case = readonly [ConnectionOptions, Readonly<Record<string, string>>, 'in' | 'out'];

const cases = (host: string, secret: string): readonly Case[] => {
	const escaped = encodeURIComponent(host);
	const there = {PGHOST: host};
	return [
		[{host, user: 'postgres', dbname: 'my app'}, {}, 'in'],
		[{host, user: 'monitor'}, {}, 'in'],
		[{host, user: 'plain'}, {}, 'out'],
		[{positional: 'my app'}, {...there, PGUSER: 'plain'}, 'in'],
		[{dbname: 'postgres', positional: 'plain'}, there, 'in'],
		[{positional: `postgresql://monitor@${escaped}`}, {}, 'in'],
		[{positional: `postgresql://monitor@${escaped}:5432/my%20app`}, {PGUSER: 'plain'}, 'in'],
		[{positional: `postgres:///postgres?host=${escaped}&user=plain&application_name=a%20b`}, {}, 'in'],
		[{positional: `postgres:///postgres?host=${escaped}&user=plain&options=-c%20geqo%3Doff`}, {}, 'in'],
		[{positional: "user=plain dbname='my app'"}, there, 'in'],
		[{positional: String.raw`user=plain dbname=my\ app`}, there, 'in'],
		[{positional: String.raw`user='o\'hara' dbname=postgres`}, {...there, PGPASSFILE: secret}, 'in'],
		[{positional: String.raw`user='o\'hara' dbname='my app'`}, {...there, PGPASSFILE: secret}, 'out'],
		[{user: "o'hara", dbname: 'postgres'}, {...there, PGPASSWORD: 'a:b\\c d'}, 'in'],
		[{positional: `postgresql://o%27hara:a%3Ab%5Cc%20d@${escaped}/postgres`}, {}, 'in'],
		[{positional: `postgresql://o%27hara:wrong@${escaped}/postgres`}, {PGPASSWORD: 'a:b\\c d'}, 'out'],
		[{dbname: `host=${host} user=plain dbname=postgres`, user: 'monitor', host: '/nowhere'}, {}, 'in'],
		[{dbname: 'postgres'}, {...there, PGUSER: 'plain', PGAPPNAME: 'mine', PGOPTIONS: '-c geqo=off'}, 'in'],
		[{host: '', dbname: 'postgres', user: 'plain', port: '1'}, there, 'out'],
		[{dbname: 'postgres', user: 'plain'}, {...there, PGPORT: '5433'}, 'out'],
		[{dbname: 'postgres', user: 'plain'}, {...there, PGPORT: '5433x'}, 'out'],
		[{positional: `postgresql://plain@${escaped}/postgres?sslmode=verify-full`}, {}, 'in'],
		[{positional: `host=${host} user=plain dbname=postgres user=monitor`}, {}, 'in'],
		[{positional: `host=${host} user = plain dbname`}, {}, 'out'],
		[{positional: `postgresql://plain@${escaped}/postgres?`}, {}, 'in'],
		[{positional: `postgresql://plain@${escaped}/postgres?user`}, {}, 'out'],
		[{positional: `postgresql://plain@${escaped}/postgres?nonsense=1`}, {}, 'out'],
	];
};

test.skipIf(!isPsqlHere)('connections end up where those of psql do', async () => {
	for (const [options, environment, expected] of cases(server.host, passfile)) {
		const named = asPsql(options, environment).replace('|psql|', '|pgtriage|');
		const what = JSON.stringify([options, environment]);
		expect(named === 'failed' ? 'out' : 'in', what).toBe(expected);
		expect(await asPgtriage(options, environment), what).toBe(named);
	}
});
