import {expect, it} from 'vitest';
import {grantOf, type Membership, reach} from '../../source/core/memberships.ts';

const belongs = (member: number, roleid: number, options: Partial<Membership> = {}): Membership => ({
	member,
	roleid,
	admin_option: false,
	inherit_option: null,
	set_option: null,
	...options,
});

const never = (): boolean => false;

it('a role reaches the roles it belongs to by the shortest path', () => {
	const reached = reach([belongs(1, 2), belongs(2, 3), belongs(3, 4), belongs(1, 3)], never);
	expect(reached(1)).toEqual([
		{oid: 2, path: [2]},
		{oid: 3, path: [3]},
		{oid: 4, path: [3, 4]},
	]);
	expect(reached(4)).toEqual([]);
});

it('a role granted by two grantors is reached once', () => {
	expect(reach([belongs(1, 2), belongs(1, 2)], never)(1)).toHaveLength(1);
});

it.each([
	[{inherit_option: false, set_option: false}, []],
	[{inherit_option: true, set_option: false}, [2]],
	[{inherit_option: false, set_option: true}, [2]],
	[{inherit_option: false, set_option: false, admin_option: true}, [2]],
])('a membership with %j reaches %j', (options, oids) => {
	expect(reach([belongs(1, 2, options)], never)(1).map(({oid}) => oid)).toEqual(oids);
});

it('a path stops at an end, but not at its start', () => {
	const reached = reach([belongs(1, 2), belongs(2, 3)], oid => oid === 2);
	expect(reached(1).map(({oid}) => oid)).toEqual([2]);
	expect(reached(2).map(({oid}) => oid)).toEqual([3]);
});

it.each([
	[150_000, {member: false, direct: false, usage: false, inherits: true}, 'GRANT pg_monitor TO "My role"'],
	[150_000, {member: true, direct: true, usage: false, inherits: false}, 'ALTER ROLE "My role" INHERIT'],
	[150_000, {member: true, direct: false, usage: false, inherits: true}, 'GRANT pg_monitor TO "My role"'],
	[160_000, {member: false, direct: false, usage: false, inherits: true}, 'GRANT pg_monitor TO "My role"'],
	[160_000, {member: true, direct: true, usage: false, inherits: true}, 'GRANT pg_monitor TO "My role" WITH INHERIT TRUE'],
	[160_000, undefined, 'GRANT pg_monitor TO "My role"'],
])('on %i the privileges of a role come with the statement that lacks for %j', (version, belonging, statement) => {
	expect(grantOf('pg_monitor', 'My role', version, belonging)).toBe(statement);
});
