import {count, flag, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import {line, type Tone} from '../core/text/line.ts';
import {configFiles, settings} from '../queries/server/settings.ts';
import {rowsOf} from './reading/answers.ts';
import {monitorGrant} from './reading/hidden.ts';
import {indented} from './reading/indented.ts';
import {danger, note, type Remark, remarksOf, warning} from './reading/sections.ts';
import {fileAndLine, type SettingRow, settingIdentity, settingRows, withUnit} from './reading/settings.ts';

const errorTone = (row: SettingRow): Tone => (row.error !== null ? 'danger' : row.pending_restart ? 'warn' : 'calm');

/** Settings of the server and errors in its configuration files. */
export const settingsPane = definePane<SettingRow>({
	id: 'settings',
	title: 'Settings',
	help: 'Settings that differ from the built-in value or wait for a restart, and errors in the configuration files.',
	queries: [settings, configFiles],
	rows: settingRows,
	identity: settingIdentity,
	copied: row => (row.error === null && row.setting !== null ? `${row.name} = '${row.setting}'` : row.name),
	empty: 'All settings have their built-in values.',
	hidden: sample => {
		// Without pg_read_all_settings, superuser-only settings and all source files are hidden.
		const rows = rowsOf(sample, settings).filter(row => row.source === 'configuration file' && row.sourcefile === null).length;
		return rows === 0 ? undefined : {rows, hint: monitorGrant(sample)};
	},
	columns: [
		text('name', 'Name of the setting; for a broken line without one, its file and line.', row => row.name, {
			keep: 99,
			width: {min: 26, max: 38},
			tone: (_, row) => errorTone(row),
		}),
		text('setting', 'Value outside the sessions of pgtriage.', row => row.setting, {
			aliases: ['value'],
			keep: 95,
			width: {min: 14, max: 36},
			format: (value, row) => (value === '' ? "''" : withUnit(String(value), row.unit)),
		}),
		text('boot_val', 'Built-in value.', row => row.boot_val, {
			title: 'BUILT IN',
			keep: 70,
			width: {min: 9, max: 16},
			format: (value, row) => withUnit(String(value), row.unit),
			tone: () => 'dim',
		}),
		flag('pending_restart', 'Changed in the file; only a restart applies it.', row => row.pending_restart, {
			title: 'RESTART',
			aliases: ['pending'],
			keep: 90,
			width: {min: 7},
			tone: value => (value === true ? 'warn' : 'calm'),
		}),
		text('source', 'Source of the value; unknown if a pgtriage session hides it.', row => row.source, {
			keep: 60,
			width: {min: 12, max: 20},
			format: value => (value === 'configuration file' ? 'file' : String(value)),
		}),
		text('file', 'File and line that set it; needs pg_read_all_settings.', row => fileOf(row), {
			keep: 50,
			width: {min: 22, max: 30},
		}),
		text('context', 'Condition for a change: postmaster needs a restart, sighup a reload.', row => row.context, {
			keep: 45,
			width: {min: 10, max: 17},
		}),
		text('error', 'Error in the configuration file; visible to superusers only.', row => row.error, {
			keep: 85,
			width: {min: 10, max: 60, grow: true},
			tone: () => 'danger',
		}),
		text('unit', 'Unit of the value.', row => row.unit, {width: {min: 4}}),
		flag('applied', 'A reload applies the line of the file.', row => row.applied, {width: {min: 7}}),
		text('file_setting', 'Value in the file.', row => row.file_setting, {title: 'IN FILE', width: {min: 14, max: 30}}),
		text('category', 'Chapter of the documentation.', row => row.category, {width: {min: 16, max: 40}}),
		text('sourcefile', 'File that sets it.', row => row.sourcefile, {title: 'PATH', width: {min: 20, max: 60}}),
		count('sourceline', 'Line of that file.', row => row.sourceline, {title: 'LINE'}),
	],
	inspect: (row, _, width) => [
		line(row.name, 'strong'),
		...remarksOn(row).flatMap(({text, tone}) => indented(text, width, tone)),
	],
});

const fileOf = (row: SettingRow): string | null => (row.sourcefile === null ? null : fileAndLine(row));

const remarksOn = (row: SettingRow): readonly Remark[] => {
	const place = row.sourcefile === null ? null : `${row.sourcefile}, line ${row.sourceline ?? '?'}`;
	return remarksOf([
		row.short_desc !== null && note(row.short_desc),
		row.error !== null &&
			danger(`${row.error}${/[.!]$/.test(row.error) ? '' : '.'} Fix ${place ?? 'the file'}, then: SELECT pg_reload_conf();`),
		row.boot_val !== null && note(`Built-in value: ${withUnit(row.boot_val, row.unit) || 'empty'}.`),
		row.error === null && place !== null && note(`Set in ${place}.`),
		row.pending_restart === true &&
			row.source === 'command line' &&
			warning("The server's command line overrides the file: only a restart without that option changes it."),
		row.pending_restart === true &&
			row.source !== 'command line' &&
			warning(
				`A restart of the server applies ${row.file_setting === null ? 'the value in the file' : `${row.file_setting} from the file`}.`,
			),
		row.context !== null && row.pending_restart !== true && note(appliedBy[row.context] ?? ''),
	]);
};

const appliedBy: Readonly<Record<string, string>> = {
	internal: 'It cannot be changed: it was fixed when the server was built or initialized.',
	postmaster: 'A change needs a restart of the server.',
	sighup: 'A change in the file takes effect with: SELECT pg_reload_conf();',
	'superuser-backend': 'A change in the file reaches sessions that start after SELECT pg_reload_conf();',
	backend: 'A change in the file reaches sessions that start after SELECT pg_reload_conf();',
	superuser:
		'A change in the file takes effect with SELECT pg_reload_conf(); superusers can SET another value for their session.',
	user: 'A change in the file takes effect with SELECT pg_reload_conf(); every session can SET another value for itself.',
};
