import {join} from 'node:path';
import {UserError} from '../../core/values/errors.ts';
import {isKeyword, type Parameters} from './keywords.ts';
import type {Surroundings} from './surroundings.ts';

/** Where service files are: the one that was named or is the user's own, and the folder of the system's where that was named. */
export type ServiceFiles = {
	readonly named: string | undefined;
	readonly home: string;
	readonly systemFolder: string | undefined;
};

// Debian's and Red Hat's; libpq has one of them built in.
const systemFolders = ['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/etc'] as const;

/**
 * The parameters of a service, as libpq finds them: in the file that was named or in ~/.pg_service.conf, else in the system's.
 * Throws a UserError where no file defines it; no value is ever repeated, for it may be a password.
 */
export const parametersOfService = (
	service: string,
	{named, home, systemFolder}: ServiceFiles,
	{exists, read}: Surroundings,
): Parameters => {
	const own = named ?? join(home, '.pg_service.conf');
	if (named !== undefined && !exists(named))
		throw new UserError(`The service file ${named} does not exist.`, {
			hint: 'Name another with PGSERVICEFILE, or unset it for ~/.pg_service.conf.',
			exitCode: 2,
		});
	const folders = systemFolder === undefined ? systemFolders : [systemFolder];
	for (const file of [own, ...folders.map(folder => join(folder, 'pg_service.conf'))]) {
		if (!exists(file)) continue;
		const found = serviceIn(readable(file, read), service, file);
		if (found) return found;
	}
	throw new UserError(`No service file defines the service ${JSON.stringify(service)}.`, {
		hint: `Write [${service}] and lines like host=db1 into ${own}, or name another file with PGSERVICEFILE.`,
		exitCode: 2,
	});
};

const readable = (file: string, read: Surroundings['read']): string => {
	try {
		return read(file);
	} catch {
		throw new UserError(`The service file ${file} cannot be read.`, {hint: 'Check its rights.', exitCode: 2});
	}
};

/** The parameters of the first section of that name in a service file's text; undefined where it has none. */
const serviceIn = (text: string, service: string, file: string): Parameters | undefined => {
	const refuse = (line: number, hint: string): UserError =>
		new UserError(`Line ${line + 1} of the service file ${file} cannot be read.`, {hint, exitCode: 2});
	let found: Record<string, string> | undefined;
	for (const [number, raw] of text.split('\n').entries()) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) continue;
		if (line.startsWith('[')) {
			if (found) return found;
			if (line.startsWith(`[${service}]`)) found = {};
			continue;
		}
		if (!found) continue;
		if (line.startsWith('ldap:')) throw refuse(number, 'Services are not looked up by LDAP: write the parameters themselves.');
		const at = line.indexOf('=');
		const keyword = line.slice(0, at);
		if (keyword === 'service') throw refuse(number, 'A service cannot refer to another one.');
		if (at < 0 || !isKeyword(keyword)) throw refuse(number, 'Each line is keyword=value without blanks around "=", as host=db1.');
		// As in libpq the first one counts.
		found[keyword] ??= line.slice(at + 1);
	}
	return found;
};
