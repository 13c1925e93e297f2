import {execFileSync} from 'node:child_process';
import {chmodSync, chownSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
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
	it('leaves all defaults if it does not exist', () => {
		expect(configuration(undefined, [], {HOME: join(home, 'nobody')})).toEqual({
			defaults: [],
			limits: thresholds,
			servers: [],
			fleet: [],
		});
		expect(configuration('none', [], {HOME: home})).toEqual({defaults: [], limits: thresholds, servers: [], fleet: []});
	});

	it('of a user is in .config or $XDG_CONFIG_HOME', () => {
		written('.config/pgtriage/config.json', {thresholds: {blocked_seconds: {warning: 9}}});
		written('elsewhere/pgtriage/config.json', {thresholds: {blocked_seconds: {warning: 8}}});
		const {limits} = configuration(undefined, [], {HOME: home});
		expect(limits.blocked_seconds).toMatchObject({warning: 9, critical: thresholds.blocked_seconds.critical});
		expect(limits.blocked_sessions).toEqual(thresholds.blocked_sessions);
		expect(
			configuration(undefined, [], {HOME: home, XDG_CONFIG_HOME: join(home, 'elsewhere')}).limits.blocked_seconds,
		).toMatchObject({warning: 8});
	});

	it('supplies the options that the command line leaves out', () => {
		const file = written('options.json', {options: {pane: 'triage', theme: 'light', ascii: true, 'read-only': false}});
		expect(configuration(file, [], {}).defaults).toEqual(['--pane=triage', '--theme=light', '--ascii']);
		expect(configuration(file, ['--pane', 'locks', '--theme=dark'], {}).defaults).toEqual(['--ascii']);
	});

	it('keeps the commands that lead to servers, apart from the options', () => {
		const servers = [{host: 'db1', password_command: 'a', tunnel: 'b {port}'}];
		const file = written('commands.json', {options: {theme: 'light', 'password-command': 'token'}, servers});
		chmodSync(file, 0o600);
		expect(configuration(file, [], {})).toEqual({
			defaults: ['--theme=light'],
			limits: thresholds,
			servers,
			fleet: [],
			passwordCommand: 'token',
		});
	});

	it.each([
		[0o620, {options: {'password-command': 'token'}}],
		[0o602, {servers: [{host: 'db1', tunnel: 'a {port}'}]}],
	])('with commands is refused if others can write to it (%o)', (mode, config) => {
		const file = written(`open-${mode}.json`, config);
		chmodSync(file, mode);
		expect(() => configuration(file, [], {})).toThrow(
			expect.objectContaining({
				message: `The configuration ${file} has commands, and other users can write to it.`,
				hint: `Run chmod go-w ${file}; --config none reads no file.`,
			}),
		);
		chmodSync(file, 0o640);
		expect(configuration(file, [], {})).toBeDefined();
	});

	it('is rejected as a whole if it has an error', () => {
		const file = written('wrong.json', {thresholds: {blocked_seconds: {warning: 900}}});
		expect(() => configuration(file, [], {})).toThrow(
			expect.objectContaining({message: expect.stringContaining('comes before "warning"'), exitCode: 2}),
		);
		expect(() => configuration(written('torn.json', '{"options"'), [], {})).toThrow(/It is not valid JSON/);
	});

	it.each<readonly [what: string, make: (path: string) => void]>([
		['a pipe', path => execFileSync('mkfifo', [path])],
		['a device', path => symlinkSync('/dev/zero', path)],
		['a folder', path => mkdirSync(path)],
	])('is refused at once if it is %s', (what, make) => {
		const path = join(home, `${what.replace(' ', '-')}.json`);
		make(path);
		expect(() => configuration(path, [], {})).toThrow(
			expect.objectContaining({message: `The configuration ${path} is not a regular file.`, exitCode: 2}),
		);
	});

	it('is refused if every user can write it, unless it was named', () => {
		const path = written('shared/pgtriage/config.json', {options: {pane: 'triage'}});
		chmodSync(path, 0o666);
		expect(() => configuration(undefined, [], {XDG_CONFIG_HOME: join(home, 'shared')})).toThrow(
			expect.objectContaining({message: `The configuration ${path} can be written by every user.`, exitCode: 2}),
		);
		expect(configuration(path, [], {}).defaults).toEqual(['--pane=triage']);
	});

	it.runIf(process.getuid?.() === 0)('is refused if another user owns it, unless it was named', () => {
		const path = written('foreign/pgtriage/config.json', {options: {pane: 'triage'}});
		chownSync(path, 65_534, 65_534);
		expect(() => configuration(undefined, [], {XDG_CONFIG_HOME: join(home, 'foreign')})).toThrow(
			expect.objectContaining({message: `The configuration ${path} belongs to another user.`, exitCode: 2}),
		);
		expect(configuration(path, [], {}).defaults).toEqual(['--pane=triage']);
	});

	it('is valid in every example of the documentation', () => {
		const root = join(import.meta.dirname, '../..');
		const examples = globSync('{README.md,docs/*.md}', {cwd: root}).flatMap(page =>
			[...readFileSync(join(root, page), 'utf8').matchAll(/^```json\n(\{\n\t"(?:options|thresholds)".*?)^```/gms)].map(
				([, example]) => example ?? '',
			),
		);
		expect(examples.length).toBeGreaterThan(0);
		for (const [index, example] of examples.entries())
			expect(configuration(written(`example-${index}.json`, example), [], {}).defaults).not.toEqual([]);
	});

	it('must exist if the command line names it', () => {
		expect(() => configuration(join(home, 'missing.json'), [], {})).toThrow(
			/^The configuration \S+missing\.json does not exist\.$/,
		);
	});
});
