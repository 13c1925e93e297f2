import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {applicable, applies} from '../../source/command-line/applicable.ts';
import {helpText} from '../../source/command-line/help.ts';
import {commandNames, flags} from '../../source/command-line/option-table.ts';
import {type Invocation, parseArguments} from '../../source/command-line/options.ts';
import {UserError} from '../../source/core/values/errors.ts';
import {incidents} from '../../source/demo/incidents/index.ts';
import {scenarios} from '../../source/demo/scenarios.ts';

const parse = (...argv: readonly string[]): Invocation => parseArguments(argv);

const errorOf = (...argv: readonly string[]): UserError => {
	try {
		parse(...argv);
	} catch (error) {
		if (error instanceof UserError) return error;
		throw error;
	}
	throw new Error(`${argv.join(' ')} was understood.`);
};

describe('the command line', () => {
	it('without arguments starts the monitor with its defaults', () => {
		expect(parse()).toEqual({
			command: 'monitor',
			topic: undefined,
			file: undefined,
			table: undefined,
			lock: undefined,
			rules: [],
			failOn: 'warning',
			fleet: [],
			standbys: false,
			timeoutMs: 10_000,
			connection: {
				positional: undefined,
				host: undefined,
				port: undefined,
				user: undefined,
				dbname: undefined,
				passwordPrompt: 'asked',
			},
			intervalMs: 1000,
			panes: [],
			pgbouncer: [],
			filter: '',
			shell: undefined,
			sort: undefined,
			readOnly: false,
			record: undefined,
			rotation: {ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY, keep: undefined},
			history: undefined,
			once: false,
			format: undefined,
			listen: undefined,
			at: undefined,
			from: undefined,
			to: undefined,
			marks: [],
			reportAs: 'md',
			withLiterals: false,
			output: undefined,
			color: true,
			ascii: false,
			mouse: false,
			notify: false,
			onFinding: undefined,
			config: undefined,
			theme: 'dark',
			scenario: undefined,
			seed: undefined,
		});
	});

	it.each<readonly [string, Partial<Invocation>]>([
		['demo', {command: 'demo'}],
		['demo --scenario lock-chain --seed 7', {command: 'demo', scenario: 'lock-chain', seed: 7}],
		['record out.ndjson', {command: 'record', file: 'out.ndjson'}],
		['replay out.ndjson --once --at 2026-11-22T14:30:00Z', {command: 'replay', once: true, at: '2026-11-22T14:30:00Z'}],
		['replay out.ndjson', {command: 'replay', file: 'out.ndjson'}],
		['completion fish', {command: 'completion', shell: 'fish'}],
		['--once', {once: true}],
		['--once --pane sessions --pane locks', {once: true, panes: ['sessions', 'locks']}],
		['--pane=all', {panes: ['all']}],
		['--once --format ndjson', {format: 'ndjson'}],
		['--once --format=csv', {format: 'csv'}],
		['--interval 5s --interval 2s', {intervalMs: 2000}],
		['--once --once', {once: true}],
		['--filter -1', {filter: '-1'}],
		['--filter -1h', {filter: '-1h'}],
		['--filter=--once', {filter: '--once', once: false}],
		['--once true', {once: true, connection: {positional: 'true'} as Invocation['connection']}],
		['--color --no-color', {color: false}],
		['--no-color --color', {color: true}],
		['--config -', {config: '-'}],
		['--interval 250ms', {intervalMs: 250}],
		['--interval 60s', {intervalMs: 60_000}],
		['--interval 2', {intervalMs: 2000}],
		['--read-only', {readOnly: true}],
		['--record out.ndjson', {command: 'monitor', record: 'out.ndjson'}],
		['--history 1GB', {history: '1GB'}],
		['--no-color', {color: false}],
		['--ascii --theme light', {ascii: true, theme: 'light'}],
		['--sort blocks:desc', {sort: 'blocks:desc'}],
		['--filter state=active', {filter: 'state=active'}],
		['--min-duration 500ms', {filter: 'age>=500ms'}],
		['--database app --user shop --application web', {filter: 'database="app" user="shop" application="web"'}],
		['--filter !cron --database app --min-duration 5m', {filter: '!cron database="app" age>=5m'}],
		['--help', {command: 'help'}],
		['--version', {command: 'version'}],
		['--help replay', {command: 'help', topic: 'replay'}],
		[
			'check --rule wraparound --rule deadlock --fail-on critical',
			{command: 'check', rules: ['wraparound', 'deadlock'], failOn: 'critical'},
		],
		['export --listen 9000', {command: 'export', listen: '9000', intervalMs: 5000}],
		['export --interval 1s', {intervalMs: 1000}],
		['check --timeout 3s --format json', {command: 'check', timeoutMs: 3000, format: 'json'}],
		['-V', {command: 'version'}],
		['-?', {command: 'help'}],
		['man', {command: 'man'}],
		['--filter 10:30', {filter: '10:30'}],
		['report out.ndjson --format html', {reportAs: 'html', format: undefined}],
	])('%s', (line, expected) => {
		expect(parse(...line.split(' '))).toMatchObject(expected);
	});

	it.each<readonly [readonly string[], Partial<Invocation['connection']>]>([
		[['app'], {positional: 'app'}],
		[['postgres://dba@db1/app'], {positional: 'postgres://dba@db1/app'}],
		[['host=db1 dbname=app'], {positional: 'host=db1 dbname=app'}],
		[['-h', 'db1', '-p', '5433', '-U', 'dba', '-d', 'app'], {host: 'db1', port: '5433', user: 'dba', dbname: 'app'}],
		[['--host=db1', '--port=5433', '--username=dba', '--dbname=app'], {host: 'db1', port: '5433', user: 'dba', dbname: 'app'}],
		[['--host', '/var/run', 'app'], {host: '/var/run', positional: 'app'}],
		[['-W'], {passwordPrompt: 'always'}],
		[['--password'], {passwordPrompt: 'always'}],
		[['-w'], {passwordPrompt: 'never'}],
		[['--no-password'], {passwordPrompt: 'never'}],
		[['record', 'out.ndjson', 'app'], {positional: 'app'}],
		[['check', 'app'], {positional: 'app'}],
		[['app', 'dba'], {positional: 'app', user: 'dba'}],
		[['record', 'out.ndjson', 'app', 'dba'], {positional: 'app', user: 'dba'}],
		[['reports', 'dba'], {positional: 'reports', user: 'dba'}],
		[['-d', 'app', 'dba'], {dbname: 'app', positional: 'dba', user: undefined}],
		[['-p', '05432'], {port: '05432'}],
		[['-d', '123'], {dbname: '123'}],
		[['demo'], {positional: undefined}],
		[['-hdb1', '-p5433', '-Udba', '-dapp'], {host: 'db1', port: '5433', user: 'dba', dbname: 'app'}],
		[['-wUdba'], {passwordPrompt: 'never', user: 'dba'}],
		[['-Wd', 'app'], {passwordPrompt: 'always', dbname: 'app'}],
		[['-Upg-user=x'], {user: 'pg-user=x'}],
		[['-h', 'db1', '-h', 'db2', '--host=db3'], {host: 'db3'}],
		[['-w', '-w'], {passwordPrompt: 'never'}],
		[['--', '-dapp'], {positional: '-dapp'}],
		[['-W', 'true'], {passwordPrompt: 'always', positional: 'true'}],
		[['-d', '"app"', '--host="db1"'], {dbname: '"app"', host: '"db1"'}],
		[[''], {positional: ''}],
		[['05432'], {positional: '05432'}],
	])('%j connects as psql would', (argv, expected) => {
		expect(parse(...argv).connection).toMatchObject(expected);
	});

	it('quotes special characters in a name', () => {
		expect(parse('--database', 'my "app", x').filter).toBe('database="my ""app"", x"');
	});

	it.each<readonly [string, RegExp, RegExp]>([
		['--nonsense', /Unknown option --nonsense/, /--help/],
		['--reed-only', /Unknown option --reed-only/, /./],
		['-hdb1x --hots=x', /Unknown option --hots/, /--host\?/],
		['--intervla 1s', /Unknown option --intervla/, /Did you mean --interval\?/],
		['--refresh 2', /Unknown option --refresh/, /^Use --interval 2s\.$/],
		['--refresh=0.5', /Unknown option --refresh/, /^Use --interval 0\.5s\.$/],
		['--refresh --once', /Unknown option --refresh/, /^Use --interval 2s\.$/],
		['--no-cpu', /Unknown option --no-cpu/, /Columns without information/],
		['-b', /Unknown option -b/, /--once --format text/],
		['--filter dbname:shop', /--filter dbname:shop is not a filter/, /'database~shop'/],
		['--filter state:active', /is not a filter/, /'state~active'/],
		['recrod out.ndjson', /Unknown command "recrod"/, /Did you mean record\?/],
		['complation bash', /Unknown command/, /completion/],
		['--hosts=x', /Unknown option --hosts/, /--host\?/],
		['-h', /--host needs a value/, /--help/],
		['-h db1 --host', /--host needs a value/, /--help/],
		['demo --seed', /--seed needs a value/, /--help/],
		['-zx', /Unknown option -z/, /./],
		['-Wz', /Unknown option -z/, /./],
		['-1', /Unknown option -1/, /--help/],
		['--readOnly', /Unknown option --readOnly/, /./],
		['--host.name=db1', /Unknown option --host.name/, /./],
		['--no-host', /Unknown option --no-host/, /./],
		['--once=true', /--once takes no value/, /--help/],
		['--no-color=x', /--no-color takes no value/, /--help/],
		['--host -W', /--host needs a value/, /--help/],
		['--host -- db1', /--host needs a value/, /--help/],
		['-x', /Unknown option -x/, /./],
		['--interval 100ms', /--interval 100ms is out of range/, /250ms to 60s/],
		['--interval 61s', /out of range/, /250ms to 60s/],
		['--history abc', /--history abc is not a valid size/, /64MB or 1GB/],
		['--once --history 1kB', /--history 1kB is not a valid size/, /minimum is 1MB/],
		['--once --theme pink', /Unknown theme "pink"/, /dark, light, colorblind/],
		['--interval soon', /--interval soon/, /duration/],
		['--format json', /--format needs --once/, /--once --format/],
		['--once --format openmetrics --pane locks', /--pane does not apply to openmetrics/, /Leave out/],
		['--on-finding true', /--on-finding works only with record and export/, /pgtriage --help/],
		['--listen 9000', /--listen works only with export/, /pgtriage --help/],
		['--once --format xml', /Unknown format xml/, /json, ndjson, csv, text/],
		['demo --seed x', /--seed x is not a valid seed/, /whole number/],
		['--rotate 1h', /--rotate needs a recording/, /--record FILE/],
		['replay out.ndjson --rotate 1h', /--rotate works only with the monitor, demo, record and fleet/, /replay --help/],
		['--once --record out.ndjson', /--record works only with the full-screen monitor/, /record FILE/],
		['replay in.ndjson --record out.ndjson', /--record works only with the monitor, demo and fleet/, /replay --help/],
		['--at 14:30', /--at works only with replay/, /pgtriage --help/],
		['demo --seed 1.5', /is not a valid seed/, /whole number/],
		['--rule deadlock', /--rule works only with check/, /pgtriage --help/],
		['--once --output out.md', /--output works only with report/, /pgtriage --help/],
		['record out.ndjson --once', /--once works only with the monitor, demo, replay and fleet/, /record --help/],
		['report in.ndjson -h db1', /--host works only with the monitor, record, check, preflight and export/, /report --help/],
		['check --format csv', /Unknown format csv/, /json, text/],
		['check --fail-on bad', /--fail-on bad is not a level/, /critical, warning, notice/],
		['check --timeout 61s', /--timeout 61s is out of range/, /1s to 60s/],
		['--min-duration long', /is not a duration/, /500ms/],
		['record', /record needs a file/, /record FILE/],
		['replay', /replay needs a file/, /replay FILE/],
		['completion', /completion needs a shell/, /bash, zsh, fish/],
		['completion csh', /no completion for csh/, /bash, zsh, fish/],
		['completion bash more', /Unexpected argument: "more"/, /--help/],
		['app dba other', /Unexpected argument: "other"/, /--help/],
		['-d app dba other', /Unexpected argument: "other"/, /--help/],
		['-U dba app other', /Unexpected argument: "other"/, /--help/],
		['host=db1 dbname=app', /arguments after the connection string/, /Quote it/],
		['man more', /Unexpected argument: "more"/, /--help/],
		['replay out.ndjson more', /Unexpected argument: "more"/, /--help/],
		['record out.ndjson app dba more', /Unexpected argument: "more"/, /--help/],
		['demo more', /Unexpected argument: "more"/, /--help/],
		['--password=secret', /password on the command line/, /-W/],
		['--host=', /--host needs a value/, /--help/],
		['--filter=', /--filter needs a value/, /--help/],
		['--host', /--host needs a value/, /--help/],
		['--pane=', /--pane needs a value/, /--help/],
		['--pane', /--pane needs a value/, /--help/],
	])('%s is a usage error with a hint', (line, sentence, hint) => {
		const error = errorOf(...line.split(' '));
		expect(error.message).toMatch(sentence);
		expect(error.hint).toMatch(hint);
		expect(error.exitCode).toBe(2);
	});

	it('takes any text as the value of an option', () => {
		fc.assert(
			fc.property(fc.string({minLength: 1, unit: 'grapheme'}), text => {
				expect(parse(`--sort=${text}`).sort).toBe(text);
				if (!/^-[^\d]/.test(text)) expect(parse('--sort', text).sort).toBe(text);
			}),
		);
	});

	it('takes any text after -- as an operand', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), text => {
				expect(parse('replay', '--', text).file).toBe(text);
			}),
		);
	});

	it('never repeats a rejected password', () => {
		const {message, hint} = errorOf('--password=secret');
		expect(`${message} ${hint}`).not.toContain('secret');
	});
});

