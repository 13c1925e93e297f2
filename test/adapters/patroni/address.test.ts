import {describe, expect, it} from 'vitest';
import {resolvePatroni} from '../../../source/adapters/patroni/address.ts';

describe('the address of Patroni', () => {
	it.each([
		['http://10.0.0.7:8008', 'http://10.0.0.7:8008'],
		['https://db1.example:8443/', 'https://db1.example:8443'],
		['10.0.0.7:18001', 'http://10.0.0.7:18001'],
		['db1', 'http://db1:8008'],
		['https://db1', 'https://db1:8008'],
		['http://db1:80', 'http://db1'],
		['http://[::1]:8008/cluster', 'http://[::1]:8008'],
		['http://[::1]', 'http://[::1]:8008'],
		['http://db1:8008/patroni', 'http://db1:8008'],
	])('%s is %s', (text, address) => {
		expect(resolvePatroni(text)).toBe(address);
	});

	it.each([
		['ftp://db1:8008', /by http or https/],
		['file:///etc/passwd', /by http or https/],
		['', /by http or https/],
		['http://', /by http or https/],
		['http://db1:99999', /by http or https/],
		['http://user:secret@db1:8008', /no user and password/],
		['http://db1:8008/admin', /without a path/],
		['http://db1:8008/?a=1', /without a path/],
	])('%s is refused without repeating it', (text, reason) => {
		let message = '';
		try {
			resolvePatroni(text);
		} catch (error) {
			({message} = error as Error);
		}
		expect(message).toMatch(reason);
		expect(message).not.toContain('secret');
	});
});
