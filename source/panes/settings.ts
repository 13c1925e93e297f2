import {count, flag, text} from '../core/column.ts';
import {type Line, line, type Tone, wrap} from '../core/line.ts';
import {definePane} from '../core/pane.ts';
import type {Sample} from '../core/sample.ts';
import {bytes, duration} from '../core/units.ts';
import {type ConfigLine, configFiles, type Setting, settings} from '../queries/settings.ts';
import {monitorGrant} from './hidden.ts';
import {rowsOf} from './reading.ts';

/** A setting, or a line of a configuration file that is broken and names none. */
export type SettingRow = Omit<Setting, 'context' | 'category' | 'short_desc' | 'pending_restart'> & {
	readonly context: string | null;
	readonly category: string | null;
	readonly short_desc: string | null;
	/** Null for a line that is no setting. */
	readonly pending_restart: boolean | null;
	/** What is wrong in the file; null too where our role may not read the files. */
	readonly error: string | null;
	/** Whether the line would be applied by a reload; null where the setting is in no file we may read. */
	readonly applied: boolean | null;
	/** What the file says by now. */
	readonly file_setting: string | null;
};

/** The settings of a sample and the broken lines of its files: what is wrong first, then what waits for a restart. */
export const settingRows = (sample: Sample): readonly SettingRow[] => {
	const lines = new Map<string, ConfigLine>();
	const broken: ConfigLine[] = [];
	// Of lines that set the same, the last one counts.
	for (const each of rowsOf(sample, configFiles)) {
		if (each.name !== null && each.error === null) lines.set(each.name.toLowerCase(), each);
		if (each.error !== null) broken.push(each);
	}
	const known = rowsOf(sample, settings);
	const names = new Set(known.map(({name}) => name.toLowerCase()));
	const waiting = new Set(known.filter(({pending_restart}) => pending_restart).map(({name}) => name.toLowerCase()));
	const isWaiting = ({name}: ConfigLine): boolean => name !== null && waiting.has(name.toLowerCase());
	for (const each of broken) if (isWaiting(each)) lines.set(each.name?.toLowerCase() ?? '', each);
	return [
		...known.map(row => knownRow(row, lines.get(row.name.toLowerCase()))),
		...broken.filter(each => !isWaiting(each)).map(each => brokenRow(each, names)),
	].sort((a, b) => rank(a) - rank(b) || (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
};

/** Names a setting, or a broken line, among all. */
export const settingIdentity = ({name, error, sourcefile, sourceline}: SettingRow): string =>
	error === null ? name : `error ${name} ${sourcefile}:${sourceline}`;

const rank = ({error, pending_restart}: SettingRow): number => (error !== null ? 0 : pending_restart ? 1 : 2);

const knownRow = (row: Setting, found: ConfigLine | undefined): SettingRow => ({
	...row,
	// The file tells where a value is from that our own session's hides.
	source: row.source ?? (found?.applied ? 'configuration file' : null),
	sourcefile: row.sourcefile ?? (found?.applied ? found.sourcefile : null),
	sourceline: row.sourceline ?? (found?.applied ? found.sourceline : null),
	// Of a setting that waits for a restart the file's line is no mistake, although the server says that it cannot be applied.
	error: null,
	applied: found?.applied ?? null,
	file_setting: found?.setting ?? null,
});

const brokenRow = (found: ConfigLine, names: ReadonlySet<string>): SettingRow => ({
	name: found.name ?? placeOf(found),
	setting: found.setting,
	unit: null,
	source: found.kind === 'setting' ? 'configuration file' : null,
	boot_val: null,
	context: null,
	category: null,
	short_desc: found.name !== null && names.has(found.name.toLowerCase()) ? 'A value that cannot be used.' : null,
	sourcefile: found.sourcefile,
	sourceline: found.sourceline,
	pending_restart: null,
	error: found.error,
	applied: false,
	file_setting: found.setting,
});

const placeOf = ({sourcefile, sourceline}: Pick<ConfigLine, 'sourcefile' | 'sourceline'>): string =>
	[sourcefile?.split('/').at(-1) ?? '?', ...(sourceline === null ? [] : [sourceline])].join(':');

const sizes: Readonly<Record<string, number>> = {B: 1, kB: 1024, '8kB': 8192, '16kB': 16_384, '32kB': 32_768, MB: 1024 ** 2};
const times: Readonly<Record<string, number>> = {us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400};

/** A value with its unit as a person writes it; -1 and 0 mean something of their own and stay as they are. */
export const withUnit = (setting: string, unit: string | null): string => {
	const value = Number(setting);
	if (unit === null || !(value > 0)) return setting;
	const size = sizes[unit];
	if (size !== undefined) return bytes(value * size);
	const time = times[unit];
	return time === undefined ? `${setting} ${unit}` : duration(value * time);
};

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

const fileOf = (row: SettingRow): string | null => (row.sourcefile === null ? null : placeOf(row));

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
