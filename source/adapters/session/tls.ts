import {isIP} from 'node:net';
import type {ConnectionOptions, PeerCertificate} from 'node:tls';
import {builtins} from '../../system/builtins.ts';
import {contextOf} from '../connect/certificates.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {isLocal} from '../connect/endpoints.ts';

/** Encryption of one login attempt; undefined is none. */
export type Encryption = ConnectionOptions | undefined;

/**
 * Encryptions to try in order, by libpq's sslmode: `prefer` falls back to none, `allow` to TLS. A Unix socket is never
 * encrypted. Throws if the files cannot be used, unless another attempt needs none.
 */
export const encryptions = (target: ConnectionTarget): readonly Encryption[] => {
	if (isLocal(target) || target.sslmode === 'disable') return [undefined];
	if (target.sslmode === 'allow') return [undefined, ...possible(target)];
	return target.sslmode === 'prefer' ? [...possible(target), undefined] : [tlsOf(target)];
};

const possible = (target: ConnectionTarget): readonly Encryption[] => {
	try {
		return [tlsOf(target)];
	} catch {
		return [];
	}
};

const tlsOf = (target: ConnectionTarget): ConnectionOptions => {
	// libpq verifies against an existing root certificate in every mode.
	const verifies = target.sslrootcert !== undefined;
	return {
		host: target.host,
		minVersion: target.sslMinVersion,
		maxVersion: target.sslMaxVersion,
		rejectUnauthorized: verifies,
		...(isIP(target.host) === 0 ? {servername: target.host} : {}),
		...contextOf({...target, verifies}),
		// All modes but verify-full check the chain and ignore the name.
		checkServerIdentity: (_, certificate) =>
			target.sslmode !== 'verify-full' || isFor(target.host, certificate)
				? undefined
				: Object.assign(new Error(`it is not issued for ${target.host}`), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'}),
	};
};

/**
 * True if a certificate is for the host, as libpq compares: an address may also be listed as a name, unless addresses are
 * listed.
 */
const isFor = (host: string, {raw}: PeerCertificate): boolean => {
	const {X509Certificate} = builtins.crypto();
	const certificate = new X509Certificate(raw);
	if (isIP(host) === 0) return certificate.checkHost(host, {partialWildcards: false}) !== undefined;
	const subject = /IP Address:/.test(certificate.subjectAltName ?? '') ? 'never' : 'default';
	return certificate.checkIP(host) !== undefined || certificate.checkHost(host, {subject, wildcards: false}) !== undefined;
};
