import {isIP} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {decode, sqlFor} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {type StandbyAddress, standbyAddresses} from '../../queries/server/standby-addresses.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {isLocal, loopback, type ServerAddress} from '../connect/endpoints.ts';
import {overdue} from '../connect/failures.ts';
import {createWhereabouts, type Site} from '../connect/whereabouts.ts';
import {openLane} from '../session/lane.ts';
import {versionOf} from '../session/lanes.ts';
import {createRefusals} from './refusals.ts';

/** A server that answered: the address at which it was reached, the identifier of its cluster, and its run; null if refused. */
export type ReachedServer = {
	/** IP address; the loopback address for a Unix socket. */
	readonly address: string;
	readonly port: number;
	readonly systemIdentifier: string | null;
	/** Start of its postmaster to the microsecond. */
	readonly run: string | null;
};

/** The answer of a server that was asked for its standbys: senders whose `state` is null are hidden from the role. */
export type StandbysAnswer =
	| {readonly ok: true; readonly server: ReachedServer; readonly senders: readonly StandbyAddress[]}
	| {readonly ok: false; readonly error: Failure};

const limitMs = 2000;

const tunneled: Failure = {
	code: 'tunnel',
	message: 'It is reached through a tunnel, and the addresses of its standbys are those of the other side.',
	hint: 'Name the standbys, each with a tunnel of its own.',
};

const behindPooler: Failure = {
	code: 'pooler',
	message: 'It is reached through a connection pooler, whose port is not that of the standbys.',
	hint: 'Connect to the server itself.',
};

const reached = ({endpoint, server}: Site, systemIdentifier: string | null): ReachedServer => ({
	address: isLocal(endpoint) ? loopback : (endpoint.hostaddr ?? endpoint.host),
	port: endpoint.port,
	systemIdentifier,
	run: server === '' ? null : server,
});

/** Asks a server once for its physical standbys, over a connection of its own, for two seconds at most. Never rejects. */
export const askStandbys = async (target: ConnectionTarget): Promise<StandbysAnswer> => {
	if (target.endpoints.some(({tunnel}) => tunnel !== undefined)) return {ok: false, error: tunneled};
	const whereabouts = createWhereabouts();
	const lane = openLane({...target, whereabouts}, {readOnly: true, leads: true, statementTimeoutMs: limitMs});
	const asked = async (): Promise<StandbysAnswer> => {
		const version = await versionOf(lane);
		const reply = await createRefusals().ask(standbyAddresses, without =>
			lane.run({name: standbyAddresses.name, deadlineMs: limitMs, sql: sqlFor(standbyAddresses, version, {without})}),
		);
		if (!reply.ok) return {ok: false, error: reply.error};
		const site = whereabouts.site();
		if (site === undefined || lane.status().pid === undefined) return {ok: false, error: behindPooler};
		const rows = decode(standbyAddresses, reply.rows).rows as readonly StandbyAddress[];
		const server = reached(site, rows[0]?.system_identifier ?? null);
		return {ok: true, server, senders: rows.filter(({pid}) => pid !== null)};
	};
	const aborter = new AbortController();
	const late = async (): Promise<StandbysAnswer> => {
		await delay(limitMs, undefined, {signal: aborter.signal}).catch(() => {});
		return {ok: false, error: lane.status().failure ?? overdue('the question for its standbys', limitMs)};
	};
	try {
		return await Promise.race([asked(), late()]);
	} finally {
		aborter.abort();
		await lane.close();
	}
};

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/**
 * True for a standby on the host of the server that names it: it has another port, which nobody knows. The loopback address from
 * which Linux connects says nothing about the one at which the standby listens.
 */
const isOnSameHost = ({client_addr: from}: StandbyAddress, {address}: ReachedServer): boolean => {
	if (from === null || from === loopback || from === '::1' || from === address) return true;
	return isLoopback(from) && !isLoopback(address);
};

/** The senders of a server by what can be done about them. */
export type StandbyPlaces = {
	/** Those that are hidden from the role, so that they may be standbys or not. */
	readonly hidden: number;
	/** Those on the host of the server itself. */
	readonly sameHost: readonly StandbyAddress[];
	/** Those of each other address. */
	readonly byAddress: ReadonlyMap<string, readonly StandbyAddress[]>;
};

/** Sorts the senders of a server by where they come from. */
export const standbyPlaces = (senders: readonly StandbyAddress[], server: ReachedServer): StandbyPlaces => {
	const seen = senders.filter(({state, client_addr}) => state !== null && (client_addr === null || isIP(client_addr) > 0));
	return {
		hidden: senders.filter(({state}) => state === null).length,
		sameHost: seen.filter(sender => isOnSameHost(sender, server)),
		byAddress: Map.groupBy(
			seen.filter(sender => !isOnSameHost(sender, server)),
			({client_addr}) => client_addr ?? '',
		),
	};
};

// The name comes from the DNS of the server, which can say anything: it is of use only if the certificate has to prove it.
const oneHost = /^[\w.-]+$/;

/** The address to try for a standby: its own, at the port of the server that names it. */
export const standbyAddress = (
	{client_addr: from, client_hostname: name}: StandbyAddress,
	{port}: ReachedServer,
	{sslmode}: Pick<ConnectionTarget, 'sslmode'>,
): ServerAddress => {
	const address = from ?? '';
	return sslmode === 'verify-full' && name !== null && oneHost.test(name)
		? {host: name, hostaddr: address, port}
		: {host: address, hostaddr: undefined, port};
};

/** True if two servers are on the same host, as far as their addresses say. */
export const shareHost = (one: string, other: string): boolean => one === other || (isLoopback(one) && isLoopback(other));
