import {count, flag, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import {type Line, line, type Tone, wrap} from '../core/text/line.ts';
import {configFiles, settings} from '../queries/settings.ts';
import {rowsOf} from './reading/answers.ts';
import {monitorGrant} from './reading/hidden.ts';
import {fileAndLine, type SettingRow, settingIdentity, settingRows, withUnit} from './reading/settings.ts';

const errorTone = (row: SettingRow): Tone => (row.error !== null ? 'danger' : row.pending_restart ? 'warn' : 'calm');

/** What the server was configured to, and what is wrong with that. */
export const settingsPane = definePane<SettingRow>({
	id: 'settings',
	title: 'Settings',
	help: 'What is configured otherwise than built in, what waits for a restart, and errors in the configuration files.',
	queries: [settings, configFiles],
	rows: settingRows,
	identity: settingIdentity,
	copied: row => (row.error === null && row.setting !== null ? `${row.name} = '${row.setting}'` : row.name),
	empty: 'Everything is as it was built in.',
	hidden: sample => {
		// A role that may not read all settings is told neither those of superusers nor the files of the others.
		const rows = rowsOf(sample, settings).filter(row => row.source === 'configuration file' && row.sourcefile === null).length;
		return rows === 0 ? undefined : {rows, hint: monitorGrant(sample)};
	},
	columns: [
		text('name', 'Name of the setting; of a broken line that has none, where it stands.', row => row.name, {
			keep: 99,
			width: {min: 26, max: 38},
			tone: (_, row) => errorTone(row),
		}),
		text('setting', 'Its value, for others than our own session.', row => row.setting, {
			aliases: ['value'],
			keep: 95,
			width: {min: 14, max: 36},
			format: (value, row) => (value === '' ? "''" : withUnit(String(value), row.unit)),
		}),
		text('boot_val', 'The value that is built in.', row => row.boot_val, {
			title: 'BUILT IN',
			keep: 70,
			width: {min: 9, max: 16},
			format: (value, row) => withUnit(String(value), row.unit),
			tone: () => 'dim',
		}),
		flag('pending_restart', 'The file says otherwise, and only a restart applies that.', row => row.pending_restart, {
			title: 'RESTART',
			aliases: ['pending'],
			keep: 90,
			width: {min: 7},
			tone: value => (value === true ? 'warn' : 'calm'),
		}),
		text('source', 'Where the value is from; unknown where our own session hides it.', row => row.source, {
			keep: 60,
			width: {min: 12, max: 20},
			format: value => (value === 'configuration file' ? 'file' : String(value)),
		}),
		text('file', 'File and line that set it; pg_read_all_settings sees them.', row => fileOf(row), {
			keep: 50,
			width: {min: 22, max: 30},
		}),
		text('context', 'What applies a change: postmaster is a restart, sighup a reload.', row => row.context, {
			keep: 45,
			width: {min: 10, max: 17},
		}),
		text('error', 'What is wrong in the configuration file; only superusers see it.', row => row.error, {
			keep: 85,
			width: {min: 10, max: 60, grow: true},
			tone: () => 'danger',
		}),
		text('unit', 'Unit of the value.', row => row.unit, {width: {min: 4}}),
		flag('applied', 'A reload would apply the line of the file.', row => row.applied, {width: {min: 7}}),
		text('file_setting', 'What the file says by now.', row => row.file_setting, {title: 'IN FILE', width: {min: 14, max: 30}}),
		text('category', 'Chapter of the documentation.', row => row.category, {width: {min: 16, max: 40}}),
		text('sourcefile', 'File that sets it.', row => row.sourcefile, {title: 'PATH', width: {min: 20, max: 60}}),
		count('sourceline', 'Line of that file.', row => row.sourceline, {title: 'LINE'}),
	],
	inspect: (row, _, width) => [line(row.name, 'strong'), ...remarksOn(row).flatMap(each => told(each, width))],
});

const fileOf = (row: SettingRow): string | null => (row.sourcefile === null ? null : fileAndLine(row));

type Told = readonly [text: string, tone: Tone];

const told = ([text, tone]: Told, width: number): readonly Line[] => wrap(text, width - 2).map(part => line(`  ${part}`, tone));

const remarksOn = (row: SettingRow): readonly Told[] => {
	const place = row.sourcefile === null ? null : `${row.sourcefile}, line ${row.sourceline ?? '?'}`;
	const parts: readonly (Told | false)[] = [
		row.short_desc !== null && [row.short_desc, 'calm'],
		row.error !== null && [
			`${row.error}${/[.!]$/.test(row.error) ? '' : '.'} Mend ${place ?? 'the file'}, then: SELECT pg_reload_conf();`,
			'danger',
		],
		row.boot_val !== null && [`Built in: ${withUnit(row.boot_val, row.unit) || 'empty'}.`, 'calm'],
		row.error === null && place !== null && [`Set in ${place}.`, 'calm'],
		row.pending_restart === true &&
			row.source === 'command line' && [
				'The command line of the server goes before the file: a restart changes it only without that.',
				'warn',
			],
		row.pending_restart === true &&
			row.source !== 'command line' && [
				`A restart of the server applies ${row.file_setting === null ? 'what the file says' : `${row.file_setting}, as the file says`}.`,
				'warn',
			],
		row.context !== null && row.pending_restart !== true && [appliedBy[row.context] ?? '', 'calm'],
	];
	return parts.filter(part => part !== false);
};

const appliedBy: Readonly<Record<string, string>> = {
	internal: 'It cannot be changed: it was decided when the server was built or its cluster made.',
	postmaster: 'A change of it needs a restart of the server.',
	sighup: 'A change in the file is applied by: SELECT pg_reload_conf();',
	'superuser-backend': 'A change in the file reaches sessions that begin after SELECT pg_reload_conf();',
	backend: 'A change in the file reaches sessions that begin after SELECT pg_reload_conf();',
	superuser: 'A change in the file is applied by SELECT pg_reload_conf(); superusers may SET another value for their session.',
	user: 'A change in the file is applied by SELECT pg_reload_conf(); every session may SET another value for itself.',
};