it('takes from a configuration only what applies to the command', () => {
	const args = ['--interval=5s', '--read-only', '--theme=light'];
	expect(applicable(args, 'record')).toEqual(['--interval=5s']);
	expect(applicable(args, 'monitor')).toEqual(args);
});

describe('the help', () => {
	it('lists every incident as a scenario', () => {
		expect(scenarios).toEqual(incidents.map(({name}) => name));
	});

	it('lists every option with its short form, value and meaning, in 80 columns', () => {
		const lines = helpText().split('\n');
		const text = helpText().replace(/\s+/g, ' ');
		for (const {name, short, value, help} of flags) {
			const start = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
			expect(lines.some(line => line.includes(start))).toBe(true);
			expect(text).toContain(`${start.trim()} ${help}`);
		}
		expect(lines.filter(line => line.length > 80)).toEqual([]);
	});

	it.each(commandNames.filter(name => name !== 'monitor'))('of %s has its call, and the options that apply to it only', name => {
		const text = helpText(name);
		expect(text).toContain(`pgtriage ${name}`);
		const named = [...text.matchAll(/^ {2}(?:-., | {4})--([a-z-]+)/gm)].map(([, option]) => option);
		expect(named).toEqual(flags.filter(flag => applies(flag, name)).map(flag => flag.name));
	});

	it('mentions only options that exist', () => {
		const named = [...helpText().matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
		for (const name of named) expect([...flags.map(flag => flag.name), 'no-password', 'once']).toContain(name);
	});
});
