import {describe, expect, it} from 'vitest';
import {isLoopback, listenOf} from '../../source/command-line/listen.ts';

describe('--listen', () => {
	it.each([
		['9000', {host: '127.0.0.1', port: 9000}, true],
		['0', {host: '127.0.0.1', port: 0}, true],
		['0.0.0.0:9000', {host: '0.0.0.0', port: 9000}, false],
		['[::1]:9000', {host: '::1', port: 9000}, true],
		['[::]:9000', {host: '::', port: 9000}, false],
		['localhost:9000', {host: 'localhost', port: 9000}, true],
		['metrics.example:1', {host: 'metrics.example', port: 1}, false],
	])('%s is an address', (text, address, loopback) => {
		expect(listenOf(text)).toEqual(address);
		expect(isLoopback(address)).toBe(loopback);
	});

	it.each([':9000', '65536', '::1:9000', 'a', 'a:', 'http://a:1', '1 2:3', '127.0.0.1'])('%s is refused', text => {
		expect(() => listenOf(text)).toThrow(/is not an address with a port/);
	});
});
