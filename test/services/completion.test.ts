import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {spawn} from '@lydell/node-pty';
import {afterAll, describe, expect, it} from 'vitest';
import {applies} from '../../source/command-line/applicable.ts';
import {completionScript} from '../../source/command-line/completion/script.ts';
import {commandNames, flags} from '../../source/command-line/option-table.ts';
import {endsWithTest} from '../lifetime.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgtriage-shells-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
writeFileSync(join(folder, 'noon.ndjson'), '');
for (const shell of ['zsh', 'fish'] as const) writeFileSync(join(folder, `completion.${shell}`), completionScript(shell));

const environment = {PATH: process.env.PATH ?? '', HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder, TERM: 'dumb'};

/** The words that fish offers for a line with the cursor at its end. */
const offeredByFish = (line: string): readonly string[] =>
	execFileSync('fish', ['--no-config', '-c', `source completion.fish; complete -C '${line}'`], {
		cwd: folder,
		env: environment,
		encoding: 'utf8',
	})
		.split('\n')
		.filter(Boolean)
		.map(word => word.split('\t')[0] ?? '');

describe('fish', () => {
	it('loads the script without a word', () => {
		const output = execFileSync('fish', ['--no-config', '-c', 'source completion.fish'], {cwd: folder, env: environment});
		expect(output.toString()).toBe('');
	});

	it.each<readonly [string, readonly string[]]>([
		['pgtriage --pane lo', ['locks', 'log']],
		['pgtriage report noon.ndjson --format ', ['html', 'json', 'md']],
		['pgtriage check --format ', ['json', 'text']],
		['pgtriage --theme l', ['light']],
		['pgtriage rec', ['record']],
		['pgtriage completion ', ['bash', 'fish', 'zsh']],
		['pgtriage replay no', ['noon.ndjson']],
		['pgtriage --ascii --theme light replay no', ['noon.ndjson']],
		['pgtriage demo --scenario lock', ['lock-chain']],
	])('completes %j', (line, expected) => {
		expect([...offeredByFish(line)].sort()).toEqual(expected);
	});

	it('offers every option', () => {
		const offered = offeredByFish('pgtriage --');
		for (const {name} of flags) expect(offered).toContain(`--${name}`);
	});

	it.each(commandNames)('offers the options of %s after it', command => {
		const offered = offeredByFish(command === 'monitor' ? 'pgtriage shop --' : `pgtriage --ascii ${command} --`);
		const options = flags.filter(flag => applies(flag, command)).map(({name}) => `--${name}`);
		expect(offered.map(word => word.replace('=', '')).sort()).toEqual(options.sort());
	});
});

/** An interactive zsh with the completion loaded, and a function that waits for text after what was typed. */
const startZsh = async () => {
	const shell = spawn('zsh', ['-f', '-i'], {cwd: folder, cols: 120, env: {...environment, PS1: '> '}});
	endsWithTest(() => shell.kill('SIGKILL'));
	let seen = '';
	const type = (keys: string, expected: string): Promise<string> =>
		new Promise(resolve => {
			seen = '';
			const {dispose} = shell.onData(text => {
				seen += text;
				if (!seen.includes(expected)) return;
				dispose();
				resolve(seen);
			});
			shell.write(keys);
		});
	await type('autoload -U compinit; compinit -u -D; source completion.zsh; print loa""ded\r', 'loaded');
	return type;
};

describe('zsh', () => {
	it('loads the script without a word', () => {
		const command = 'autoload -U compinit; compinit -u -D; source completion.zsh';
		expect(execFileSync('zsh', ['-f', '-c', command], {cwd: folder, env: environment, stdio: 'pipe'}).toString()).toBe('');
	});

	it.each([
		['pgtriage --pane=wai\t', '--pane=waits'],
		['pgtriage --theme lig\t', '--theme light'],
		['pgtriage rec\t', 'pgtriage record'],
		['pgtriage completion fi\t', 'completion fish'],
		['pgtriage replay no\t', 'replay noon.ndjson'],
		['pgtriage --ascii --theme light replay no\t', 'replay noon.ndjson'],
		['pgtriage demo --scenario lock\t', 'lock-chain'],
		['pgtriage --vers\t', '--version'],
		['pgtriage report noon.ndjson --wi\t', '--with-literals'],
		['pgtriage report noon.ndjson --format h\t', '--format html'],
		['pgtriage check --format t\t', '--format text'],
	])('completes %j', async (keys, expected) => {
		const type = await startZsh();
		expect(await type(keys, expected)).not.toMatch(/no matches found|_arguments:|bad/);
	});

	it('lists only the options of the command', async () => {
		const type = await startZsh();
		const listed = await type('pgtriage man --\t\t', '--version');
		for (const name of ['config', 'help']) expect(listed).toContain(`--${name}`);
		for (const name of ['rule', 'host', 'pane', 'once']) expect(listed).not.toContain(`--${name}`);
	});
});
