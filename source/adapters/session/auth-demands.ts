import type {Client} from 'pg';
import type {Failure} from '../../core/sample/sample.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError} from '../connect/failures.ts';
import type {AuthMethod} from '../connect/require-auth.ts';

const asks = {authenticationCleartextPassword: 'password', authenticationMD5Password: 'md5'} as const;

const notBound: Failure = {
	code: 'channel_binding',
	message: 'channel_binding=require, but the server does not offer it.',
	hint: 'It needs TLS and scram-sha-256 in pg_hba.conf; channel_binding=prefer does without.',
};

const notAccepted = (method: AuthMethod): Failure => ({
	code: 'require_auth',
	message:
		method === 'none'
			? 'The server asks for no authentication, which require_auth does not accept.'
			: `The server asks for ${method}, which require_auth does not accept.`,
	hint: 'Change the line in pg_hba.conf, or add the method to require_auth.',
});

/**
 * Aborts a login, before a password is sent, if the server uses an authentication method that channel_binding or require_auth
 * excludes.
 */
export const demand = (client: Client, target: ConnectionTarget, reject: (error: Error) => void): void => {
	const {channelBinding, requireAuth} = target;
	if (channelBinding !== 'require' && requireAuth === undefined) return;
	const {connection} = client;
	let bound = false;
	let checked: AuthMethod = 'none';
	const refuse = (failure: Failure): void => {
		connection.stream.destroy();
		reject(new ConnectionError(failure));
	};
	const assert = (method: AuthMethod, isBound: boolean): void => {
		if (channelBinding === 'require' && !isBound) refuse(notBound);
		else if (requireAuth && !requireAuth.has(method)) refuse(notAccepted(method));
	};
	for (const [event, method] of Object.entries(asks))
		connection.on(event, () => {
			checked = method;
			assert(method, false);
		});
	connection.on('authenticationSASL', ({mechanisms}: {mechanisms: readonly string[]}) => {
		assert('scram-sha-256', mechanisms.includes('SCRAM-SHA-256-PLUS'));
	});
	// Only the last SCRAM message proves that the server knows the password too.
	connection.on('authenticationSASLFinal', () => {
		bound = channelBinding === 'require';
		checked = 'scram-sha-256';
	});
	connection.on('authenticationOk', () => assert(checked, bound));
};
