import {existsSync} from 'node:fs';
import {Client} from 'pg';
import {type Binaries, packagedBinaries, platformPackage} from '../../source/demo/binaries.ts';
import {startServer} from '../../source/demo/server.ts';
import {prepareCrowd, removeCrowd} from './crowd.ts';
import {treeOf} from './processes.ts';

/** A server to measure on. */
export type BenchServer = {
	readonly host: string;
	readonly port: number;
	readonly version: string;
	readonly admin: Client;
	/** Freezes all processes of the server, or resumes them; absent for an external server. */
	readonly hold: ((on: boolean) => void) | undefined;
	readonly leave: () => Promise<void>;
};

/** Superuser that the measured tools log in as. */
export const watcher = 'bench_watcher';

const binariesOf = (postgres: string): Binaries => {
	const binaries = postgres.includes('/')
		? existsSync(`${postgres}/postgres`) && {
				version: Number(/\d+/.exec(postgres)?.[0] ?? 0),
				root: postgres,
				bin: postgres,
				packaged: false,
				links: [],
			}
		: packagedBinaries(postgres === '18' ? platformPackage : `pg${postgres}`);
	if (!binaries)
		throw new Error(`PostgreSQL ${postgres} was not found: pass a major version, or a folder with postgres and initdb.`);
	return binaries;
};

const settingsFor = (sessions: number): Readonly<Record<string, string>> => ({
	max_connections: String(sessions + 100),
	shared_preload_libraries: 'pg_stat_statements',
	'pg_stat_statements.track': 'all',
	'pg_stat_statements.track_planning': 'on',
});

/**
 * Opens a server for this number of sessions: a new one that is deleted afterwards, from `postgres`, a major version or a folder of
 * programs; or an existing one at `server` (HOST:PORT), where the role postgres can log in without a password.
 */
export const openBenchServer = async (
	sessions: number,
	{postgres, server}: {readonly postgres: string; readonly server: string | undefined},
): Promise<BenchServer> => {
	const own =
		server === undefined ? await startServer({binaries: binariesOf(postgres), settings: settingsFor(sessions)}) : undefined;
	const colon = server?.lastIndexOf(':') ?? 0;
	const place = own ?? {host: server?.slice(0, colon) ?? '', port: Number(server?.slice(colon + 1))};
	const admin = new Client({
		host: place.host,
		port: place.port,
		user: 'postgres',
		database: 'postgres',
		application_name: 'bench',
	});
	admin.on('error', () => {});
	try {
		await admin.connect();
		await prepareCrowd(admin);
		await admin.query(`drop role if exists ${watcher}; create role ${watcher} superuser login`);
		await admin.query('create extension if not exists pg_stat_statements').catch(() => {});
		const {rows} = await admin.query<{server_version: string}>('show server_version');
		return {
			host: place.host,
			port: place.port,
			version: rows[0]?.server_version ?? '',
			admin,
			hold: own && (on => hold(own.pid() ?? 0, on)),
			leave: async () => {
				if (!own) {
					await removeCrowd(admin);
					await admin.query(`drop role ${watcher}`);
				}
				await admin.end().catch(() => {});
				await own?.remove();
			},
		};
	} catch (error) {
		await own?.remove();
		throw error;
	}
};

const hold = (postmaster: number, on: boolean): void => {
	for (const pid of treeOf(postmaster)) {
		try {
			process.kill(pid, on ? 'SIGSTOP' : 'SIGCONT');
		} catch {
			// The backend has already ended.
		}
	}
};

/** Cost of the statements of the watcher since the last reset; undefined without pg_stat_statements. */
export const serverCost = async ({
	admin,
}: BenchServer): Promise<{readonly ms: number; readonly statements: number} | undefined> => {
	try {
		const {rows} = await admin.query<{ms: number; calls: number}>(
			`select coalesce(sum(total_exec_time + total_plan_time), 0)::float8 as ms, coalesce(sum(calls), 0)::float8 as calls
			from pg_stat_statements where userid = '${watcher}'::regrole`,
		);
		return rows[0] && {ms: rows[0].ms, statements: rows[0].calls};
	} catch {
		return undefined;
	}
};

/** Resets the counted cost of statements. */
export const resetCost = async ({admin}: BenchServer): Promise<void> => {
	await admin.query('select pg_stat_statements_reset()').catch(() => {});
};
