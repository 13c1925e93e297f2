import {lookup} from 'node:dns/promises';
import {isIP} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {Failure} from '../../core/sample/sample.ts';
import {type ConnectionTarget, placed} from '../connect/connection.ts';
import type {Endpoint} from '../connect/endpoints.ts';
import {ConnectionError, failureOf, serverName} from '../connect/failures.ts';
import {notAsAsked, type SessionAttrs} from '../connect/session-attrs.ts';
import {elsewhere, unsettled} from '../connect/whereabouts.ts';
import {type EnterOptions, enter} from './enter.ts';
import type {ServerSession} from './session.ts';

/** Login options; the login that `leads` chooses the server that all others follow. */
export type LogInOptions = Omit<EnterOptions, 'wanted'> & {readonly leads?: boolean};

/**
 * Logs in at the first reachable endpoint that matches target_session_attrs, in libpq's order; a follower only at the leader's
 * site. Rejects with a ConnectionError.
 */
export const logIn = async (target: ConnectionTarget, {leads = false, ...options}: LogInOptions): Promise<ServerSession> => {
	const whereabouts = leads ? undefined : target.whereabouts;
	const before = whereabouts?.site();
	if (whereabouts && !before && target.endpoints.length > 1) throw new ConnectionError(unsettled);
	const session = before ? await enter(placed(target, before.endpoint), options) : await walk(target, options);
	const site = whereabouts?.site();
	if (!site || session.pooled || session.server === site.server) return session;
	session.destroy();
	whereabouts?.stray();
	throw new ConnectionError(elsewhere);
};

// As in libpq, a server that refuses ends the walk, since the next one would refuse too. Unlike libpq, a broken connection does
// not: a proxy without a server behind it breaks it as well.
const isAway: ReadonlySet<string> = new Set([
	'EACCES',
	'EAI_AGAIN',
	'ECONNREFUSED',
	'ECONNRESET',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENOENT',
	'ENOTFOUND',
	'EPIPE',
	'ETIMEDOUT',
	'57P03',
	'connection_lost',
	'login_timeout',
	notAsAsked,
	'tunnel',
]);

const walk = async (target: ConnectionTarget, options: EnterOptions): Promise<ServerSession> => {
	const {targetSessionAttrs} = target;
	const failures: Failure[] = [];
	const mismatched: Endpoint[] = [];
	for (const endpoint of inOrder(target.endpoints, target)) {
		for (const address of await addressesOf(endpoint, target, options.signal)) {
			const found = await attempt(placed(target, address), targetSessionAttrs, options);
			if (!('code' in found)) return found;
			if (!isAway.has(found.code)) throw new ConnectionError(found);
			failures.push(found);
			if (found.code === notAsAsked) mismatched.push(address);
		}
	}
	if (targetSessionAttrs === 'prefer-standby')
		for (const endpoint of mismatched) {
			const found = await attempt(placed(target, endpoint), 'any', options);
			if (!('code' in found)) return found;
		}
	throw new ConnectionError(summed(failures));
};

const attempt = async (target: ConnectionTarget, wanted: SessionAttrs, options: EnterOptions): Promise<ServerSession | Failure> =>
	enter(target, {...options, wanted}).catch((error: unknown) => failureOf(error, serverName(target)));

/** Addresses of a host name if it matters which one is used; otherwise the system picks one that answers. */
const addressesOf = async (endpoint: Endpoint, target: ConnectionTarget, signal: AbortSignal): Promise<readonly Endpoint[]> => {
	const {host, hostaddr} = endpoint;
	const matters = target.isBalanced || target.targetSessionAttrs !== 'any';
	if (!matters || endpoint.tunnel || hostaddr !== undefined || host.startsWith('/') || isIP(host) !== 0) return [endpoint];
	try {
		const found = await Promise.race([
			lookup(host, {all: true, order: 'verbatim'}),
			delay(target.connectTimeoutMs, [], {signal, ref: false}),
		]);
		return found.length > 0 ? inOrder(found, target).map(({address}) => ({...endpoint, hostaddr: address})) : [endpoint];
	} catch {
		// The connection attempt by name reports the reason.
		return [endpoint];
	}
};

/** Endpoints in the given order, or shuffled with load_balance_hosts. */
const inOrder = <T>(all: readonly T[], {isBalanced}: ConnectionTarget): readonly T[] =>
	isBalanced
		? all
				.map(each => ({each, at: Math.random()}))
				.sort((a, b) => a.at - b.at)
				.map(({each}) => each)
		: all;

const summed = (failures: readonly Failure[]): Failure => {
	const [first, ...others] = failures;
	if (!first) return unsettled;
	if (others.length === 0) return first;
	const codes = new Set(failures.map(({code}) => code));
	return {
		code: codes.size === 1 ? first.code : codes.has(notAsAsked) ? notAsAsked : 'unreachable',
		message: `None of ${failures.length} servers can be reached: ${failures.map(({message}) => message).join(' ')}`,
		hint: codes.has(notAsAsked)
			? 'Is a promotion pending? target_session_attrs selects the kind of server.'
			: 'Are they running? Check -h and -p.',
	};
};
