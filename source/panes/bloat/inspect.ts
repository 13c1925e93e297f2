import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line, span, wrap} from '../../core/text/line.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {bytes, duration, percent, shortCount} from '../../core/values/units.ts';
import {culpritOf} from '../horizon/culprit.ts';
import {qualified, type TableRow} from './table-row.ts';

/** The lines of the inspect page of a table: where its bloat is, how that is known, and why autovacuum is due or of no use. */
export const bloatLines = (row: TableRow, sample: Sample, width: number): readonly Line[] => {
	const paragraph = (text: string, tone: 'calm' | 'dim' | 'warn' | 'danger' = 'calm'): readonly Line[] =>
		wrap(text, width - 2).map((part): Line => [span('  '), span(part, tone)]);
	return [
		line(`Table ${qualified(row)}`, 'strong'),
		...kindOf(row).flatMap(text => paragraph(text, 'dim')),
		...lockLines(row).flatMap(text => paragraph(text, 'danger')),
		[],
		line('Bloat', 'strong'),
		...sourceOf(row, sample).flatMap(text => paragraph(text)),
		...partLine('Heap', row.heap_bytes, row.heap_bloat_bytes),
		...(row.toast_relid === null ? [] : partLine('TOAST', row.toast_bytes, row.toast_bloat_bytes)),
		...partLine('Indexes', row.index_bytes, row.index_bloat_bytes),
		...indexNote(row).flatMap(text => paragraph(text, 'dim')),
		[],
		line('Autovacuum', 'strong'),
		...dueLines(row).flatMap(text => paragraph(text)),
		...futileLines(row, sample).flatMap(text => paragraph(text, 'danger')),
	];
};

const kindOf = (row: TableRow): readonly string[] => [
	...(row.partitions === null
		? []
		: [
				`It is partitioned and holds no rows itself: all figures are sums of its ${row.partitions} partitions, which have rows of their own here.`,
			]),
	...(row.parent === null ? [] : [`It is a partition of ${row.parent}, whose figures hold these too.`]),
];

const lockLines = ({lockers}: TableRow): readonly string[] =>
	lockers.map(({pid, granted}) => {
		const who = pid === null ? 'A prepared transaction' : `Session ${pid}`;
		return granted
			? `${who} has it in ACCESS EXCLUSIVE mode: nobody else reads it, and it cannot be measured.`
			: `${who} waits to have it in ACCESS EXCLUSIVE mode, and all who come later wait behind that.`;
	});

const sourceOf = (row: TableRow, sample: Sample): readonly string[] => {
	const seconds = secondsBetween(row.measuring, sample.at);
	if (seconds !== null)
		return [`It is being measured since ${duration(seconds)}: ${row.measure_message ?? 'connecting'}. The key . stops that.`];
	if (row.measure_message !== null) return [`It was not measured: ${row.measure_message}.`, ...knownBy(row, sample)];
	return knownBy(row, sample);
};

const knownBy = (row: TableRow, sample: Sample): readonly string[] => {
	if (row.bloat_source === 'exact') {
		const ago = duration(secondsBetween(row.measured, sample.at) ?? 0);
		return [`Measured ${ago} ago with pgstattuple; that stands until it is vacuumed, analyzed or rewritten.`];
	}
	if (row.unknown !== null) return [`Unknown. ${row.unknown}${row.partitions === null ? ' The key . measures it.' : ''}`];
	return [
		'Estimated by rows, average widths and pages as of its last VACUUM or ANALYZE; the key . measures it.',
		...(row.toast_bytes ? ['Of TOAST values the last piece is taken for half full.'] : []),
	];
};

const partLine = (name: string, size: number | null, bloat: number | null): readonly Line[] => [
	[
		span(`  ${name.padEnd(9)}`, 'dim'),
		span((size === null ? 'unknown' : bytes(size)).padStart(9)),
		span(bloat === null ? ', bloat unknown' : `, of which bloat ${bytes(bloat)}`),
		...(size && bloat !== null ? [span(` (${percent(Math.min(1, bloat / size))})`)] : []),
	],
];

const indexNote = ({index_bloat_bytes, unique_bloat_bytes, index_bytes}: TableRow): readonly string[] => {
	if (index_bloat_bytes !== null || index_bytes === null) return [];
	const unique = unique_bloat_bytes === null ? '' : ` Its unique ones have ${bytes(unique_bloat_bytes)} by estimate.`;
	return [`Indexes that store equal keys once cannot be estimated: the key . measures its btrees.${unique}`];
};

const dueLines = (row: TableRow): readonly string[] => {
	if (row.vacuum_due === null) return ['Counters of rows and of VACUUM are not available on a standby: ask its primary.'];
	const threshold = Number.isFinite(row.dead_threshold) ? `, taken from ${shortCount(row.dead_threshold)} on` : '';
	return [
		`${shortCount(row.n_dead_tup ?? 0)} dead rows${threshold}; ${shortCount(row.n_live_tup ?? 0)} live.`,
		row.due.length === 0 ? 'It is not due.' : `It is due: ${row.due.join(', ')}.`,
	];
};

const futileLines = (row: TableRow, sample: Sample): readonly string[] => {
	if (!row.removes_nothing) return [];
	const culprit = culpritOf(sample);
	return [
		'Autovacuum came by while we looked, and all that was dead still is.',
		culprit?.sentence ?? 'Who holds it back is not among the sessions, prepared transactions and slots of this sample.',
	];
};
