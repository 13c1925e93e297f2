import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line, span, wrap} from '../../core/text/line.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {bytes, duration, percent, shortCount} from '../../core/values/units.ts';
import {culpritOf} from '../horizon/culprit.ts';
import {qualified, type TableRow} from './table-row.ts';

/** Inspect page of a table: its bloat and the source of the figure, and why autovacuum is due or futile. */
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
				`Partitioned, without storage of its own: all figures are sums of its ${row.partitions} partitions, which are listed too.`,
			]),
	...(row.parent === null ? [] : [`Partition of ${row.parent}, whose figures include this one.`]),
];

const lockLines = ({lockers}: TableRow): readonly string[] =>
	lockers.map(({pid, granted}) => {
		const who = pid === null ? 'A prepared transaction' : `Session ${pid}`;
		return granted
			? `${who} holds ACCESS EXCLUSIVE: no other session can read or measure it.`
			: `${who} waits for ACCESS EXCLUSIVE, and every later session queues behind it.`;
	});

const sourceOf = (row: TableRow, sample: Sample): readonly string[] => {
	const seconds = secondsBetween(row.measuring, sample.at);
	if (seconds !== null) return [`Measuring for ${duration(seconds)}: ${row.measure_message ?? 'connecting'}. Press . to stop.`];
	if (row.measure_message !== null) return [`Not measured: ${row.measure_message}.`, ...sourceLines(row, sample)];
	return sourceLines(row, sample);
};

const sourceLines = (row: TableRow, sample: Sample): readonly string[] => {
	if (row.bloat_source === 'exact') {
		const ago = duration(secondsBetween(row.measured, sample.at) ?? 0);
		return [`Measured ${ago} ago with pgstattuple; valid until the next VACUUM, ANALYZE or rewrite.`];
	}
	if (row.unknown !== null) return [`Unknown. ${row.unknown}${row.partitions === null ? ' Press . to measure it.' : ''}`];
	return [
		'Estimated from row counts, average widths and pages of the last VACUUM or ANALYZE; press . to measure.',
		...(row.toast_bytes ? ['The last chunk of each TOAST value is assumed to be half full.'] : []),
	];
};

const partLine = (name: string, size: number | null, bloat: number | null): readonly Line[] => [
	[
		span(`  ${name.padEnd(9)}`, 'dim'),
		span((size === null ? 'unknown' : bytes(size)).padStart(9)),
		span(bloat === null ? ', bloat unknown' : `, bloat ${bytes(bloat)}`),
		...(size && bloat !== null ? [span(` (${percent(Math.min(1, bloat / size))})`)] : []),
	],
];

const indexNote = ({index_bloat_bytes, unique_bloat_bytes, index_bytes}: TableRow): readonly string[] => {
	if (index_bloat_bytes !== null || index_bytes === null) return [];
	const unique = unique_bloat_bytes === null ? '' : ` Its unique indexes have an estimated ${bytes(unique_bloat_bytes)}.`;
	return [`Deduplicating indexes cannot be estimated: press . to measure the btrees.${unique}`];
};

const dueLines = (row: TableRow): readonly string[] => {
	if (row.vacuum_due === null) return ['Row and VACUUM counters are not available on a standby: look on the primary.'];
	const threshold = Number.isFinite(row.dead_threshold) ? `, autovacuum threshold ${shortCount(row.dead_threshold)}` : '';
	return [
		`${shortCount(row.n_dead_tup ?? 0)} dead rows${threshold}; ${shortCount(row.n_live_tup ?? 0)} live rows.`,
		row.due.length === 0 ? 'Not due.' : `Due: ${row.due.join(', ')}.`,
		...(row.autovacuum_score === null
			? []
			: [`Its score is ${row.autovacuum_score.toFixed(1)}: autovacuum takes the table with the highest one first.`]),
	];
};

const futileLines = (row: TableRow, sample: Sample): readonly string[] => {
	if (!row.removes_nothing) return [];
	const culprit = culpritOf(sample);
	return [
		'Autovacuum ran while pgtriage watched, and the dead rows are still there.',
		culprit?.sentence ?? 'What holds xmin back is not among the sessions, prepared transactions and slots of this sample.',
	];
};
