import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {lockCommands, modeOfName} from '../../../source/core/locks/lock-commands.ts';
import {lockNames, parseLock} from '../../../source/core/locks/lock-request.ts';

const nameOf = (text: string): string | undefined => {
	const request = parseLock(text);
	return request.ok ? request.command.name : undefined;
};

describe('a lock', () => {
	it.each([
		['access exclusive', 'lock table in access exclusive mode'],
		['ACCESS EXCLUSIVE', 'lock table in access exclusive mode'],
		['AccessExclusiveLock', 'lock table in access exclusive mode'],
		['share-update-exclusive', 'lock table in share update exclusive mode'],
		['in share mode', 'lock table in share mode'],
		['lock table in row share mode', 'lock table in row share mode'],
		['alter table', 'alter table'],
		['alter table add column note text', 'alter table'],
		['alter table validate constraint', 'alter table validate constraint'],
		['validate constraint', 'alter table validate constraint'],
		['add foreign key', 'alter table add foreign key'],
		['alter table add constraint c foreign key', 'alter table add foreign key'],
		['create unique index concurrently', 'create index concurrently'],
		['create index', 'create index'],
		['VACUUM (FULL)', 'vacuum full'],
		['vacuum', 'vacuum'],
		['reindex (concurrently) table', 'reindex concurrently'],
		['refresh materialized view', 'refresh materialized view'],
		['drop-table', 'drop table'],
	])('%s is understood as %s', (text, name) => {
		expect(nameOf(text)).toBe(name);
	});

	it.each([
		['altre table', 'alter table'],
		['shrae', 'share'],
		['truncat', 'truncate'],
	])('%s is refused with a suggestion of %s', (text, suggestion) => {
		expect(parseLock(text)).toEqual({ok: false, nearest: expect.arrayContaining([suggestion])});
	});

	it('that is offered is understood, also with hyphens as completion writes it', () => {
		for (const name of lockNames) {
			expect(nameOf(name)).toContain(name);
			expect(nameOf(name.replaceAll(' ', '-'))).toBe(nameOf(name));
		}
	});

	it('of any text is understood or answered with three names', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme', maxLength: 60}), text => {
				const request = parseLock(text);
				expect(request.ok || request.nearest.length).toBe(request.ok ? true : 3);
			}),
		);
	});
});

it('every command has a documented mode and a name of its own', () => {
	expect(new Set(lockCommands.map(({name}) => name)).size).toBe(lockCommands.length);
	for (const {mode, source} of lockCommands)
		expect([mode in modeOfName, source]).toEqual([true, expect.stringMatching(/^[A-Z]/)]);
});
