import {describe, expect, it} from 'vitest';
import {type Allowed, checkConfig, commandFor, labelOf, noConfig} from '../../source/core/config.ts';

const allowed: Allowed = {
	options: {pane: 'value', ascii: 'switch'},
	thresholds: {
		blocked_seconds: {warning: 2, critical: 60},
		ends_in_seconds: {warning: 600, critical: 60, below: true},
		heavy_ratio: {warning: 0.5, critical: null},
	},
};

describe('a configuration', () => {
	it('sets options and levels, and leaves out those it does not name', () => {
		const given = {
			options: {pane: 'triage', ascii: true},
			thresholds: {blocked_seconds: {critical: 30}, heavy_ratio: {warning: null}},
			servers: [{host: 'db1.*', port: 5433, label: 'PROD', color: 'red'}],
			fleet: [{connection: 'host=db1', label: 'PROD', color: 'red'}, {connection: 'service=staging'}],
		};
		expect(checkConfig(given, allowed)).toEqual({config: given, problems: []});
	});

	it('may name the servers of a fleet by their connection strings alone', () => {
		const {config, problems} = checkConfig({fleet: ['host=db1', {connection: 'host=db2', label: 'B'}]}, allowed);
		expect(problems).toEqual([]);
		expect(config.fleet).toEqual([{connection: 'host=db1'}, {connection: 'host=db2', label: 'B'}]);
	});

	it('may be empty', () => {
		expect(checkConfig({}, allowed)).toEqual({config: noConfig, problems: []});
	});

	it.each([
		['a list', [], /must be a JSON object/],
		['a misspelled part', {treshold: {}}, /"treshold" is not known/],
		['an unknown option', {options: {panel: 'x'}}, /options\."panel" is not an option\. Did you mean pane\?/],
		['an option of all objects', {options: {constructor: 'x'}}, /options\."constructor" is not an option/],
		['a switch that is a string', {options: {ascii: 'yes'}}, /options\.ascii must be true or false/],
		['a value that is a number', {options: {pane: 3}}, /options\.pane must be a string/],
		['an unknown threshold', {thresholds: {blocked: {warning: 1}}}, /Did you mean blocked_seconds\?/],
		['a threshold without levels', {thresholds: {blocked_seconds: 5}}, /must be an object with "warning" and "critical"/],
		['an unknown level', {thresholds: {blocked_seconds: {fatal: 5}}}, /"fatal" is not a level/],
		['a level that is not a number', {thresholds: {blocked_seconds: {warning: '5s'}}}, /warning must be a number of at least 0/],
		['a negative level', {thresholds: {blocked_seconds: {warning: -1}}}, /warning must be a number of at least 0/],
		[
			'levels in the wrong order',
			{thresholds: {blocked_seconds: {warning: 90}}},
			/"critical" \(60\) comes before "warning" \(90\)/,
		],
		[
			'falling levels in the wrong order',
			{thresholds: {ends_in_seconds: {critical: 900}}},
			/"critical" \(900\) comes before "warning"/,
		],
		['servers that are not a list', {servers: {host: 'db1', label: 'PROD'}}, /servers must be a list/],
		['a server that is a name', {servers: ['db1']}, /servers\[0\] must be an object/],
		['a misspelled key of a server', {servers: [{host: 'db1', label: 'PROD', colour: 'red'}]}, /Did you mean color\?/],
		['an empty password command', {servers: [{host: 'a', password_command: ' '}]}, /password_command must be a command/],
		['an open quote', {servers: [{host: 'a', tunnel: `ssh '{port}`}]}, /servers\[0\]\.tunnel must be a command, with balanced/],
		['a tunnel without its port', {servers: [{host: 'a', tunnel: 'ssh -N db'}]}, /servers\[0\]\.tunnel needs \{port\}/],
		['a color beside a command', {servers: [{host: 'a', tunnel: 'x {port}', color: 'red'}]}, /label must be a text/],
		['a server without a label', {servers: [{host: 'db1'}]}, /servers\[0\]\.label must be a text of 1 to 20/],
		['a label that would move the cursor', {servers: [{host: 'a', label: '\u001b[2J'}]}, /label must be/],
		['a label wider than a header has room for', {servers: [{host: 'a', label: '本'.repeat(11)}]}, /label must be/],
		['a color that no terminal has', {servers: [{host: 'a', label: 'P', color: 'pink'}]}, /color must be one of red, yellow/],
		['a port that is not one', {servers: [{port: '5432', label: 'P'}]}, /port must be a whole number/],
		['a host that is not a text', {servers: [{host: 5, label: 'P'}]}, /servers\[0\]\.host must be a text/],
		['a server that matches nothing', {servers: [{label: 'PROD'}]}, /servers\[0\] matches no server/],
		['a fleet that is not a list', {fleet: 'host=db1'}, /fleet must be a list/],
		['a server of the fleet that is a number', {fleet: [5432]}, /fleet\[0\] must be a connection string/],
		['a server of the fleet without a connection', {fleet: [{label: 'A'}]}, /fleet\[0\]\.connection must be a connection string/],
		['a color without a label in the fleet', {fleet: [{connection: 'host=a', color: 'red'}]}, /fleet\[0\]\.label must be a text/],
		['a misspelled key of the fleet', {fleet: [{connection: 'host=a', lable: 'A'}]}, /Did you mean label\?/],
		['a name that would move the cursor', {options: {'\u001b[2J': 'x'}}, /^options\."\\u001b\[2J" is not an option/],
	])('with %s reports the problem and ignores that part', (_, json, problem) => {
		const {config, problems} = checkConfig(json, allowed);
		expect(problems).toEqual([expect.stringMatching(problem)]);
		expect(config).toEqual(noConfig);
	});

	it('reports every problem at once', () => {
		expect(checkConfig({a: 1, options: {b: 1}, thresholds: {c: 1}}, allowed).problems).toHaveLength(3);
	});
});

