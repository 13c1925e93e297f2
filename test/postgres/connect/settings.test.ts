import {appendFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {withUnit} from '../../../source/panes/reading/settings.ts';
import {settingsPane} from '../../../source/panes/settings.ts';
import {connect, serverVersions, withServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const named = (rows: readonly Row[], name: string): Row | undefined => rows.find(each => each.name === name);

/** Text of the inspect page of a row. */
const told = (sample: Sample, name: string): string =>
	settingsPane
		.inspect(named(settingsPane.rows(sample, []), name) as Row, sample, 10_000, [])
		.map(textOf)
		.join('\n');

it.each(serverVersions)(
	'the settings of PostgreSQL %i tell what is changed, what waits for a restart, and errors',
	async version => {
		await withServer(version, async server => {
			const client = await connect(server);
			await client.query("alter system set work_mem = '8MB'");
			await client.query("alter system set vacuum_cost_limit = '300'");
			await client.query("alter system set max_locks_per_transaction = '128'");
			await client.query("alter system set statement_timeout = '1h'");
			await client.query("alter system set archive_command = 'push postgres://backup:geheim@vault/%p'");
			await client.query("alter system set ssl_passphrase_command = 'echo verraten'");
			await client.query("alter role monitor set deadlock_timeout = '7s'");
			await client.query('select pg_catalog.pg_reload_conf()');
			await using seen = await watch(server, settingsPane);
			const loaded = await seen.until('what was reloaded', rows => named(rows, 'max_locks_per_transaction') !== undefined);
			const rows = seen.rows(loaded);
			expect(named(rows, 'work_mem')).toMatchObject({
				setting: '8192',
				boot_val: '4096',
				unit: 'kB',
				source: 'configuration file',
				pending_restart: false,
				error: null,
				applied: true,
				context: 'user',
				sourceline: expect.any(Number),
				sourcefile: expect.stringMatching(/postgresql\.auto\.conf$/),
			});
			expect(named(rows, 'max_locks_per_transaction')).toMatchObject({
				setting: '64',
				pending_restart: true,
				applied: false,
				file_setting: '128',
				error: null,
			});
			expect(told(loaded, 'max_locks_per_transaction')).toContain('A restart of the server applies 128 from the file.');
			// Our own sessions set it for themselves.
			expect(named(rows, 'statement_timeout')).toMatchObject({setting: '3600000', source: 'configuration file', unit: 'ms'});
			for (const name of [
				'jit',
				'lock_timeout',
				'application_name',
				'client_encoding',
				'transaction_isolation',
				'data_checksums',
			])
				expect(named(rows, name)).toBeUndefined();
			expect(named(rows, 'fsync')).toMatchObject({setting: 'off', source: 'command line'});
			expect(named(rows, 'archive_command')).toMatchObject({file_setting: 'push postgres://backup:***@vault/%p'});
			expect(named(rows, 'ssl_passphrase_command')).toMatchObject({setting: '***', file_setting: '***'});
			expect(JSON.stringify(loaded.results)).not.toMatch(/geheim|verraten/);
			expect(settingsPane.hidden(loaded)).toBeUndefined();

			const file = (name: string): string => join(server.directory, name);
			await appendFile(file('postgresql.conf'), '\nmaintenance_work_mem = lots\n');
			await appendFile(file('pg_hba.conf'), '\nhost nobody from nowhere please\n');
			const broken = await seen.until('both errors', each => each.filter(({error}) => error !== null).length === 2);
			// Errors come first, then settings that need a restart.
			expect(seen.rows(broken).slice(0, 3)).toMatchObject([
				{name: 'maintenance_work_mem', setting: 'lots', pending_restart: null, applied: false, context: null},
				{name: expect.stringMatching(/^pg_hba\.conf:\d+$/), error: expect.stringContaining('please'), setting: null},
				{error: null, pending_restart: true},
			]);

			// For an unknown name the server ignores the value.
			await appendFile(file('postgresql.conf'), 'work_memory = 5\n');
			const unknown = await seen.until('the unknown name', each => named(each, 'work_memory') !== undefined);
			expect(named(seen.rows(unknown), 'work_memory')).toMatchObject({
				setting: '5',
				error: 'unrecognized configuration parameter',
			});
			expect(told(unknown, 'work_memory')).toMatch(
				/unrecognized configuration parameter\. Fix .+postgresql\.conf, line \d+, then: SELECT pg_reload_conf\(\);/,
			);

			// The server stops reading at a line it cannot parse.
			await appendFile(file('postgresql.conf'), '=\n');
			const unread = await seen.until('the syntax error', each => each.some(({error}) => String(error).includes('syntax error')));
			expect(seen.rows(unread).filter(({error}) => String(error).includes('syntax error'))).toMatchObject([
				{name: expect.stringMatching(/^postgresql\.conf:\d+$/), setting: null, boot_val: null},
			]);

			await using monitor = await watch(server, settingsPane, 'monitor');
			await expectRole(monitor, {deadlock_timeout: {source: 'user', setting: '7000'}, files: true, hidden: false});
			await using plain = await watch(server, settingsPane, 'plain');
			await expectRole(plain, {deadlock_timeout: undefined, files: false, hidden: true});
		});
	},
);

/** Settings as an ordinary role sees them: no errors, and files only with pg_read_all_settings. */
const expectRole = async (
	seen: Watched,
	wanted: {readonly deadlock_timeout: Row | undefined; readonly files: boolean; readonly hidden: boolean},
): Promise<void> => {
	const sample = await seen.until('the settings', rows => rows.length > 0);
	const rows = seen.rows(sample);
	expect(rows.every(({error, applied}) => error === null && applied === null)).toBe(true);
	expect(named(rows, 'max_locks_per_transaction')).toMatchObject({pending_restart: true, file_setting: null});
	expect(named(rows, 'work_mem')).toMatchObject({setting: '8192', source: null});
	expect(named(rows, 'vacuum_cost_limit')?.sourcefile !== null).toBe(wanted.files);
	const found = named(rows, 'deadlock_timeout');
	if (wanted.deadlock_timeout) expect(found).toMatchObject(wanted.deadlock_timeout);
	else expect(found).toBeUndefined();
	const hidden = settingsPane.hidden(sample);
	if (wanted.hidden) expect(hidden).toEqual({rows: expect.any(Number), hint: 'GRANT pg_monitor TO plain'});
	else expect(hidden).toBeUndefined();
	// Its statement_timeout is changed for everyone, but our session's own value hides the source.
	expect(named(rows, 'statement_timeout')).toMatchObject({setting: '3600000', source: null});
};

it.each([
	['16384', '8kB', '128MB'],
	['-1', 'kB', '-1'],
	['0', 'ms', '0'],
	['300000', 'ms', '5m00'],
	['5', 'min', '5m00'],
	['200', 'ms', '200ms'],
	['on', null, 'on'],
	['64', null, '64'],
])('%s of %s is written %s', (setting, unit, written) => {
	expect(withUnit(setting, unit)).toBe(written);
});
