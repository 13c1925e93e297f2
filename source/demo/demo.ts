import {UserError} from '../core/values/errors.ts';
import {type Binaries, findBinaries} from './binaries.ts';
import {type Connect, connectTo} from './connect.ts';
import {type Incident, runsTogether} from './incidents/incident.ts';
import {incidents} from './incidents/index.ts';
import {startServer} from './server.ts';
import {createAnalytics, createShop, createShopRoutines} from './shop.ts';
import {caughtUp, type DemoStandby, startDemoStandby} from './standby.ts';
import {startWorkload, type Workload} from './workload.ts';

/**
 * Options of the demo: one scenario, or all self-contained incidents; the seed of the workload; the PostgreSQL to run, found by
 * itself if absent.
 */
export type DemoOptions = {
	readonly scenario?: string | undefined;
	readonly seed?: number | undefined;
	readonly binaries?: Binaries;
};

/** A running demo: its connection, and `stop`, which leaves no process and no file. */
export type Demo = {
	readonly connection: {readonly host: string; readonly port: number; readonly user: string; readonly database: string};
	stop(): Promise<void>;
};

const database = 'shop';
const defaultSeed = 1;

/** Incidents of a scenario, or all self-contained ones; throws a UserError (exit code 2) for an unknown scenario. */
export const incidentsOf = (scenario: string | undefined): readonly Incident[] => {
	if (scenario === undefined) return incidents.filter(runsTogether);
	const named = incidents.filter(({name}) => name === scenario);
	if (named.length > 0) return named;
	const names = incidents.map(({name}) => name).join(', ');
	throw new UserError(`Unknown scenario "${scenario}".`, {hint: `Scenarios: ${names}.`, exitCode: 2});
};

const furnishShop = async (connect: Connect, packaged: boolean): Promise<void> => {
	const client = await connect();
	await createShop(client);
	await createShopRoutines(client);
	// A PostgreSQL of the machine may lack its contrib modules.
	if (packaged) await client.query('create extension pg_stat_statements; create extension pgstattuple');
	await client.end();
};

const furnish = async (connect: Connect, packaged: boolean): Promise<void> => {
	const first = await connect({database: 'postgres'});
	await first.query('create role shop login; create role reporting login');
	await first.query(`create database ${database}`);
	const shop = furnishShop(connect, packaged);
	// A failure is thrown when it is awaited, after the other database.
	shop.catch(() => {});
	await first.query('create database analytics');
	await first.end();
	const analytics = await connect({database: 'analytics'});
	await createAnalytics(analytics);
	await analytics.end();
	await shop;
};

/**
 * Starts a real PostgreSQL with a shop, its workload and its incidents, and resolves when all of them are in place. Throws a
 * UserError for an unknown scenario (exit code 2) or without a PostgreSQL (exit code 1).
 */
export const startDemo = async ({scenario, seed = defaultSeed, binaries = findBinaries()}: DemoOptions = {}): Promise<Demo> => {
	const shown = incidentsOf(scenario);
	const settings = {
		cluster_name: 'demo',
		track_io_timing: 'on',
		...(binaries.packaged ? {shared_preload_libraries: 'pg_stat_statements'} : {}),
		...Object.assign({}, ...shown.map(incident => incident.settings)),
	};
	const follows = shown.find(incident => incident.standby)?.standby;
	const server = await startServer({binaries, settings, alone: follows === undefined});
	let standby: DemoStandby | undefined;
	let workload: Workload | undefined;
	// Together, because a statement of the workload may wait for a lock that only the shutdown releases.
	const stop = async () => {
		await Promise.all([workload?.stop(), standby?.remove(), server.remove()]);
	};
	try {
		const connect = connectTo(server, database);
		if (follows) standby = await startDemoStandby(server, binaries, follows, database);
		await furnish(connect, binaries.packaged);
		if (standby) await caughtUp(server, standby);
		for (const incident of shown) await incident.prepare?.(server, connect, standby);
		workload = await startWorkload(connect, seed);
		await Promise.all(shown.map(async incident => incident.begin(connect, standby)));
	} catch (error) {
		await stop();
		throw error;
	}
	return {connection: {host: server.host, port: server.port, user: server.superuser, database}, stop};
};
