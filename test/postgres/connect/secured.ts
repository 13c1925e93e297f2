import {chmodSync, chownSync, copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {serverOwner} from '../../../source/demo/owner.ts';
import {type Server, startServer} from '../../../source/demo/server.ts';
import {binariesOf, connect, type ServerVersion, startTestServer} from '../servers.ts';
import {makeCertificates} from './certificates.ts';

/** Two servers on TCP addresses of their own: a primary that offers TLS and a standby that does not; `dead` has no listener. */
export type Secured = {
	readonly primary: Server;
	readonly standby: Server;
	readonly addresses: Readonly<Record<'primary' | 'standby' | 'dead', string>>;
	readonly remove: () => Promise<void>;
};

// Each process has its own part of the loopback network, so that the default port is free.
const network = `127.${100 + ((process.pid >> 8) & 0x7f)}.${process.pid & 0xff}`;

const rules = `
local all "o'hara" scram-sha-256
local all all trust
hostssl all tls_only all trust
hostnossl all plain_only all trust
host all rejected all reject
host all scram all scram-sha-256
host all hashed all md5
host all clear all password
hostssl all certified all cert
host all postgres,monitor,plain,reader all trust
host replication all all trust
`;

/** Starts both, with a role per authentication method (password `secret`) and certificates in `folder`. */
export const startSecured = async (folder: string, version: ServerVersion = 15): Promise<Secured> => {
	makeCertificates(folder);
	const addresses = {primary: `${network}.1`, standby: `${network}.2`, dead: `${network}.3`};
	const primary = await startTestServer(version, {listen_addresses: addresses.primary});
	const remove: (() => Promise<void>)[] = [primary.remove];
	try {
		const standby = await startServer({
			binaries: binariesOf(version),
			standbyOf: `host=${primary.host} port=${primary.port} user=postgres`,
			settings: {shared_preload_libraries: 'pg_stat_statements', listen_addresses: addresses.standby},
		});
		remove.unshift(standby.remove);
		const owner = serverOwner();
		for (const name of ['server.crt', 'server.key', 'root.crt']) {
			const path = join(primary.directory, name);
			copyFileSync(join(folder, name), path);
			chmodSync(path, 0o600);
			if (owner) chownSync(path, owner.uid, owner.gid);
		}
		const admin = await connect(primary);
		await admin.query(`create database "my app"`);
		await admin.query(`create database monitor`);
		await admin.query(`create role "o'hara" login password 'a:b\\c d'`);
		for (const role of ['tls_only', 'plain_only', 'rejected', 'certified']) await admin.query(`create role ${role} login`);
		await admin.query(`create role reader login`);
		await admin.query(`alter role reader set default_transaction_read_only = on`);
		for (const role of ['scram', 'clear']) await admin.query(`create role ${role} login password 'secret'`);
		await admin.query(`set password_encryption = md5`);
		await admin.query(`create role hashed login password 'secret'`);
		for (const [name, value] of Object.entries({ssl: 'on', ssl_ca_file: 'root.crt'}))
			await admin.query(`alter system set ${name} = '${value}'`);
		writeFileSync(join(primary.directory, 'pg_hba.conf'), rules);
		const hba = join(standby.directory, 'pg_hba.conf');
		writeFileSync(hba, `${readFileSync(hba, 'utf8')}\nhost all all all trust\n`);
		await admin.query('select pg_reload_conf()');
		const other = await connect(standby);
		await other.query('select pg_reload_conf()');
		const {rows} = await admin.query('select pg_current_wal_lsn() as lsn');
		const replayed = async (): Promise<boolean> =>
			(await other.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as there', [rows[0].lsn])).rows[0].there;
		// A hook has no expect.poll; its own limit ends this.
		while (!(await replayed())) await delay(20);
		await Promise.all([admin.end(), other.end()]);
		return {
			primary,
			standby,
			addresses,
			remove: async () => {
				for (const each of remove) await each();
			},
		};
	} catch (error) {
		for (const each of remove) await each();
		throw error;
	}
};
