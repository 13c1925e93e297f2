import {age, amount, count, flag, instant, ratio, size, text} from '../../core/pane/column.ts';
import {definePane, type Hidden} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {average, milliseconds, rounded} from '../../core/values/units.ts';
import {databaseNames} from '../../queries/activity/sessions.ts';
import {statementInfo, statements, statementTexts} from '../../queries/activity/statements.ts';
import {rowsOf} from '../reading/answers.ts';
import {hiddenRows} from '../reading/hidden.ts';
import {statementsAround} from './compared.ts';
import {statementEntry} from './entry.ts';
import {statementLines} from './page.ts';
import type {Delta} from './rates.ts';
import {byTotal, type StatementRow, statementRows} from './rows.ts';
import {statementSubject} from './subject.ts';

/** Recent amount per second of a statement. */
const perSecond =
	(of: (delta: Delta) => number) =>
	({delta, seconds}: StatementRow): number | null =>
		delta && seconds !== null && seconds > 0 ? rounded(of(delta) / seconds) : null;

const meanOf = (ms: number, calls: number): number | null => (calls > 0 ? rounded(ms / calls) : null);

const often = {format: (value: Value): string => average(Number(value))};
const inMs = {format: (value: Value): string => milliseconds(Number(value)), width: {min: 7}};

/** Statements hidden from the role, or else those whose texts could not be read. */
const hiddenOf = (sample: Sample): Hidden | undefined => {
	const rows = rowsOf(sample, statements);
	const masked = rows.filter(({queryid}) => queryid === null).length;
	const hidden = hiddenRows(sample, masked);
	if (hidden) return hidden;
	const texts = sample.results[statementTexts.name];
	if (texts?.ok !== false || !['22021', '22P05'].includes(texts.error.code)) return undefined;
	return {rows: rows.length, hint: 'pg_stat_statements_reset() of the statement in another encoding'};
};

/** Statements of pg_stat_statements by load, as rates between two answers and as totals. */
export const statementsPane = definePane<StatementRow>({
	id: 'statements',
	keys: ['5'],
	title: 'Statements',
	tab: 'Stmt',
	help: 'Most expensive statements, by execution time.',
	queries: [statements, statementTexts, statementInfo, databaseNames],
	rates: true,
	form: ({mark}) => mark && statementsAround(mark),
	rows: statementRows,
	identity: row => row.name,
	subject: row => statementSubject(row),
	entry: statementEntry,
	copied: row => row.query ?? row.name,
	ties: byTotal,
	empty: 'No statement has ended since the statistics reset.',
	hidden: hiddenOf,
	sort: {column: 'load_share', descending: true},
	columns: [
		ratio(
			'load_share',
			'Share of the execution time of all statements that ended recently; unknown before a second answer.',
			row => row.loadShare,
			{title: 'LOAD', aliases: ['load'], keep: 99},
		),
		amount(
			'calls_per_second',
			'Recent calls per second.',
			perSecond(({calls}) => calls),
			{
				...often,
				title: 'CALLS/S',
				keep: 90,
				width: {min: 7},
			},
		),
		amount(
			'exec_ms_per_second',
			'Recent execution time per second, in milliseconds: 1000 keep one session busy.',
			perSecond(({exec}) => exec),
			{...often, title: 'MS/S', keep: 56},
		),
		amount('recent_mean_exec_ms', 'Recent mean execution time.', ({delta}) => delta && meanOf(delta.exec, delta.calls), {
			...inMs,
			title: 'NOW',
			keep: 84,
		}),
		amount(
			'mean_exec_ms',
			'Mean execution time since its statistics began.',
			row => meanOf(row.entry.total_exec_time, row.entry.calls),
			{
				...inMs,
				title: 'MEAN',
				keep: 86,
			},
		),
		age('total_exec_seconds', 'Total execution time.', ({entry}) => entry.total_exec_time / 1000, {
			title: 'TOTAL',
			keep: 88,
		}),
		amount('calls', 'Total calls.', ({entry}) => entry.calls, {keep: 70}),
		amount(
			'rows_per_second',
			'Recent rows per second, returned or changed.',
			perSecond(({rows}) => rows),
			{...often, title: 'ROWS/S', keep: 54},
		),
		amount('rows', 'Total rows, returned or changed.', ({entry}) => entry.rows, {keep: 46}),
		ratio(
			'hit_ratio',
			'Recent share of blocks found in shared buffers.',
			({delta}) => (delta && delta.hit + delta.read > 0 ? delta.hit / (delta.hit + delta.read) : null),
			{title: 'HIT', keep: 52},
		),
		amount('shared_blks_read', 'Blocks read from outside shared buffers.', ({entry}) => entry.shared_blks_read, {
			title: 'READ',
			keep: 50,
		}),
		amount('temp_blks_written', 'Temporary blocks written: work_mem was too small.', ({entry}) => entry.temp_blks_written, {
			title: 'TEMP',
			keep: 48,
		}),
		size('wal_bytes', 'WAL written.', ({entry}) => entry.wal_bytes, {title: 'WAL', keep: 47}),
		text('datname', 'Database it ran in.', row => row.datname, {
			title: 'DATABASE',
			aliases: ['database', 'db'],
			keep: 60,
			width: {min: 8, max: 14},
		}),
		text('usename', 'Role that ran it.', ({entry}) => entry.usename, {
			title: 'USER',
			aliases: ['user', 'role'],
			keep: 58,
			width: {min: 8, max: 14},
		}),
		text('query', 'Normalized text; for a long statement, the beginning.', row => row.query, {
			keep: 98,
			width: {min: 28, grow: true, share: 1 / 3},
		}),
		flag('toplevel', 'Sent by a client, not run within a function.', ({entry}) => entry.toplevel, {title: 'TOP'}),
		text('queryid', 'Identifier of the statement.', ({entry}) => entry.queryid, {width: {min: 20}}),
		amount('max_exec_ms', 'Longest execution.', ({entry}) => rounded(entry.max_exec_time), {...inMs, title: 'MAX'}),
		age('blk_read_seconds', 'Time spent reading blocks; 0 if track_io_timing is off.', ({entry}) => entry.blk_read_time / 1000, {
			title: 'READING',
			width: {min: 7},
		}),
		age(
			'blk_write_seconds',
			'Time spent writing blocks; 0 if track_io_timing is off.',
			({entry}) => entry.blk_write_time / 1000,
			{
				title: 'WRITING',
				width: {min: 7},
			},
		),
		age('jit_seconds', 'Time spent on JIT compilation.', ({entry}) => (entry.jit_time === null ? null : entry.jit_time / 1000), {
			title: 'JIT',
		}),
		age(
			'total_plan_seconds',
			'Time spent planning; 0 if pg_stat_statements.track_planning is off.',
			({entry}) => entry.total_plan_time / 1000,
			{title: 'PLAN'},
		),
		amount('shared_blks_hit', 'Blocks found in shared buffers.', ({entry}) => entry.shared_blks_hit, {title: 'HITS'}),
		count('query_bytes', 'Length of the whole text.', row => row.bytes, {title: 'BYTES'}),
		age('window_seconds', 'Time span of the rates.', row => row.seconds, {title: 'OVER'}),
		instant('stats_since', 'Time its statistics began; version 1.11 of the extension and later.', ({entry}) => entry.stats_since),
	],
	inspect: statementLines,
});
