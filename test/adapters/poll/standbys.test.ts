import {describe, expect, it} from 'vitest';
import {type ReachedServer, standbyAddress, standbyPlaces} from '../../../source/adapters/poll/standbys.ts';
import type {StandbyAddress} from '../../../source/queries/server/standby-addresses.ts';

const at = (address: string): ReachedServer => ({address, port: 5433, systemIdentifier: '7', run: '20261130'});

const sender = (client_addr: string | null, more: Partial<StandbyAddress> = {}): StandbyAddress => ({
	pid: 1,
	application_name: 'berlin',
	client_addr,
	client_hostname: null,
	state: 'streaming',
	system_identifier: '7',
	...more,
});

describe('where a standby comes from', () => {
	it.each([
		['a Unix socket', null, '10.0.0.1'],
		['the loopback address', '127.0.0.1', '10.0.0.1'],
		['the loopback address of IPv6', '::1', '10.0.0.1'],
		['another loopback address, to a server on another host', '127.0.1.1', '10.0.0.1'],
		['the loopback address, to a server on this host', '127.0.0.1', '127.0.0.1'],
		['the address of the server', '10.0.0.1', '10.0.0.1'],
	])('is the host of the server for %s', (_, from, server) => {
		const {sameHost, byAddress} = standbyPlaces([sender(from)], at(server));
		expect(sameHost).toHaveLength(1);
		expect(byAddress.size).toBe(0);
	});

	it.each([
		['10.0.0.2', '10.0.0.1'],
		['fd00::2', '10.0.0.1'],
		['10.0.0.2', '127.0.0.1'],
		['127.0.1.1', '127.0.0.1'],
	])('is %s for a server at %s', (from, server) => {
		const {sameHost, byAddress, hidden} = standbyPlaces([sender(from), sender(from)], at(server));
		expect(sameHost).toEqual([]);
		expect(hidden).toBe(0);
		expect([...byAddress].map(([address, there]) => [address, there.length])).toEqual([[from, 2]]);
	});

	it('is unknown for a sender that is hidden from the role, or whose address is none', () => {
		const hidden = standbyPlaces([sender(null, {state: null})], at('10.0.0.1'));
		expect(hidden).toMatchObject({hidden: 1, sameHost: []});
		const hostile = standbyPlaces([sender('10.0.0.2,/tmp')], at('10.0.0.1'));
		expect(hostile).toMatchObject({hidden: 0, sameHost: []});
		expect(hostile.byAddress.size).toBe(0);
	});
});

describe('the address of a standby', () => {
	it('is that from which it connects, at the port of the server', () => {
		const found = sender('10.0.0.2', {client_hostname: 'db2'});
		expect(standbyAddress(found, at('10.0.0.1'), {sslmode: 'prefer'})).toEqual({
			host: '10.0.0.2',
			hostaddr: undefined,
			port: 5433,
		});
	});

	it('has the name that the certificate has to prove, if the server knows it', () => {
		const verified = (client_hostname: string | null) =>
			standbyAddress(sender('10.0.0.2', {client_hostname}), at('10.0.0.1'), {sslmode: 'verify-full'});
		expect(verified('db2.example.com')).toEqual({host: 'db2.example.com', hostaddr: '10.0.0.2', port: 5433});
		expect(verified(null)).toMatchObject({host: '10.0.0.2', hostaddr: undefined});
		expect(verified('/tmp,db3')).toMatchObject({host: '10.0.0.2'});
	});
});
