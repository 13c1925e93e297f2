import {describe, expect, it} from 'vitest';
import {foreignOptions, insteadOf} from '../../source/command-line/foreign.ts';
import {flags} from '../../source/command-line/option-table.ts';

describe('options of other programs', () => {
	it('do not exist here, and each has one answer', () => {
		const own = flags.flatMap(({name, short, value}) => [
			`--${name}`,
			...(value === undefined ? [`--no-${name.replace(/^no-/, '')}`] : []),
			...(short === undefined ? [] : [`-${short}`]),
		]);
		const all = foreignOptions.flatMap(({written}) => written);
		expect(all.filter(name => own.includes(name))).toEqual([]);
		expect(new Set(all).size).toBe(all.length);
	});

	it('are answered with options that exist', () => {
		const names = foreignOptions.flatMap(({instead}) => [...instead.matchAll(/--([a-z-]+)/g)].map(([, name]) => name));
		expect(names.length).toBeGreaterThan(10);
		for (const name of names) expect(flags.map(flag => flag.name)).toContain(name);
	});

	it.each([
		['--refresh', '3', 'Use --interval 3s.'],
		['--refresh', undefined, 'Use --interval 2s.'],
		['-u', 'shop', 'Use --user shop.'],
		['--nonsense', '3', undefined],
	])('%s %s: %s', (written, value, expected) => {
		expect(insteadOf(written, value)).toBe(expected);
	});
});
