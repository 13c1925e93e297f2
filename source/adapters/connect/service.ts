import {join} from 'node:path';
import {UserError} from '../../core/values/errors.ts';
import {isKeyword, type Parameters} from './keywords.ts';
import type {Surroundings} from './surroundings.ts';

/** Service files: the named one or the user's own, and the system folder if one is named. */
export type ServiceFiles = {
	readonly named: string | undefined;
	readonly home: string;
	readonly systemFolder: string | undefined;
};

// Folders of Debian and Red Hat; each libpq build has one of them compiled in.
const systemFolders = ['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/etc'] as const;

/**
 * Parameters of a service as libpq finds them: in the named file or ~/.pg_service.conf, then in the system file. Throws a
 * UserError if no file defines it; values are never repeated, since one may be a password.
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
		const parameters = serviceIn(readable(file, read), service, file);
		if (parameters) return parameters;
	}
	throw new UserError(`No service file defines the service ${JSON.stringify(service)}.`, {
		hint: `Add [${service}] and lines like host=db1 to ${own}, or name another file with PGSERVICEFILE.`,
		exitCode: 2,
	});
};

const readable = (file: string, read: Surroundings['read']): string => {
	try {
		return read(file);
	} catch {
		throw new UserError(`The service file ${file} cannot be read.`, {hint: 'Check its permissions.', exitCode: 2});
	}
};

/** Parameters of the first section with that name in a service file; undefined without one. */
const serviceIn = (text: string, service: string, file: string): Parameters | undefined => {
	const refuse = (line: number, hint: string): UserError =>
		new UserError(`Line ${line + 1} of the service file ${file} cannot be read.`, {hint, exitCode: 2});
	let parameters: Record<string, string> | undefined;
	for (const [number, raw] of text.split('\n').entries()) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) continue;
		if (line.startsWith('[')) {
			if (parameters) return parameters;
			if (line.startsWith(`[${service}]`)) parameters = {};
			continue;
		}
		if (!parameters) continue;
		if (line.startsWith('ldap:'))
			throw refuse(number, 'LDAP lookup of services is not supported: write the parameters themselves.');
		const at = line.indexOf('=');
		const keyword = line.slice(0, at);
		if (keyword === 'service') throw refuse(number, 'A service cannot refer to another one.');
		if (at < 0 || !isKeyword(keyword))
			throw refuse(number, 'Each line is keyword=value without spaces around "=", such as host=db1.');
		// As in libpq, the first one wins.
		parameters[keyword] ??= line.slice(at + 1);
	}
	return parameters;
};
