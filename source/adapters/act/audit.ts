import {constants} from 'node:fs';
import {mkdir, open} from 'node:fs/promises';
import {userInfo} from 'node:os';
import {dirname} from 'node:path';
import {jsonLine} from '../../core/recording/lines.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';

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

/**
 * Creates an audit in a file that only its owner can read (0600), as NDJSON: operating system user and SSH connection, server and
 * role, action and outcome. Opens the file for every entry, and only if it is a regular file of this user: another user could have
 * put a link or a pipe there.
 */
export const createAudit = (file: string, server: () => string, sshConnection: string | undefined): Audit => {
	const who = {os_user: userInfo().username, ssh_connection: sshConnection ?? null, process: process.pid};
	let writing: Promise<Failure | undefined> = Promise.resolve(undefined);
	const append = async (line: string): Promise<Failure | undefined> => {
		try {
			await mkdir(dirname(file), {recursive: true, mode: 0o700});
			const handle = await open(file, flags, 0o600);
			try {
				const stats = await handle.stat();
				if (!stats.isFile() || stats.uid !== process.geteuid?.()) return foreign(file);
				if ((stats.mode & 0o077) !== 0) await handle.chmod(0o600);
				await handle.appendFile(line);
				await handle.datasync();
			} finally {
				await handle.close();
			}
			return undefined;
		} catch (error) {
			return unwritten(file, error);
		}
	};
	return {
		write: entry => {
			const [statement, outcome] = [entry.statement, entry.outcome].map(text => (text === null ? null : masked(text)));
			const line = `${jsonLine({at: new Date().toISOString(), ...who, server: server(), ...entry, statement, outcome})}\n`;
			writing = writing.then(() => append(line));
			return writing;
		},
	};
};

// O_NONBLOCK: opening a pipe without a reader would block forever.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const hint = 'Free disk space, fix its permissions, or choose another file with --audit.';

const foreign = (file: string): Failure => ({
	code: 'no_audit',
	message: `The audit file ${file} is not a regular file of this user.`,
	hint,
});

const unwritten = (file: string, error: unknown): Failure => ({
	code: 'no_audit',
	message: `The audit file ${file} cannot be written (${
		error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
	}).`,
	hint,
});
