import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Client} from 'pg';
import {type CrowdCommand, type CrowdReply, crowdRole} from './crowd-commands.ts';

/** Sessions on a server, controlled by commands and run by a separate process. */
export type Crowd = {
	/** Sends a command and waits until it is done; throws if it fails. Returns the pid of the root of a storm. */
	readonly send: (command: CrowdCommand) => Promise<number>;
	/** Time the session with the row lock of a storm is gone, in milliseconds of `Date.now()`. */
	readonly rootEnded: () => Promise<number>;
	readonly leave: () => Promise<void>;
};

/** Creates the role and table of a crowd in the database postgres; needs a superuser. */
export const prepareCrowd = async (admin: Client): Promise<void> => {
	await removeCrowd(admin);
	await admin.query(`
		create role ${crowdRole} login;
		create table bench_accounts (id int primary key, balance bigint not null default 0);
		insert into bench_accounts select generate_series(1, 100);
		grant select, update on bench_accounts to ${crowdRole};
	`);
};

/** Removes the role and table of a crowd. */
export const removeCrowd = async (admin: Client): Promise<void> => {
	// A sleeping session does not notice that its client is gone.
	await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${crowdRole}'`);
	await admin.query(`drop table if exists bench_accounts; drop role if exists ${crowdRole}`);
};

/** Starts a crowd without sessions on a prepared server. */
export const startCrowd = async ({host, port}: {readonly host: string; readonly port: number}): Promise<Crowd> => {
	const child = fork(fileURLToPath(new URL('crowd-process.ts', import.meta.url)), [], {execArgv: []});
	const gone = once(child, 'exit');
	const send = (command: CrowdCommand): Promise<number> =>
		new Promise((resolve, reject) => {
			const rejectGone = (): void => reject(new Error(`The crowd process exited during ${command.type}.`));
			const listener = (reply: CrowdReply): void => {
				if (reply.type === 'ended') return;
				child.off('message', listener);
				child.off('exit', rejectGone);
				if (reply.type === 'failed') reject(new Error(`The crowd failed to ${command.type}: ${reply.message}`));
				else resolve(reply.pid ?? 0);
			};
			child.on('message', listener);
			child.once('exit', rejectGone);
			child.send(command);
		});
	await send({type: 'connect', host, port});
	return {
		send,
		rootEnded: () =>
			new Promise(resolve => {
				const listener = (reply: CrowdReply): void => {
					if (reply.type !== 'ended') return;
					child.off('message', listener);
					resolve(reply.at);
				};
				child.on('message', listener);
			}),
		leave: async () => {
			child.disconnect();
			await gone;
		},
	};
};
