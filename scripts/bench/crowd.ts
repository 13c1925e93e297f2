import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Client} from 'pg';
import {type CrowdCommand, type CrowdReply, crowdRole} from './crowd-commands.ts';

/** Sessions on a server that do what they are told, held by a process of their own. */
export type Crowd = {
	/** Gives an order and waits until it is carried out; throws where it cannot be. The pid is that of a storm's root. */
	readonly send: (order: CrowdCommand) => Promise<number>;
	/** When the session that holds the row of a storm is gone, in milliseconds of `Date.now()`. */
	readonly rootEnded: () => Promise<number>;
	readonly leave: () => Promise<void>;
};

/** Makes what a crowd needs on a server, as its superuser, in the database postgres. */
export const prepareCrowd = async (admin: Client): Promise<void> => {
	await removeCrowd(admin);
	await admin.query(`
		create role ${crowdRole} login;
		create table bench_accounts (id int primary key, balance bigint not null default 0);
		insert into bench_accounts select generate_series(1, 100);
		grant select, update on bench_accounts to ${crowdRole};
	`);
};

/** Takes away what `prepare` made. */
export const removeCrowd = async (admin: Client): Promise<void> => {
	// What sleeps does not notice that its client is gone.
	await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${crowdRole}'`);
	await admin.query(`drop table if exists bench_accounts; drop role if exists ${crowdRole}`);
};

/** Begins a crowd without sessions on a server that is prepared. */
export const startCrowd = async ({host, port}: {readonly host: string; readonly port: number}): Promise<Crowd> => {
	const child = fork(fileURLToPath(new URL('crowd-process.ts', import.meta.url)), [], {execArgv: []});
	const gone = once(child, 'exit');
	const order = (wanted: CrowdCommand): Promise<number> =>
		new Promise((resolve, reject) => {
			const failed = (): void => reject(new Error(`The crowd went away when it was told to ${wanted.type}.`));
			const hear = (reply: CrowdReply): void => {
				if (reply.type === 'ended') return;
				child.off('message', hear);
				child.off('exit', failed);
				if (reply.type === 'failed') reject(new Error(`The crowd cannot ${wanted.type}: ${reply.message}`));
				else resolve(reply.pid ?? 0);
			};
			child.on('message', hear);
			child.once('exit', failed);
			child.send(wanted);
		});
	await order({type: 'connect', host, port});
	return {
		send: order,
		rootEnded: () =>
			new Promise(resolve => {
				const hear = (reply: CrowdReply): void => {
					if (reply.type !== 'ended') return;
					child.off('message', hear);
					resolve(reply.at);
				};
				child.on('message', hear);
			}),
		leave: async () => {
			child.disconnect();
			await gone;
		},
	};
};
