import {userInfo} from 'node:os';
import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {jsonLine} from '../../core/recording/lines.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import {codeOf, isForeign, keepPrivate, makeFolders, openOwnFile} from '../../system/own-file.ts';

/** One line of the audit: an action about to run, its outcome, or its effect seen later. */
export type AuditEntry = {
	readonly event: 'before' | 'after' | 'seen';
	readonly action: string;
	/** Identity of the target at the time of the confirmation. */
	readonly target: Readonly<Record<string, unknown>>;
	readonly statement: string | null;
	readonly outcome: string | null;
	readonly sqlstate: string | null;
	readonly took_ms: number | null;
};

/** Durable record of all actions on servers. */
export type Audit = {
	/** Writes an entry and waits until it is on disk; resolves to the failure if it is not, and then the action must not run. */
	readonly write: (entry: AuditEntry) => Promise<Failure | undefined>;
};

// A disk that answers takes milliseconds; the person waits with the question answered.
const patienceMs = 3000;

/**
 * Creates an audit in a file that only its owner can read (0600), as NDJSON: operating system user and SSH connection, server and
 * role, action and outcome. Opens the file for every entry, and only if it is a regular file of this user: another user could have
 * put a link or a pipe there. An entry that takes more than `mostMs` has failed, and so has every other until it is written.
 */
export const createAudit = (
	file: string,
	server: () => string,
	sshConnection: string | undefined,
	mostMs = patienceMs,
): Audit => {
	const who = {os_user: userInfo().username, ssh_connection: sshConnection ?? null, process: process.pid};
	let writing: Promise<Failure | undefined> = Promise.resolve(undefined);
	// An entry that was not written in time: what waits for the disk holds one of the few threads of Node.
	let hung: Promise<unknown> | undefined;
	const write = async (line: string): Promise<Failure | undefined> => {
		if (hung) return late(file);
		let isWanted = true;
		const written = writing.then(() => append(file, line, () => isWanted));
		writing = written;
		const inTime = await isSettledWithin(written, mostMs);
		if (inTime) return written;
		isWanted = false;
		hung = written;
		void written.then(() => {
			hung = undefined;
		});
		return late(file);
	};
	return {
		write: entry => {
			const [statement, outcome] = [entry.statement, entry.outcome].map(text => (text === null ? null : masked(text)));
			return write(`${jsonLine({at: new Date().toISOString(), ...who, server: server(), ...entry, statement, outcome})}\n`);
		},
	};
};

const isSettledWithin = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
	const done = new AbortController();
	const expired = sleep(ms, false, {ref: false, signal: done.signal}).catch(() => true);
	const inTime = await Promise.race([work.then(() => true), expired]);
	done.abort();
	return inTime;
};

/** Appends a line and syncs it to disk; writes nothing if the caller gave up before the file was open. Never rejects. */
const append = async (file: string, line: string, isWanted: () => boolean): Promise<Failure | undefined> => {
	try {
		await makeFolders(dirname(file));
		const handle = await openOwnFile(file);
		try {
			if (!isWanted()) return late(file);
			await keepPrivate(handle);
			await handle.appendFile(line);
			await handle.datasync();
		} finally {
			await handle.close();
		}
		return undefined;
	} catch (error) {
		return isForeign(error) ? foreign(file) : unwritten(file, codeOf(error));
	}
};

const failed = (message: string): Failure => ({
	code: 'no_audit',
	message,
	hint: 'Free disk space, fix its permissions, or choose another file with --audit.',
});

const foreign = (file: string): Failure => failed(`The audit file ${file} is not a regular file of this user.`);

const unwritten = (file: string, code: string): Failure => failed(`The audit file ${file} cannot be written (${code}).`);

const late = (file: string): Failure => failed(`The audit file ${file} cannot be written: its disk does not answer.`);
