import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {createSecureContext, type SecureContextOptions} from 'node:tls';
import {ConnectionError} from './failures.ts';
import {oneOf} from './keywords.ts';

import type {Surroundings} from './surroundings.ts';

/** The files that TLS is made with; undefined where there is none. */
export type Certificates = {
	/** File of trusted authorities; `system` for those of the machine. */
	readonly sslrootcert: string | undefined;
	readonly sslcrl: string | undefined;
	readonly sslcrldir: string | undefined;
	/** Our own certificate and its key. */
	readonly sslcert: string | undefined;
	readonly sslkey: string;
	/** A function, so that no print of a target shows it. */
	readonly sslpassword: () => string | undefined;
};

/** The files that were named or lie in ~/.postgresql; as in libpq one that is not there counts as not named. */
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

/** What the files say, read anew at each log-in. Throws a ConnectionError that names the file which cannot be used. */
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
		return readFileSync(path);
	} catch {
		throw unusable(`The file ${path} cannot be read.`, `Check its rights, or name another with ${keyword}.`);
	}
};

const unusable = (message: string, hint: string): ConnectionError =>
	new ConnectionError({code: 'certificate_file', message, hint});

/** Our own certificate, which the server may ask for; as in libpq nobody but the owner may read its key, or root and a group. */
const ownOf = ({sslcert, sslkey, sslpassword}: Files): Pick<SecureContextOptions, 'cert' | 'key' | 'passphrase'> => {
	if (sslcert === undefined) return {};
	const key = keyIn(sslkey, sslcert);
	const passphrase = sslpassword();
	const own = {cert: read(sslcert, 'sslcert'), key, ...(passphrase !== undefined && {passphrase})};
	try {
		createSecureContext(own);
		return own;
	} catch {
		const hint = /ENCRYPTED/.test(key.toString('latin1'))
			? 'The key is encrypted: give its password with sslpassword.'
			: 'Do the two belong together? sslcert and sslkey name others.';
		throw unusable(`The client certificate ${sslcert} with the key ${sslkey} cannot be used.`, hint);
	}
};

const keyIn = (path: string, certificate: string): Buffer => {
	const file = statSync(path, {throwIfNoEntry: false});
	if (!file?.isFile())
		throw unusable(
			`There is the client certificate ${certificate}, but not its key ${path}.`,
			'Name the key with sslkey or PGSSLKEY, or leave the certificate out with sslcertmode=disable.',
		);
	const others = file.uid === 0 ? 0o037 : 0o077;
	if (process.platform !== 'win32' && (file.mode & others) !== 0)
		throw unusable(`The key ${path} was not used because others may read it.`, `chmod 0600 ${path}`);
	return read(path, 'sslkey');
};
