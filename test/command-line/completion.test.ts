import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {spawn} from '@lydell/node-pty';
import {afterAll, describe, expect, it} from 'vitest';
import {applies} from '../../source/command-line/applicable.ts';
import {completionsOf} from '../../source/command-line/completion/grammar.ts';
import {completionScript, grammar} from '../../source/command-line/completion/script.ts';
import {commandNames, flags, usages} from '../../source/command-line/option-table.ts';
import {shells} from '../../source/command-line/options.ts';
import {endsWithTest} from '../lifetime.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgtriage-completion-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const script = join(folder, 'completion.bash');
writeFileSync(script, completionScript('bash'));
writeFileSync(join(folder, 'night of the incident.ndjson'), '');
writeFileSync(join(folder, 'noon.ndjson'), '');

/** The completions that bash offers for a line with the cursor at its end. */
const offered = (line: string): readonly string[] => {
	const words = line
		.split(/(=)|\s+/)
		.filter((word, place, all) => word !== undefined && (word !== '' || place === all.length - 1));
	const command = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pgtriage; printf '%s\\n' "\${COMPREPLY[@]}"`;
	const output = execFileSync('bash', ['--norc', '--noprofile', '-c', command, 'bash', script, ...words], {
		cwd: folder,
		encoding: 'utf8',
	});
	return output.split('\n').filter(Boolean);
};

describe('bash completion', () => {
	it('offers every command, and no option before a dash is typed', () => {
		const commands = grammar.operands.find(({after}) => after === '')?.words ?? [];
		expect(commands).toContain('replay');
		expect(offered('pgtriage ')).toEqual(commands);
	});

	it('offers every option after a dash', () => {
		expect([...offered('pgtriage -')].sort()).toEqual(flags.map(({name}) => `--${name}`).sort());
	});

	it.each(commandNames)('offers the options of %s after it', command => {
		const line = command === 'monitor' ? 'pgtriage shop -' : `pgtriage --ascii ${command} -`;
		const options = flags.filter(flag => applies(flag, command)).map(({name}) => `--${name}`);
		expect([...offered(line)].sort()).toEqual(options.sort());
	});

	it.each<readonly [string, readonly string[]]>([
		['pgtriage re', grammar.operands[0]?.words.filter(word => word.startsWith('re')) ?? []],
		['pgtriage --pa', ['--password', '--password-command', '--patroni', '--pane']],
		['pgtriage --once --pane lo', ['locks', 'log']],
		['pgtriage --pane=lo', ['locks', 'log']],
		['pgtriage --pane locks --pane=al', ['all']],
		['pgtriage --format ', ['json', 'ndjson', 'csv', 'text', 'openmetrics', 'md', 'html']],
		['pgtriage --format=', ['json', 'ndjson', 'csv', 'text', 'openmetrics', 'md', 'html']],
		['pgtriage report noon.ndjson --format ', ['md', 'html', 'json']],
		['pgtriage check --format=', ['json', 'text']],
		['pgtriage shop --format ', ['json', 'ndjson', 'csv', 'text', 'openmetrics']],
		['pgtriage --theme l', ['light']],
		['pgtriage demo --scenario lock', ['lock-chain']],
		['pgtriage --record n', ['night of the incident.ndjson', 'noon.ndjson']],
		['pgtriage --audit=no', ['noon.ndjson']],
		['pgtriage replay no', ['noon.ndjson']],
		['pgtriage --ascii --theme light replay no', ['noon.ndjson']],
		['pgtriage replay noon.ndjson no', []],
		['pgtriage replay noon.ndjson --onc', ['--once']],
		['pgtriage completion ', ['bash', 'zsh', 'fish']],
		['pgtriage -h re', []],
		['pgtriage --sort re', []],
		['pgtriage shop re', []],
	])('completes %j', (line, expected) => {
		// Files come in the order of the folder.
		expect([...offered(line)].sort()).toEqual([...expected].sort());
	});

	it('completes words typed on a terminal', async () => {
		const shell = spawn('bash', ['--norc', '--noprofile', '-i'], {
			cwd: folder,
			cols: 120,
			env: {PATH: process.env.PATH ?? '', HOME: folder, TERM: 'dumb', INPUTRC: '/dev/null', PS1: '> '},
		});
		endsWithTest(() => shell.kill('SIGKILL'));
		let seen = '';
		const answered = (expected: string): Promise<void> =>
			new Promise(resolve => {
				const {dispose} = shell.onData(text => {
					seen += text;
					if (!seen.includes(expected)) return;
					dispose();
					resolve();
				});
			});
		const ready = answered('ready to complete');
		shell.write(`source ${script}; echo ready to "complete"\r`);
		await ready;
		const completed = answered('--pane=waits');
		shell.write('pgtriage --pane=wa\t');
		await completed;
		const file = answered('night\\ of\\ the\\ incident.ndjson');
		shell.write('\x15pgtriage replay ni\t');
		await file;
	});
});

describe.each(shells)('the completion script for %s', shell => {
	const text = completionScript(shell);

	it('contains every option, and every word of commands and choices', () => {
		for (const {name} of flags) expect(text).toContain(shell === 'fish' ? `-l ${name} ` : `--${name}`);
		const lists = [...Object.values(grammar.choices), ...grammar.operands.map(({words}) => words)];
		for (const words of lists) expect(text).toContain(words.join(' '));
	});

	it('knows the short options that take a value', () => {
		const short = flags.filter(({value}) => value !== undefined).flatMap(flag => flag.short ?? []);
		expect(short).toContain('h');
		for (const letter of short)
			expect(text).toMatch(shell === 'fish' ? `-s ${letter} ` : new RegExp(`[|{]-${letter}\\b|\t-${letter}\\|`));
	});

	it('explains how to load it', () => {
		expect(text).toContain(`pgtriage completion ${shell}`);
	});
});

it('every option with choices takes a value', () => {
	for (const name of Object.keys(grammar.choices)) expect(flags.find(flag => flag.name === name)?.value).toBeTruthy();
});

it('operands are read from the usages', () => {
	expect(
		completionsOf(['it [options]', 'it play FILE [--once]', 'it config check [FILE]', 'it config show', 'it tell a|b']),
	).toEqual([
		{after: '', words: ['play', 'config', 'tell'], file: false},
		{after: 'play', words: [], file: true},
		{after: 'config', words: ['check', 'show'], file: false},
		{after: 'config check', words: [], file: true},
		{after: 'tell', words: ['a', 'b'], file: false},
	]);
	expect(completionsOf(usages.map(([call]) => call)).length).toBeGreaterThan(2);
});
