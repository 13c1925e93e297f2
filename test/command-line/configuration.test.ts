import {globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {configuration} from '../../source/command-line/configuration.ts';
import {thresholds} from '../../source/findings/thresholds.ts';

const home = mkdtempSync(join(tmpdir(), 'pgtriage-config-'));
afterAll(() => rmSync(home, {recursive: true}));

const written = (place: string, config: unknown): string => {
	const file = join(home, place);
	mkdirSync(dirname(file), {recursive: true});
	writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
	return file;
};

describe('the configuration', () => {
	it('that nobody wrote leaves everything as it is', () => {
		expect(configuration(undefined, [], {HOME: join(home, 'nobody')})).toEqual({standing: [], limits: thresholds});
		expect(configuration('none', [], {HOME: home})).toEqual({standing: [], limits: thresholds});
	});

	it('of a user stands in the folder for that', () => {
		written('.config/pgtriage/config.json', {thresholds: {blocked_seconds: {warning: 9}}});
		written('elsewhere/pgtriage/config.json', {thresholds: {blocked_seconds: {warning: 8}}});
		const {limits} = configuration(undefined, [], {HOME: home});
		expect(limits.blocked_seconds).toMatchObject({warning: 9, critical: thresholds.blocked_seconds.critical});
		expect(limits.blocked_sessions).toEqual(thresholds.blocked_sessions);
		expect(
			configuration(undefined, [], {HOME: home, XDG_CONFIG_HOME: join(home, 'elsewhere')}).limits.blocked_seconds,
		).toMatchObject({warning: 8});
	});

	it('gives options that the command line does not', () => {
		const file = written('options.json', {options: {pane: 'triage', theme: 'light', ascii: true, 'read-only': false}});
		expect(configuration(file, [], {}).standing).toEqual(['--pane=triage', '--theme=light', '--ascii']);
		expect(configuration(file, ['--pane', 'locks', '--theme=dark'], {}).standing).toEqual(['--ascii']);
	});

	it('with a mistake is not read at all, and says where to see them all', () => {
		const file = written('wrong.json', {thresholds: {blocked_seconds: {warning: 900}}});
		expect(() => configuration(file, [], {})).toThrow(
			expect.objectContaining({message: expect.stringContaining('comes before "warning"'), exitCode: 2}),
		);
		expect(() => configuration(written('torn.json', '{"options"'), [], {})).toThrow(/It is not valid JSON/);
	});

	it('is right in every example of the documentation', () => {
		const root = join(import.meta.dirname, '../..');
		const examples = globSync('{README.md,docs/*.md}', {cwd: root}).flatMap(page =>
			[...readFileSync(join(root, page), 'utf8').matchAll(/^```json\n(\{\n\t"(?:options|thresholds)".*?)^```/gms)].map(
				([, example]) => example ?? '',
			),
		);
		expect(examples.length).toBeGreaterThan(0);
		for (const [index, example] of examples.entries())
			expect(configuration(written(`example-${index}.json`, example), [], {}).standing).not.toEqual([]);
	});

	it('that is named has to be there', () => {
		expect(() => configuration(join(home, 'missing.json'), [], {})).toThrow(/There is no configuration/);
	});
});
