import type {Past} from '../../core/history/past.ts';
import {answersOver, secondsUntil, trend} from '../../core/history/rates.ts';
import {age, amount, type Column, flag, size, text} from '../../core/pane/column.ts';
import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';
import {identifier} from '../../core/values/quote.ts';
import {duration, shortCount} from '../../core/values/units.ts';
import {type Pulse, pulse} from '../../queries/server/server.ts';
import {type FreezeAge, freezeAges, type OldestTable, oldestTables} from '../../queries/storage/freeze.ts';
import {rowsOf} from '../reading/answers.ts';
import {note, type Remark, remarksOf} from '../reading/sections.ts';

/** Age of a database: ids left until forced vacuums, the failsafe and the write stop. */
export type DatabaseAge = FreezeAge & {
	readonly section: 'wraparound';
	readonly xids_to_forced_vacuum: number;
	readonly xids_to_failsafe: number | null;
	readonly xids_left: number;
	/** Seconds at the rate of the last ten minutes; null while the rate is unknown. */
	readonly stops_in_seconds: number | null;
};

/** Table among the oldest of the connected database. */
export type TableAge = OldestTable & {readonly section: 'tables'};

/** Age at which the server stops assigning ids: three million before wraparound (xidStopLimit, multiStopLimit). */
export const stopAge = 2 ** 31 - 1 - 3_000_000;
/** Share of the way from the forced autovacuum to the age at which the server stops. */
export const overdueRatio = (age: number, forced: number): number => (age - forced) / Math.max(1, stopAge - forced);

const windowMs = 600_000;
const leastSeconds = 30;

/** Databases of a sample, oldest first. */
export const databaseAges = (sample: Sample, past: Past): readonly DatabaseAge[] => {
	const rate = consumption(sample, past);
	return rowsOf(sample, freezeAges)
		.map((row): DatabaseAge => {
			const xidsLeft = Math.max(0, stopAge - row.xid_age);
			return {
				...row,
				section: 'wraparound',
				xids_to_forced_vacuum: row.freeze_max_age - row.xid_age,
				xids_to_failsafe: row.failsafe_age === null ? null : Math.max(0, row.failsafe_age - row.xid_age),
				xids_left: xidsLeft,
				stops_in_seconds: secondsUntil(xidsLeft, rate),
			};
		})
		.sort((a, b) => Math.max(b.xid_age, b.mxid_age) - Math.max(a.xid_age, a.mxid_age));
};

/** Transaction ids assigned per second over the last ten minutes; null before half a minute of samples. */
const consumption = (sample: Sample, past: Past): number | null =>
	trend(
		answersOver<Pulse>(sample, past, pulse, windowMs).map(({at, rows}) => ({at, value: rows[0]?.next_xid ?? null})),
		leastSeconds,
	);

/** Tables of a sample, oldest first. */
export const tableAges: (sample: Sample) => readonly TableAge[] = oncePerSample(sample =>
	rowsOf(sample, oldestTables)
		.map((row): TableAge => ({...row, section: 'tables'}))
		.sort((a, b) => Math.max(b.xid_age, b.mxid_age) - Math.max(a.xid_age, a.mxid_age)),
);

// As in the header: autovacuum_freeze_max_age is 200 million by default; vacuum_failsafe_age 1.6 billion.
const ageTone = (value: Value): Tone =>
	typeof value !== 'number' || value < 500_000_000 ? 'calm' : value < 1_600_000_000 ? 'warn' : 'danger';

type Aged = DatabaseAge | TableAge;

const xidAge = amount<Aged>('xid_age', 'Age of the oldest unfrozen transaction id, in transactions.', row => row.xid_age, {
	title: 'XID AGE',
	keep: 90,
	width: {min: 8},
	tone: ageTone,
});
const mxidAge = amount<Aged>('mxid_age', 'Age of the oldest multixact id, in multixacts.', row => row.mxid_age, {
	title: 'MXID AGE',
	keep: 70,
	width: {min: 8},
	tone: ageTone,
});

/** Columns of databases in the Horizon pane. */
export const databaseAgeColumns: readonly Column<DatabaseAge>[] = [
	xidAge,
	mxidAge,
	amount(
		'xids_to_forced_vacuum',
		'Transactions until autovacuum_freeze_max_age forces a vacuum; negative once forced.',
		row => row.xids_to_forced_vacuum,
		{title: 'TO FREEZE', keep: 75, width: {min: 9}},
	),
	amount('xids_to_failsafe', 'Transactions until vacuum_failsafe_age; unknown before 14.', row => row.xids_to_failsafe, {
		title: 'FAILSAFE',
		keep: 65,
		width: {min: 8},
	}),
	amount('xids_left', 'Transactions until the server assigns no transaction ids.', row => row.xids_left, {
		title: 'TO STOP',
		keep: 80,
		width: {min: 8},
	}),
	age('stops_in_seconds', 'Time until then at the rate of the last ten minutes.', row => row.stops_in_seconds, {
		title: 'STOPS IN',
		keep: 85,
		width: {min: 8},
		tone: value => (typeof value !== 'number' || value > 7 * 86_400 ? 'calm' : value > 86_400 ? 'warn' : 'danger'),
	}),
];

/** Columns of tables in the Horizon pane. */
export const tableAgeColumns: readonly Column<TableAge>[] = [
	text('relname', 'Name of the table.', row => row.relname, {
		title: 'TABLE',
		aliases: ['table'],
		keep: 99,
		width: {min: 18, max: 40},
	}),
	text('schemaname', 'Schema of the table.', row => row.schemaname, {
		title: 'SCHEMA',
		aliases: ['schema'],
		keep: 60,
		width: {min: 10, max: 16},
	}),
	xidAge,
	mxidAge,
	size('table_bytes', 'Size of the heap as of the last VACUUM or ANALYZE.', row => row.table_bytes, {title: 'SIZE', keep: 65}),
	text('toast_of', 'Table that this TOAST table belongs to.', row => row.toast_of, {
		title: 'TOAST OF',
		keep: 55,
		width: {min: 12, max: 40},
	}),
	flag('temporary', 'Temporary table: only its own session can vacuum it.', row => row.temporary, {title: 'TEMP', keep: 50}),
];

/** Remarks on the age of a database. */
export const databaseRemarks = (row: DatabaseAge): readonly Remark[] =>
	remarksOf([
		note(
			row.xids_to_forced_vacuum < 0
				? `Past autovacuum_freeze_max_age (${shortCount(row.freeze_max_age)}): autovacuum vacuums its oldest tables even if it is off.`
				: `Autovacuum must vacuum its oldest tables within ${shortCount(row.xids_to_forced_vacuum)} transactions.`,
		),
		note(`After ${shortCount(row.xids_left)} more transactions the server assigns no transaction ids and refuses writes.`),
		row.stops_in_seconds !== null && note(`That is in ${duration(row.stops_in_seconds)} at the rate of the last minutes.`),
	]);

/** Remarks on lowering the age of a table. */
export const tableRemarks = (row: TableAge): readonly Remark[] => {
	const name = row.toast_of ?? `${identifier(row.schemaname)}.${identifier(row.relname)}`;
	return [
		row.temporary
			? note('Only the session that created this temporary table can vacuum it: terminate the session, or let it drop the table.')
			: note(`VACUUM (FREEZE) ${name}; lowers its age, as far as xmin is not held back.`),
	];
};
