import {readFileSync} from 'node:fs';
import {isIP} from 'node:net';
import type {ConnectionOptions} from 'node:tls';
import {type ConnectionTarget, isLocal} from './connection.ts';

/** How one try of a log-in is encrypted; undefined is not at all. */
export type Encryption = ConnectionOptions | undefined;

/**
 * The encryptions to try in turn, as libpq's sslmode means them: `prefer` falls back to none, `allow` to TLS. Nothing is ever
 * encrypted on a unix socket. Throws where the file of authorities cannot be read.
 */
export const encryptions = (target: ConnectionTarget): readonly Encryption[] => {
	if (isLocal(target) || target.sslmode === 'disable') return [undefined];
	if (target.sslmode === 'allow') return [undefined, tlsOf(target)];
	return target.sslmode === 'prefer' ? [tlsOf(target), undefined] : [tlsOf(target)];
};

const tlsOf = (target: ConnectionTarget): ConnectionOptions => {
	const verifies = target.sslmode === 'verify-ca' || target.sslmode === 'verify-full';
	const file = verifies && target.sslrootcert !== 'system' ? target.sslrootcert : undefined;
	return {
		host: target.host,
		minVersion: target.sslMinVersion,
		rejectUnauthorized: verifies,
		...(isIP(target.host) === 0 ? {servername: target.host} : {}),
		...(file === undefined ? {} : {ca: readFileSync(file)}),
		// verify-ca trusts the chain and leaves the name alone.
		...(target.sslmode === 'verify-full' ? {} : {checkServerIdentity: () => undefined}),
	};
};
