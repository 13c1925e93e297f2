import {describe, expect, it} from 'vitest';
import {type ServerIdentity, signOfAnother} from '../../../source/core/sample/server-identity.ts';

const before: ServerIdentity = {
	system_identifier: '7713637003005879726',
	major: 15,
	address: '10.0.0.1 port 5432',
	timeline: 3,
	started: '2026-11-29T10:00:00.000000+00:00',
	seen: '2026-11-29T11:00:00.000000+00:00',
};
const later = '2026-11-29T12:00:00.000000+00:00';

describe('another server at the same address', () => {
	it.each<readonly [string, Partial<ServerIdentity>, RegExp]>([
		['by its system identifier', {system_identifier: '7713637003005879727'}, /system identifier/],
		['by its version', {major: 18}, /PostgreSQL 18 instead of 15/],
		['by the address that it has itself', {address: '10.0.0.2 port 5432'}, /10[.]0[.]0[.]2 port 5432 instead of/],
		['by its timeline after a start', {timeline: 4, started: later}, /timeline 4 instead of 3/],
		['by a start before the other one was last seen', {started: '2026-11-29T10:30:00.000000+00:00'}, /was running before/],
	])('is told %s', (_, changes, sign) => {
		expect(signOfAnother(before, {...before, ...changes})).toMatch(sign);
	});

	it.each<readonly [string, Partial<ServerIdentity>]>([
		['the same server', {}],
		['a promotion, which starts a timeline', {timeline: 4}],
		['a restart', {started: later}],
		['what is unknown', {system_identifier: null, address: null, timeline: null, started: null}],
	])('is not seen in %s', (_, changes) => {
		expect(signOfAnother(before, {...before, ...changes})).toBeUndefined();
	});
});
