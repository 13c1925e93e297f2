import type {Past} from '../../core/history/past.ts';
import {answersOver, secondsUntil, trend} from '../../core/history/rates.ts';
import {above, age, ratio, size, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {duration} from '../../core/values/units.ts';
import {type HostRow, host, locationOf, usedRatio} from '../../queries/beside/host.ts';
import {rowsOf} from '../reading/answers.ts';
import {danger, defineSection, remarksOf, type SectionRow, sectionColumn, warning} from '../reading/sections.ts';
import {growthColumn} from './columns.ts';

/** Disk of the server's host with the server files on it. */
export type DiskRow = SectionRow & {
	readonly device: string;
	readonly location: string;
	readonly path: string | null;
	readonly total_bytes: number | null;
	readonly free_bytes: number | null;
	readonly used_ratio: number | null;
	readonly growth_bytes_per_second: number | null;
	readonly fills_in_seconds: number | null;
};

const windowMs = 900_000;
// WAL comes and goes with checkpoints, five minutes apart by default.
const leastSeconds = 300;
const warnFrom = 0.7;
const dangerFrom = 0.85;

/** Tone of the used share of a disk. */
export const diskTone = above(warnFrom, dangerFrom);

/** Disks of a sample; empty for a remote host. */
export const diskRows = (sample: Sample, past: Past): readonly DiskRow[] => {
	const places = Map.groupBy(
		rowsOf(sample, host).filter(({device}) => device !== null),
		({device}) => device ?? '',
	);
	if (places.size === 0) return [];
	const answers = answersOver<HostRow>(sample, past, host, windowMs);
	return [...places].flatMap(([device, [place, ...others]]): readonly DiskRow[] => {
		if (!place) return [];
		const readings = answers.map(({at, rows: all}) => ({
			at,
			value: all.find(row => row.device === device)?.used_bytes ?? null,
		}));
		const growth = trend(readings, leastSeconds);
		return [
			{
				section: 'disk',
				device,
				location: [place, ...others].map(locationOf).join(', '),
				path: place.path,
				total_bytes: place.total_bytes,
				free_bytes: place.free_bytes,
				used_ratio: usedRatio(place),
				growth_bytes_per_second: growth,
				fills_in_seconds: secondsUntil(place.free_bytes, growth),
			},
		];
	});
};

/** Section of disks with server files, if pgtriage runs on the server's host. */
export const diskSection = defineSection<DiskRow>({
	id: 'disk',
	title: 'Disks',
	rows: diskRows,
	name: row => row.device,
	columns: [
		text('location', 'Server files on this disk.', row => row.location, {
			title: 'DISK',
			keep: 99,
			width: {min: 14, max: 40},
		}),
		sectionColumn,
		ratio('used_ratio', 'Used share, as in df.', row => row.used_ratio, {
			title: 'USED',
			keep: 95,
			tone: diskTone,
		}),
		size('free_bytes', 'Free space, without the reserve for root.', row => row.free_bytes, {title: 'FREE', keep: 90}),
		size('total_bytes', 'Total size.', row => row.total_bytes, {title: 'TOTAL', keep: 80}),
		growthColumn,
		age('fills_in_seconds', 'Time until full at the growth of the last minutes.', row => row.fills_in_seconds, {
			title: 'FULL IN',
			keep: 85,
			width: {min: 7},
			tone: value => (typeof value !== 'number' || value > 86_400 ? 'calm' : value > 3600 ? 'warn' : 'danger'),
		}),
		text('path', 'Path on the server, symbolic links resolved; the first of several.', row => row.path, {
			keep: 70,
			width: {min: 20, max: 60, grow: true},
		}),
	],
	remarks: row =>
		remarksOf([
			row.used_ratio !== null && row.used_ratio >= dangerFrom && danger('Nearly full: the server stops when WAL has no space.'),
			row.used_ratio !== null && row.used_ratio >= warnFrom && row.used_ratio < dangerFrom && warning('Filling up.'),
			row.fills_in_seconds !== null && warning(`Full in ${duration(row.fills_in_seconds)} at the growth of the last minutes.`),
		]),
});
