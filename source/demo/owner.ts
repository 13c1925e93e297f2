import {readFileSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {UserError} from '../core/values/errors.ts';

/** Operating system user that servers run as, if not the current one. */
export type Owner = {readonly uid: number; readonly gid: number};

/**
 * User that servers run as; undefined for the current user. PostgreSQL refuses root, so root starts servers as an existing
 * `postgres` or `nobody`; no user is ever created. Throws a UserError if root has neither.
 */
export const serverOwner = (): Owner | undefined => {
	if (process.getuid?.() !== 0) return undefined;
	const entries = readFileSync('/etc/passwd', 'utf8')
		.split('\n')
		.map(line => line.split(':'));
	for (const name of ['postgres', 'nobody']) {
		const entry = entries.find(fields => fields[0] === name);
		if (entry) return {uid: Number(entry[2]), gid: Number(entry[3])};
	}
	throw new UserError('PostgreSQL does not run as root, and this machine has no user "postgres" or "nobody".', {
		hint: 'Run the demo as an ordinary user.',
		exitCode: 1,
	});
};

/** True if `owner` can enter a folder and every folder above it. */
export const canEnter = (owner: Owner | undefined, folder: string): boolean => {
	if (!owner) return true;
	const {mode, uid, gid} = statSync(folder);
	const execute = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
	const parent = dirname(folder);
	return (mode & execute) !== 0 && (parent === folder || canEnter(owner, parent));
};
