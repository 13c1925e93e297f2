import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {manual} from '../../../source/command-line/manual/manual.ts';
import {entry, plain} from '../../../source/command-line/manual/roff.ts';
import {exitCodes, files, flags, usages} from '../../../source/command-line/option-table.ts';
import {bindingsOf} from '../../../source/core/keys/bindings.ts';
import {registry} from '../../../source/panes/index.ts';

const page = manual('1.2.3');

/** The text of a page as a reader sees it: escapes resolved, requests and fonts left out. */
const read = (text: string): string =>
	text
		.split('\n')
		.filter(line => !line.startsWith('.'))
		.map(line =>
			line
				.replace(/\\f[BIR]|\\&/g, '')
				.replace(/\\\[u([0-9A-F]+)\]/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16))),
		)
		.join('\n')
		.replaceAll('\\-', '-')
		.replaceAll('\\(aq', "'")
		.replaceAll('\\(ga', '`')
		.replaceAll('\\(ha', '^')
		.replaceAll('\\(ti', '~')
		.replaceAll('\\e', '\\');

describe('the manual', () => {
	it('lists every command, option, key, pane, exit status and file with its meaning', () => {
		const lines = read(page).split('\n');
		for (const {name, short, value, help} of flags) {
			const term = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
			expect(lines[lines.indexOf(term) + 1]).toBe(help);
		}
		for (const [term, meaning] of [...usages, ...exitCodes, ...files])
			expect(lines.join('\n')).toContain(`\n${term}\n${meaning}\n`);
		for (const {does} of bindingsOf(registry.panes)) expect(lines).toContain(does);
		for (const {help} of registry.panes) expect(lines).toContain(help);
	});

	it('is ASCII and uses only requests of man(7)', () => {
		expect(page).toMatch(/^[\n\x20-\x7e]*$/);
		const requests = page.split('\n').flatMap(line => /^[.'](\S*)/.exec(line)?.[1] ?? []);
		expect([...new Set(requests)].sort()).toEqual(['PP', 'SH', 'SS', 'TH', 'TP', 'fi', 'nf']);
		for (const [, second] of page.matchAll(/\\(.)/g)) expect('fe-&([').toContain(second);
	});

	it('is formatted by groff without a warning, if groff is installed', () => {
		const {error, stdout, stderr} = spawnSync('groff', ['-ww', '-man', '-Tutf8'], {input: page, encoding: 'utf8'});
		if (error) expect(error).toMatchObject({code: 'ENOENT'});
		else {
			expect(stderr).toBe('');
			expect(stdout).toContain('PGTRIAGE');
		}
	});
});

it.each([
	['.PP at the beginning', '\\&.PP at the beginning'],
	["'quoted' \\ `a`", '\\(aqquoted\\(aq \\e \\(gaa\\(ga'],
	['~/.pgpass -h', '\\(ti/.pgpass \\-h'],
	['server’s', 'server\\[u2019]s'],
	['two\nlines', 'two lines'],
])('%j is text, not a request', (text, expected) => {
	expect(plain(text)).toBe(expected);
	expect(entry('term', text)).toEqual(['.TP', 'term', expected]);
});
