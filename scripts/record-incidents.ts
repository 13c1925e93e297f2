import {rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {resolveConnection} from '../source/adapters/connect/connection.ts';
import {record} from '../source/adapters/record/recorder.ts';
import {type Binaries, packagedBinaries, platformPackage} from '../source/demo/binaries.ts';
import {type Connect, connectTo} from '../source/demo/connect.ts';
import {startDemo} from '../source/demo/demo.ts';
import {runsTogether} from '../source/demo/incidents/incident.ts';
import {incidents} from '../source/demo/incidents/index.ts';
import {type Server, startServer} from '../source/demo/server.ts';
import {createAnalytics, createShop, createShopRoutines} from '../source/demo/shop.ts';
import {startWorkload} from '../source/demo/workload.ts';
import {registry} from '../source/panes/index.ts';
import {watchServer} from '../source/run/server.ts';
import {hostileText, type Play, preparedTransaction, trouble} from './recorded-plays.ts';

type Recorded = {
	readonly name: string;
	readonly version: 13 | 15 | 18;
	/** Role that records; `plain` has no privileges. */
	readonly user?: string;
	/** True if the workload runs with the incidents. */
	readonly busy?: boolean;
	/** A standby streams from the server; `watched` records the standby instead of the primary. */
	readonly standby?: 'beside' | 'watched';
	readonly plays: readonly Play[];
	/** Settings that differ from those of the others. */
	readonly changed?: Readonly<Record<string, string>>;
	/** Scenario of the demo, on its own server, instead of the plays. */
	readonly scenario?: string;
};

const play =
	(name: string): Play =>
	async connect => {
		await incidents.find(incident => incident.name === name)?.begin(connect);
	};
const shared = incidents.filter(runsTogether);
const all = shared.map(({name}) => play(name));

const recordings: readonly Recorded[] = [
	...shared.map(({name}): Recorded => ({name, version: 15, plays: [play(name)]})),
	...incidents
		.filter(incident => !runsTogether(incident))
		.map(({name}): Recorded => ({name, version: 18, plays: [], scenario: name})),
	...([13, 15, 18] as const).map((version): Recorded => ({name: `all-incidents-${version}`, version, busy: true, plays: all})),
	{name: 'plain-role', version: 15, user: 'plain', plays: [play('lock-chain')]},
	{name: 'prepared-transaction', version: 15, plays: [preparedTransaction]},
	{name: 'hostile-text', version: 15, plays: [hostileText]},
	{name: 'trouble-13', version: 13, busy: true, standby: 'beside', plays: [trouble]},
	{name: 'trouble-18', version: 18, busy: true, standby: 'beside', plays: [trouble]},
	{name: 'standby', version: 15, busy: true, standby: 'watched', plays: []},
	{name: 'calm', version: 18, busy: true, plays: [], changed: {archive_mode: 'off', archive_command: ''}},
];

const sampleCount = 8;
const intervalMs = 1000;
const mostBytes = 500_000;

const binariesOf = (version: number): Binaries => {
	const name = version === 18 ? platformPackage : `pg${version}`;
	const binaries = packagedBinaries(name);
	if (binaries?.version !== version) throw new Error(`PostgreSQL ${version} is missing: install the package ${name}.`);
	return binaries;
};

const furnish = async (connect: Connect): Promise<void> => {
	const first = await connect({database: 'postgres'});
	await first.query('create role plain login');
	await first.query('create role shop login');
	await first.query('create role reporting login');
	await first.query('create database shop');
	await first.query('create database analytics');
	await first.end();
	const shop = await connect();
	await createShop(shop);
	await createShopRoutines(shop);
	await shop.query('create extension pg_stat_statements; create extension pgstattuple');
	await shop.end();
	const analytics = await connect({database: 'analytics'});
	await createAnalytics(analytics);
	await analytics.end();
};

const recordSamples = async (server: Pick<Server, 'host' | 'port'>, user: string, file: string): Promise<void> => {
	await rm(file, {force: true});
	const target = resolveConnection({host: server.host, port: server.port, user, dbname: 'shop'}, {});
	const {promise: enough, resolve, reject} = Promise.withResolvers<void>();
	const recorder = await record(file, intervalMs);
	let taken = 0;
	// Every sample needs every answer: a recording shows the server, not the speed of this machine.
	const feed = watchServer(target, {intervalMs, mostWaitMs: intervalMs / 2}).source(message => {
		if (message.type === 'link') {
			if (message.link.failure) reject(new Error(message.link.failure.message));
			return;
		}
		if (taken < sampleCount) recorder.write(message.sample);
		if (++taken === sampleCount) resolve();
	});
	feed.watch(registry.panes.map(({id}) => id));
	await enough;
	await feed.stop();
	const failure = await recorder.close();
	if (failure) throw new Error(failure.message);
};

const settings = {
	archive_command: 'false',
	archive_mode: 'on',
	max_prepared_transactions: '5',
	max_slot_wal_keep_size: '64MB',
	shared_preload_libraries: 'pg_stat_statements',
	track_io_timing: 'on',
	wal_level: 'logical',
};

/** A streaming standby with paused replay, so that it lags. */
const follow = async (server: Server, version: number): Promise<Server> => {
	const standby = await startServer({
		binaries: binariesOf(version),
		standbyOf: `host=${server.host} port=${server.port} user=postgres application_name=berlin`,
		settings: {...settings, archive_mode: 'off', hot_standby_feedback: 'on', wal_receiver_status_interval: '1s'},
	});
	const primary = await connectTo(server, 'postgres')();
	const {rows} = await primary.query<{at: string}>('select pg_current_wal_lsn()::text as at');
	await primary.end();
	const client = await connectTo(standby, 'postgres')();
	const isBehind = async (): Promise<boolean> =>
		(await client.query('select where pg_last_wal_replay_lsn() >= $1::pg_lsn', [rows[0]?.at])).rowCount === 0;
	while (await isBehind()) await delay(50);
	await client.query('select pg_wal_replay_pause()');
	await client.end();
	return standby;
};

const report = async (name: string, file: string): Promise<void> => {
	const {size} = await stat(file);
	if (size > mostBytes) throw new Error(`${name} takes ${size} bytes, more than ${mostBytes}.`);
	process.stdout.write(`${name}: ${size} bytes\n`);
};

const makeScenario = async (scenario: string, version: number, folder: string): Promise<void> => {
	const demo = await startDemo({scenario, binaries: binariesOf(version)});
	try {
		const file = join(folder, `${scenario}.ndjson`);
		await recordSamples(demo.connection, demo.connection.user, file);
		await report(scenario, file);
	} finally {
		await demo.stop();
	}
};

const make = async (recorded: Recorded, folder: string): Promise<void> => {
	const {name, version, user = 'postgres', busy = false, standby, plays, scenario, changed} = recorded;
	if (scenario !== undefined) return makeScenario(scenario, version, folder);
	const server = await startServer({binaries: binariesOf(version), settings: {...settings, ...changed}});
	let follower: Server | undefined;
	try {
		const connect = connectTo(server, 'shop');
		await furnish(connect);
		if (standby) follower = await follow(server, version);
		const workload = busy ? await startWorkload(connect, 1) : undefined;
		for (const begin of plays) await begin(connect);
		const file = join(folder, `${name}.ndjson`);
		await recordSamples(standby === 'watched' && follower ? follower : server, user, file);
		await report(name, file);
		await Promise.all([workload?.stop(), follower?.remove().then(() => server.remove()) ?? server.remove()]);
	} catch (error) {
		await follower?.remove();
		await server.remove();
		throw error;
	}
};

const {positionals} = parseArgs({allowPositionals: true});
const folder = join(import.meta.dirname, '../test/recordings');
for (const recorded of recordings)
	if (positionals.length === 0 || positionals.includes(recorded.name)) await make(recorded, folder);
