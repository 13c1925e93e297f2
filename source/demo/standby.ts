import {setTimeout as delay} from 'node:timers/promises';
import type {Binaries} from './binaries.ts';
import {type Connect, connectTo} from './connect.ts';
import {type Server, startServer} from './server.ts';

/** A standby that streams from a demo server; `remove` deletes it. */
export type DemoStandby = {readonly connect: Connect; remove(): Promise<void>};

/** application_name of the standby on its primary. */
export const standbyName = 'berlin';

const limitMs = 30_000;

/** Standby of an incident that declares one; throws if the caller passed none. */
export const requiredStandby = (standby: DemoStandby | undefined): DemoStandby => {
	if (!standby) throw new Error('The incident needs a standby.');
	return standby;
};

/**
 * Starts a standby of `primary` with `settings`; its sessions connect to `database`. It starts from the first WAL of the primary,
 * which must still exist. Creates the slot in `primary_slot_name`.
 */
export const startDemoStandby = async (
	primary: Server,
	binaries: Binaries,
	settings: Readonly<Record<string, string>>,
	database: string,
): Promise<DemoStandby> => {
	const slot = settings.primary_slot_name;
	if (slot !== undefined) {
		const client = await connectTo(primary, 'postgres')();
		await client.query('select pg_catalog.pg_create_physical_replication_slot($1, true)', [slot]).finally(() => client.end());
	}
	const server = await startServer({
		binaries,
		standbyOf: `host=${primary.host} port=${primary.port} user=${primary.superuser} application_name=${standbyName}`,
		settings: {cluster_name: standbyName, wal_receiver_status_interval: '1s', wal_retrieve_retry_interval: '200ms', ...settings},
	});
	return {connect: connectTo(server, database), remove: async () => server.remove()};
};

/** Resolves when the standby has replayed all current WAL of the primary. */
export const caughtUp = async (primary: Server, standby: DemoStandby): Promise<void> => {
	const writer = await connectTo(primary, 'postgres')();
	const {rows} = await writer
		.query<{at: string}>('select pg_catalog.pg_current_wal_lsn()::text as at')
		.finally(() => writer.end());
	const deadline = performance.now() + limitMs;
	const replayer = await standby.connect({database: 'postgres'});
	try {
		for (;;) {
			const {rowCount} = await replayer.query('select where pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_lsn', [rows[0]?.at]);
			if (rowCount !== 0) return;
			if (performance.now() > deadline) throw new Error('The standby does not catch up.');
			await delay(10);
		}
	} finally {
		await replayer.end();
	}
};
