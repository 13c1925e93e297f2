import type {Sample} from '../../core/sample/sample.ts';
import {bytes, duration} from '../../core/values/units.ts';
import {type ConfigLine, configFiles, type Setting, settings} from '../../queries/server/settings.ts';
import {rowsOf} from './answers.ts';

/** Setting, or a broken line of a configuration file. */
export type SettingRow = Omit<Setting, 'context' | 'category' | 'short_desc' | 'pending_restart'> & {
	readonly context: string | null;
	readonly category: string | null;
	readonly short_desc: string | null;
	/** Null for a line without a setting. */
	readonly pending_restart: boolean | null;
	/** Error in the file; also null if the connected role cannot read the files. */
	readonly error: string | null;
	/** True if a reload applies the line; null if the setting is in no readable file. */
	readonly applied: boolean | null;
	/** Current value in the file. */
	readonly file_setting: string | null;
};

/** Settings and broken lines of a sample: errors first, then settings that wait for a restart. */
export const settingRows = (sample: Sample): readonly SettingRow[] => {
	const lines = new Map<string, ConfigLine>();
	const broken: ConfigLine[] = [];
	// If several lines set the same, the last one wins.
	for (const each of rowsOf(sample, configFiles)) {
		if (each.name !== null && each.error === null) lines.set(each.name.toLowerCase(), each);
		if (each.error !== null) broken.push(each);
	}
	const all = rowsOf(sample, settings);
	const names = new Set(all.map(({name}) => name.toLowerCase()));
	const waiting = new Set(all.filter(({pending_restart}) => pending_restart).map(({name}) => name.toLowerCase()));
	const isWaiting = ({name}: ConfigLine): boolean => name !== null && waiting.has(name.toLowerCase());
	for (const each of broken) if (isWaiting(each)) lines.set(each.name?.toLowerCase() ?? '', each);
	return [
		...all.map(row => rowOf(row, lines.get(row.name.toLowerCase()))),
		...broken.filter(each => !isWaiting(each)).map(each => brokenRow(each, names)),
	].sort((a, b) => rank(a) - rank(b) || (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
};

/** Identity of a setting or broken line. */
export const settingIdentity = ({name, error, sourcefile, sourceline}: SettingRow): string =>
	error === null ? name : `error ${name} ${sourcefile}:${sourceline}`;

/** Value with its unit, readable; -1 and 0 have meanings of their own and stay as they are. */
export const withUnit = (setting: string, unit: string | null): string => {
	const value = Number(setting);
	if (unit === null || !(value > 0)) return setting;
	const size = sizes[unit];
	if (size !== undefined) return bytes(value * size);
	const time = times[unit];
	return time === undefined ? `${setting} ${unit}` : duration(value * time);
};

const rank = ({error, pending_restart}: SettingRow): number => (error !== null ? 0 : pending_restart ? 1 : 2);

const rowOf = (row: Setting, configLine: ConfigLine | undefined): SettingRow => ({
	...row,
	// pgtriage's own session overrides some settings and so hides their source, which the file still has.
	source: row.source ?? (configLine?.applied ? 'configuration file' : null),
	sourcefile: row.sourcefile ?? (configLine?.applied ? configLine.sourcefile : null),
	sourceline: row.sourceline ?? (configLine?.applied ? configLine.sourceline : null),
	// If a setting waits for a restart, the server reports its line as not applicable, but the line is correct.
	error: null,
	applied: configLine?.applied ?? null,
	file_setting: configLine?.setting ?? null,
});

const brokenRow = (configLine: ConfigLine, names: ReadonlySet<string>): SettingRow => ({
	name: configLine.name ?? fileAndLine(configLine),
	setting: configLine.setting,
	unit: null,
	source: configLine.kind === 'setting' ? 'configuration file' : null,
	boot_val: null,
	context: null,
	category: null,
	short_desc: configLine.name !== null && names.has(configLine.name.toLowerCase()) ? 'Invalid value.' : null,
	sourcefile: configLine.sourcefile,
	sourceline: configLine.sourceline,
	pending_restart: null,
	error: configLine.error,
	applied: false,
	file_setting: configLine.setting,
});

/** Base name of a configuration file with the line number: `postgresql.conf:12`. */
export const fileAndLine = ({sourcefile, sourceline}: Pick<ConfigLine, 'sourcefile' | 'sourceline'>): string =>
	[sourcefile?.split('/').at(-1) ?? '?', ...(sourceline === null ? [] : [sourceline])].join(':');

const sizes: Readonly<Record<string, number>> = {B: 1, kB: 1024, '8kB': 8192, '16kB': 16_384, '32kB': 32_768, MB: 1024 ** 2};
const times: Readonly<Record<string, number>> = {us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400};
