import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {text} from 'node:stream/consumers';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type ConnectionOptions, resolveConnection} from '../../../source/adapters/connect/connection.ts';
import {failureOf, serverName} from '../../../source/adapters/connect/failures.ts';
import {logIn} from '../../../source/adapters/session/log-in.ts';
import type {Failure} from '../../../source/core/sample/sample.ts';
import {UserError} from '../../../source/core/values/errors.ts';
import {cases, files} from './psql-cases.ts';
import {type Secured, startSecured} from './secured.ts';

const isPsqlHere = spawnSync('psql', ['--version']).status === 0;
const question = `select
	case when pg_catalog.pg_is_in_recovery() then 'standby' else 'primary' end,
	(select case when s.ssl then 'tls' else '' end from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid()),
	(select s.client_dn from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid()),
	current_user,
	pg_catalog.current_database(),
	pg_catalog.inet_server_addr(),
	pg_catalog.current_setting('application_name'),
	pg_catalog.current_setting('geqo_threshold')`;

let folder: string;
let servers: Secured;
let tokens: Readonly<Record<string, string>>;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'psql-'));
	servers = await startSecured(folder);
	const {host} = servers.primary;
	tokens = {...servers.addresses, socket: host, '%socket': encodeURIComponent(host), folder};
	for (const [name, content] of Object.entries(files)) {
		const path = join(folder, name);
		mkdirSync(dirname(path), {recursive: true});
		writeFileSync(path, filled(content));
		chmodSync(path, name === 'open-pass' ? 0o644 : 0o600);
	}
});
afterAll(async () => {
	await servers?.remove();
	rmSync(folder, {recursive: true, force: true});
});

const filled = <T>(given: T): T =>
	JSON.parse(JSON.stringify(given).replace(/\{([a-z%]+)\}/g, (_, token: string) => tokens[token] ?? `{${token}}`)) as T;

type Environment = Readonly<Record<string, string>>;

/** Outcome of one of the two: the server's answer, or the reason there was none. */
type End = {readonly row: string} | {readonly why: string};

const reasons: readonly (readonly [RegExp, string])[] = [
	[/session is (?:not )?read-only|server is (?:not )?in hot standby/, 'not as asked'],
	[/channel binding/, 'not bound'],
	[/no password supplied/, 'no password'],
	[/password authentication failed/, 'wrong password'],
	[/requires a valid client certificate/, 'no certificate'],
	[/pg_hba\.conf/, 'not let in'],
	[/role ".*" does not exist/, 'no role'],
	[/database ".*" does not exist/, 'no database'],
	[/server does not support SSL/, 'no tls'],
	[/certificate verify failed|server certificate for/, 'not trusted'],
	[/host name must be specified|root certificate file ".*" does not exist/, 'usage'],
	[/private key file|key values mismatch/, 'key'],
	[/could not translate host name/, 'unknown host'],
	[/Connection refused|Is the server running locally/, 'absent'],
];

const codes: Readonly<Record<string, string>> = {
	session_attrs: 'not as asked',
	channel_binding: 'not bound',
	no_password: 'no password',
	'28P01': 'wrong password',
	'3D000': 'no database',
	no_tls: 'no tls',
	certificate: 'not trusted',
	certificate_file: 'key',
	ENOTFOUND: 'unknown host',
	EAI_AGAIN: 'unknown host',
	ECONNREFUSED: 'absent',
	ENOENT: 'absent',
};

const whyOf = ({code, message}: Failure): string =>
	code === '28000' ? (reasons.find(([pattern]) => pattern.test(message))?.[1] ?? message) : (codes[code] ?? `${code} ${message}`);

const asPsql = async (options: ConnectionOptions, environment: Environment): Promise<End> => {
	const flags = {host: '-h', port: '-p', user: '-U', dbname: '-d'} as const;
	const args = Object.entries(flags).flatMap(([key, flag]) => {
		const value = options[key as keyof typeof flags];
		return value === undefined ? [] : [flag, String(value)];
	});
	const positional = options.positional === undefined ? [] : [options.positional];
	const child = spawn('psql', ['-X', '-w', '-A', '-t', '-c', question, ...args, ...positional], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {PATH: process.env.PATH, HOME: folder, PGSYSCONFDIR: folder, ...environment},
	});
	const [said, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
	if (error === '') return {row: said.trim()};
	return {why: reasons.find(([pattern]) => pattern.test(error))?.[1] ?? 'usage'};
};

const asPgtriage = async (options: ConnectionOptions, environment: Environment): Promise<End> => {
	try {
		const target = resolveConnection(options, {HOME: folder, PGSYSCONFDIR: folder, ...environment});
		const limits = {purpose: 'polling', statementTimeoutMs: 5000, lockTimeoutMs: 200} as const;
		try {
			const session = await logIn(target, {limits, signal: new AbortController().signal, onLost: () => {}});
			const {rows, error} = await session.ask(question);
			session.destroy();
			return error === undefined ? {row: (rows[0] ?? []).join('|')} : {why: String(error)};
		} catch (error) {
			return {why: whyOf(failureOf(error, serverName(target)))};
		}
	} catch (error) {
		if (error instanceof UserError) return {why: 'usage'};
		throw error;
	}
};

const endOf = (end: End): string => ('why' in end ? end.why : end.row.split('|').slice(0, 2).join(' ').trim());

test.skipIf(!isPsqlHere).each(cases)('connects like psql: %s', async (_, options, environment, expected) => {
	const [psql, pgtriage] = await Promise.all([
		asPsql(filled(options), filled(environment)),
		asPgtriage(filled(options), filled(environment)),
	]);
	expect(endOf(psql)).toBe(expected);
	expect(pgtriage).toEqual('row' in psql ? {row: psql.row.replace('|psql|', '|pgtriage|')} : psql);
});