describe('the label of a server', () => {
	const servers = [
		{host: 'db?.shop', label: 'LITERAL'},
		{host: '*.shop', database: 'app', label: 'PROD', color: 'red' as const},
		{service: 'billing*', label: 'BILLING'},
		{port: 5433, label: 'STAGING'},
	];
	const of = (host: string, changed: {port?: number; service?: string; dbname?: string} = {}): string | undefined =>
		labelOf(servers, {
			endpoints: [{host, port: changed.port ?? 5432}],
			service: changed.service,
			dbname: changed.dbname ?? 'app',
		})?.label;

	it('is that of the first entry all of whose parts match', () => {
		expect(of('db1.shop')).toBe('PROD');
		expect(of('DB1.SHOP')).toBe('PROD');
		expect(of('db1.shop', {dbname: 'test'})).toBeUndefined();
		expect(of('db1.shop', {dbname: 'test', port: 5433})).toBe('STAGING');
		expect(of('/var/run/postgresql', {service: 'billing-eu'})).toBe('BILLING');
		expect(of('db1.shop', {service: 'billing'})).toBe('PROD');
		expect(of('db1xshop')).toBeUndefined();
		expect(of('db?.shop')).toBe('LITERAL');
	});

	it('is taken from any of several hosts, as any of them may be the one that answers', () => {
		const endpoints = [
			{host: 'spare', port: 5432},
			{host: 'db1.shop', port: 5432},
		];
		expect(labelOf(servers, {endpoints, service: undefined, dbname: 'app'})?.label).toBe('PROD');
	});
});

describe('the command for a server', () => {
	const servers = [
		{host: '*.shop', label: 'SHOP'},
		{host: 'db1.shop', tunnel: 'one {port}'},
		{host: '*', password_command: 'token', tunnel: 'all {port}', label: 'ALL'},
	];
	const server = (host: string) => ({endpoints: [{host, port: 5432}], service: undefined, dbname: 'app'});

	it('is that of the first entry that matches and has one', () => {
		expect(checkConfig({servers}, allowed).problems).toEqual([]);
		expect(commandFor('tunnel', servers, server('db1.shop'))).toBe('one {port}');
		expect(commandFor('tunnel', servers, server('db2.shop'))).toBe('all {port}');
		expect(commandFor('password_command', servers, server('db1.shop'))).toBe('token');
		expect(commandFor('tunnel', servers.slice(0, 2), server('db2.shop'))).toBeUndefined();
	});

	it('leaves the label to another entry', () => {
		expect(labelOf(servers.slice(1), server('db1.shop'))).toEqual({label: 'ALL'});
	});
});
