import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type ConnectionTarget, resolveConnection, withTunnels} from '../../../source/adapters/connect/connection.ts';
import {createWhereabouts} from '../../../source/adapters/connect/whereabouts.ts';
import {createTunnel, type RunningTunnel} from '../../../source/adapters/programs/tunnel.ts';
import {createDoor} from '../../../source/adapters/session/door.ts';
import {textIn} from '../../adapters/programs/alive.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, until} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';
import {type Secured, startSecured} from './secured.ts';

let folder: string;
let servers: Secured;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'pgtriage-tunnel-'));
	servers = await startSecured(folder, 16);
});
afterAll(async () => {
	await servers?.remove();
	rmSync(folder, {recursive: true, force: true});
});

const forwarder = join(import.meta.dirname, '../forwarder.ts');

/** Target reached only through a tunnel to the primary: its names mean nothing to this machine. */
const targetThrough = (
	conninfo: string,
	words: readonly string[] = ['{port}', servers.addresses.primary, '5432', join(folder, 'pid')],
): ConnectionTarget => {
	const target = resolveConnection({dbname: `dbname=postgres ${conninfo}`, isTunneled: true}, {HOME: folder});
	const tunnelTo = (address: Parameters<typeof createTunnel>[1]): RunningTunnel => {
		const tunnel = createTunnel([process.execPath, forwarder, ...words], address, 20_000);
		endsWithTest(tunnel.stop);
		return tunnel;
	};
	return {...withTunnels(target, tunnelTo), whereabouts: createWhereabouts()};
};

const oneOf = async (target: ConnectionTarget, sql: string): Promise<string | null | undefined> => {
	const lane = laneTo(target, {readOnly: true, leads: true});
	await ready(lane);
	const reply = await lane.run({name: 'one', sql, deadlineMs: 5000});
	return reply.ok ? reply.rows[0]?.[0] : reply.error.message;
};

const isEncrypted = 'select s.ssl from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid()';

describe('through a tunnel', () => {
	it('the certificate is that of the host that was named', async () => {
		const verified = `sslmode=verify-full sslrootcert=${folder}/root.crt user=scram password=secret`;
		expect(await oneOf(targetThrough(`host=db.test ${verified}`), isEncrypted)).toBe('t');
		const other = laneTo(targetThrough(`host=db.other ${verified}`));
		expect((await until(other, ({state}) => state !== 'connecting')).failure).toEqual({
			code: 'certificate',
			message: 'The certificate of the server is not trusted: it is not issued for db.other.',
			hint: 'Check sslrootcert and the name in -h.',
		});
	});

	it('sentences and places name the host that was named', async () => {
		const lane = laneTo(targetThrough('host=db.nowhere port=6000 user=plain sslmode=require'));
		expect(await ready(lane)).toMatchObject({place: 'plain@db.nowhere:6000/postgres'});
		const refused = laneTo(
			targetThrough('host=db.nowhere user=plain sslmode=require connect_timeout=2', ['{port}', '127.0.0.1', '1']),
		);
		expect((await until(refused, ({state}) => state === 'waiting')).failure?.message).toMatch(/closed the connection|crashed/);
	});

	it('a statement is cancelled', async () => {
		const lane = laneTo(targetThrough('host=db.test user=postgres sslmode=require'), {readOnly: true, leads: true});
		const {pid} = await ready(lane);
		const admin = await connect(servers.primary);
		const reply = await lane.run({name: 'sleep', sql: 'select pg_catalog.pg_sleep(600)', deadlineMs: 300});
		expect(reply).toMatchObject({ok: false, error: {code: 'deadline'}});
		const isAsleep = async (): Promise<boolean> =>
			(await admin.query("select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'", [pid])).rows.length > 0;
		await expect.poll(isAsleep).toBe(false);
		// The session was kept: the cancel reached it.
		expect(lane.status()).toMatchObject({state: 'ready', generation: 1});
	});

	it('all connections come back after its end, and the reason is told', async () => {
		const target = targetThrough('host=db.test user=postgres sslmode=require');
		const common = {door: createDoor(target), readOnly: true};
		const lanes = [laneTo(target, {...common, leads: true}), laneTo(target, common), laneTo(target, common)];
		await Promise.all(lanes.map(lane => ready(lane)));
		const reasons = new Set<string>();
		lanes[0]?.onStatus(({failure}) => failure && reasons.add(failure.message));
		const again = lanes.map(lane => until(lane, ({generation, state}) => generation === 2 && state === 'ready'));
		process.kill(Number(textIn(join(folder, 'pid'))), 'SIGKILL');
		await Promise.all(again);
		expect([...reasons].join(' ')).toContain(`The tunnel ${process.execPath} failed (SIGKILL).`);
	});

	it('one for each host leads to the first server that is as asked', async () => {
		const {addresses} = servers;
		const target = targetThrough(
			`host=${addresses.dead},${addresses.standby},${addresses.primary} user=postgres target_session_attrs=primary sslmode=prefer`,
			['{port}', '{host}', '{server_port}'],
		);
		expect(await oneOf(target, 'select pg_catalog.inet_server_addr()')).toBe(addresses.primary);
	});
});

describe.each([13, 18] as const)('through a tunnel to PostgreSQL %i', version => {
	it('sessions are read without TLS', async () => {
		const server = await startTestServer(version);
		const target = targetThrough('host=db.test user=postgres', ['{port}', server.host, '5432']);
		expect(await oneOf(target, "select pg_catalog.current_setting('data_directory')")).toBe(server.directory);
	});
});
