import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import type {SecureContextOptions} from 'node:tls';
import {builtins} from '../../system/builtins.ts';
import {readInTime, readRegularFile} from '../../system/reading.ts';
import {ConnectionError} from './failures.ts';
import {oneOf} from './keywords.ts';
import type {Surroundings} from './surroundings.ts';

/** Files for TLS; undefined if not used. */
export type Certificates = {
	/** File of trusted authorities; `system` for those of the operating system. */
	readonly sslrootcert: string | undefined;
	readonly sslcrl: string | undefined;
	readonly sslcrldir: string | undefined;
	/** Client certificate and its key. */
	readonly sslcert: string | undefined;
	readonly sslkey: string;
	/** A function, so that printing a target never shows it. */
	readonly sslpassword: () => string | undefined;
};

/** Files named explicitly or found in ~/.postgresql; as in libpq, a missing default file counts as not named. */
export const certificatesOf = (
	set: (keyword: string) => string | undefined,
	home: string,
	{exists}: Surroundings,
): Certificates => {
	const file = (keyword: string, usual: string): string | undefined => {
		const path = set(keyword) ?? `${home}/.postgresql/${usual}`;
		return exists(path) ? path : undefined;
	};
	const mode = oneOf('sslcertmode', set('sslcertmode') ?? 'allow', ['disable', 'allow']);
	const password = set('sslpassword');
	return {
		sslrootcert: set('sslrootcert') === 'system' ? 'system' : file('sslrootcert', 'root.crt'),
		sslcrl: file('sslcrl', 'root.crl'),
		sslcrldir: set('sslcrldir'),
		sslcert: mode === 'disable' ? undefined : file('sslcert', 'postgresql.crt'),
		sslkey: set('sslkey') ?? `${home}/.postgresql/postgresql.key`,
		sslpassword: () => password,
	};
};

type Files = Certificates & {readonly verifies: boolean};

/** Contents of the files, read again at each login. Throws a ConnectionError that names the unusable file. */
export const contextOf = (files: Files): Pick<SecureContextOptions, 'ca' | 'crl' | 'cert' | 'key' | 'passphrase'> => {
	const {sslrootcert, sslcrl, sslcrldir, verifies} = files;
	if (!verifies || sslrootcert === undefined || sslrootcert === 'system') return ownOf(files);
	const lists = [
		...(sslcrl === undefined ? [] : [sslcrl]),
		...(sslcrldir === undefined ? [] : listed(sslcrldir).map(name => join(sslcrldir, name))),
	];
	const ca = read(sslrootcert, 'sslrootcert');
	return {...ownOf(files), ca, ...(lists.length > 0 && {crl: lists.map(path => read(path, 'sslcrl'))})};
};

const listed = (folder: string): readonly string[] => {
	try {
		return readdirSync(folder).filter(name => /\.r\d+$/.test(name));
	} catch {
		return [];
	}
};

const read = (path: string, keyword: string): Buffer => {
	try {
		return readInTime(path);
	} catch {
		throw unreadable(path, keyword);
	}
};

const unreadable = (path: string, keyword: string): ConnectionError =>
	unusable(`The file ${path} cannot be read.`, `Check its permissions, or name another file with ${keyword}.`);

const unusable = (message: string, hint: string): ConnectionError =>
	new ConnectionError({code: 'certificate_file', message, hint});

/**
 * The client certificate that the server may ask for; as in libpq, its key must be readable only by the owner, or by root and a
 * group.
 */
const ownOf = ({sslcert, sslkey, sslpassword}: Files): Pick<SecureContextOptions, 'cert' | 'key' | 'passphrase'> => {
	if (sslcert === undefined) return {};
	const key = keyIn(sslkey, sslcert);
	const passphrase = sslpassword();
	const own = {cert: read(sslcert, 'sslcert'), key, ...(passphrase !== undefined && {passphrase})};
	try {
		builtins.tls().createSecureContext(own);
		return own;
	} catch {
		const hint = /ENCRYPTED/.test(key.toString('latin1'))
			? 'The key is encrypted: set sslpassword.'
			: 'Check that the two belong together; sslcert and sslkey name others.';
		throw unusable(`The client certificate ${sslcert} with the key ${sslkey} cannot be used.`, hint);
	}
};

const keyIn = (path: string, certificate: string): Buffer => {
	try {
		return readRegularFile(path, ({uid, mode}) => {
			const others = uid === 0 ? 0o037 : 0o077;
			if (process.platform !== 'win32' && (mode & others) !== 0)
				throw unusable(`The key ${path} was not used because other users can read it.`, `chmod 0600 ${path}`);
		});
	} catch (error) {
		if (error instanceof ConnectionError) throw error;
		if (/^(?:ENOENT|ENOTDIR|not_regular)$/.test(String((error as NodeJS.ErrnoException).code)))
			throw unusable(
				`The client certificate ${certificate} has no key ${path}.`,
				'Name the key with sslkey or PGSSLKEY, or skip the certificate with sslcertmode=disable.',
			);
		throw unreadable(path, 'sslkey');
	}
};
