import {X509Certificate} from 'node:crypto';
import {isIP} from 'node:net';
import type {ConnectionOptions, PeerCertificate} from 'node:tls';
import {contextOf} from '../connect/certificates.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {isLocal} from '../connect/endpoints.ts';

/** How one try of a log-in is encrypted; undefined is not at all. */
export type Encryption = ConnectionOptions | undefined;

/**
 * The encryptions to try in turn, as libpq's sslmode means them: `prefer` falls back to none, `allow` to TLS. Nothing is ever
 * encrypted on a unix socket. Throws where the files for it cannot be used, unless there is another way without them.
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
	// Whoever has authorities to trust means them, as libpq sees it, in every mode.
	const verifies = target.sslrootcert !== undefined;
	return {
		host: target.host,
		minVersion: target.sslMinVersion,
		maxVersion: target.sslMaxVersion,
		rejectUnauthorized: verifies,
		...(isIP(target.host) === 0 ? {servername: target.host} : {}),
		...contextOf({...target, verifies}),
		// All but verify-full trust the chain and leave the name alone.
		checkServerIdentity: (_, certificate) =>
			target.sslmode !== 'verify-full' || isFor(target.host, certificate)
				? undefined
				: Object.assign(new Error(`it is not for ${target.host}`), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'}),
	};
};

/** Whether a certificate is for a host, as libpq compares: an address may also stand as a name, unless addresses are listed. */
const isFor = (host: string, {raw}: PeerCertificate): boolean => {
	const certificate = new X509Certificate(raw);
	if (isIP(host) === 0) return certificate.checkHost(host, {partialWildcards: false}) !== undefined;
	const subject = /IP Address:/.test(certificate.subjectAltName ?? '') ? 'never' : 'default';
	return certificate.checkIP(host) !== undefined || certificate.checkHost(host, {subject, wildcards: false}) !== undefined;
};
