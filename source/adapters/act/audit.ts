import {constants} from 'node:fs';
import {mkdir, open} from 'node:fs/promises';
import {userInfo} from 'node:os';
import {dirname} from 'node:path';
import {jsonLine} from '../../core/recording/lines.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';

/** One line of the audit: what is about to be done to which server, or what came of it. */
export type AuditEntry = {
	readonly event: 'before' | 'after' | 'seen';
	readonly action: string;
	/** What identifies the target, as it was when somebody said yes. */
	readonly target: Readonly<Record<string, unknown>>;
	readonly statement: string | null;
	readonly outcome: string | null;
	readonly sqlstate: string | null;
	readonly took_ms: number | null;
};

/** The record of all that was done to servers, which outlives this process. */
export type Audit = {
	/** Writes an entry and waits until it is on disk; answers why that failed, and then nothing may be done. */
	readonly write: (entry: AuditEntry) => Promise<Failure | undefined>;
};

/**
 * The audit in a file for its owner alone (0600), to which lines of JSON are appended: who (the user of this machine and where
 * the SSH session came from), where (the server and the role there), what, and what came of it. Opened at every entry, and only
 * where it is a file of our own: what another user could put there, as a link or a pipe, is not written to.
 */
export const createAudit = (file: string, server: () => string, sshConnection: string | undefined): Audit => {
	const who = {os_user: userInfo().username, ssh_connection: sshConnection ?? null, process: process.pid};
	let writing: Promise<Failure | undefined> = Promise.resolve(undefined);
	const append = async (line: string): Promise<Failure | undefined> => {
		try {
			await mkdir(dirname(file), {recursive: true, mode: 0o700});
			const handle = await open(file, flags, 0o600);
			try {
				const found = await handle.stat();
				if (!found.isFile() || found.uid !== process.geteuid?.()) return notOurs(file);
				if ((found.mode & 0o077) !== 0) await handle.chmod(0o600);
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

// A pipe that nobody reads would hold us up for ever.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const hint = 'Free its disk or mend its rights, or name another file with --audit.';

const notOurs = (file: string): Failure => ({
	code: 'no_audit',
	message: `Nothing was done, because the audit ${file} is not a file of this user.`,
	hint,
});

const unwritten = (file: string, error: unknown): Failure => ({
	code: 'no_audit',
	message: `Nothing was done, because the audit ${file} cannot be written (${
		error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
	}).`,
	hint,
});
