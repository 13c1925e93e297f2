import type {Sample} from '../../core/sample/sample.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type ConfigLine, configFiles, type Setting, settings} from '../../queries/settings.ts';
import {rowsOf} from './answers.ts';

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

/** A value with its unit as a person writes it; -1 and 0 mean something of their own and stay as they are. */
export const withUnit = (setting: string, unit: string | null): string => {
	const value = Number(setting);
	if (unit === null || !(value > 0)) return setting;
	const size = sizes[unit];
	if (size !== undefined) return bytes(value * size);
	const time = times[unit];
	return time === undefined ? `${setting} ${unit}` : duration(value * time);
};

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
	name: found.name ?? fileAndLine(found),
	setting: found.setting,
	unit: null,
	source: found.kind === 'setting' ? 'configuration file' : null,
	boot_val: null,
	context: null,
	category: null,
	short_desc: found.name !== null && names.has(found.name.toLowerCase()) ? 'Invalid value.' : null,
	sourcefile: found.sourcefile,
	sourceline: found.sourceline,
	pending_restart: null,
	error: found.error,
	applied: false,
	file_setting: found.setting,
});

/** The last part of a configuration file's path and the number of the line, `postgresql.conf:12`. */
export const fileAndLine = ({sourcefile, sourceline}: Pick<ConfigLine, 'sourcefile' | 'sourceline'>): string =>
	[sourcefile?.split('/').at(-1) ?? '?', ...(sourceline === null ? [] : [sourceline])].join(':');

const sizes: Readonly<Record<string, number>> = {B: 1, kB: 1024, '8kB': 8192, '16kB': 16_384, '32kB': 32_768, MB: 1024 ** 2};
const times: Readonly<Record<string, number>> = {us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400};
