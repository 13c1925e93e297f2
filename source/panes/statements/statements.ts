import {age, amount, count, flag, instant, ratio, size, text} from '../../core/pane/column.ts';
import {definePane, type Hidden} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {average, milliseconds, rounded} from '../../core/values/units.ts';
import {databaseNames} from '../../queries/sessions.ts';
import {statementInfo, statements, statementTexts} from '../../queries/statements.ts';
import {rowsOf} from '../reading/answers.ts';
import {monitorGrant} from '../reading/hidden.ts';
import {statementLines} from './page.ts';
import type {Delta} from './rates.ts';
import {byTotal, type StatementRow, statementRows} from './rows.ts';
import {statementSubject} from './subject.ts';

/** How much of something a statement did in a second lately. */
const perSecond =
	(of: (delta: Delta) => number) =>
	({delta, seconds}: StatementRow): number | null =>
		delta && seconds !== null && seconds > 0 ? rounded(of(delta) / seconds) : null;

const meanOf = (ms: number, calls: number): number | null => (calls > 0 ? rounded(ms / calls) : null);

const often = {format: (value: Value): string => average(Number(value))};
const inMs = {format: (value: Value): string => milliseconds(Number(value)), width: {min: 7}};

/** The statements that are not told to our role, or else those of which the texts could not be read. */
const hiddenOf = (sample: Sample): Hidden | undefined => {
	const rows = rowsOf(sample, statements);
	const masked = rows.filter(({queryid}) => queryid === null).length;
	if (masked > 0) return {rows: masked, hint: monitorGrant(sample)};
	const texts = sample.results[statementTexts.name];
	if (texts?.ok !== false || !['22021', '22P05'].includes(texts.error.code)) return undefined;
	return {rows: rows.length, hint: 'pg_stat_statements_reset of the one whose text is in another encoding'};
};

/** What the server runs most: pg_stat_statements by load, as rates between two answers and as totals. */
export const statementsPane = definePane<StatementRow>({
	id: 'statements',
	keys: ['5'],
	title: 'Statements',
	tab: 'Stmt',
	help: 'What the server runs most, by the time it takes.',
	queries: [statements, statementTexts, statementInfo, databaseNames],
	rates: true,
	rows: statementRows,
	identity: row => row.name,
	subject: row => statementSubject(row),
	copied: row => row.query ?? row.name,
	ties: byTotal,
	empty: 'No statement has ended since the statistics were reset.',
	hidden: hiddenOf,
	sort: {column: 'load_share', descending: true},
	columns: [
		ratio(
			'load_share',
			'Its part of the time that all statements took which ended in the last seconds; unknown before a second answer.',
			row => row.loadShare,
			{title: 'LOAD', aliases: ['load'], keep: 99},
		),
		amount(
			'calls_per_second',
			'How often it ended a second lately.',
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
			'Milliseconds of execution that ended a second lately: 1000 keep one session busy.',
			perSecond(({exec}) => exec),
			{...often, title: 'MS/S', keep: 56},
		),
		amount('recent_mean_exec_ms', 'How long it took on average lately.', ({delta}) => delta && meanOf(delta.exec, delta.calls), {
			...inMs,
			title: 'NOW',
			keep: 84,
		}),
		amount(
			'mean_exec_ms',
			'How long it took on average since its statistics began.',
			row => meanOf(row.entry.total_exec_time, row.entry.calls),
			{
				...inMs,
				title: 'MEAN',
				keep: 86,
			},
		),
		age('total_exec_seconds', 'How long it has run in all.', ({entry}) => entry.total_exec_time / 1000, {
			title: 'TOTAL',
			keep: 88,
		}),
		amount('calls', 'How often it has been run.', ({entry}) => entry.calls, {keep: 70}),
		amount(
			'rows_per_second',
			'Rows it returned or changed a second lately.',
			perSecond(({rows}) => rows),
			{...often, title: 'ROWS/S', keep: 54},
		),
		amount('rows', 'Rows it has returned or changed.', ({entry}) => entry.rows, {keep: 46}),
		ratio(
			'hit_ratio',
			'Part of its blocks that were found in shared buffers lately.',
			({delta}) => (delta && delta.hit + delta.read > 0 ? delta.hit / (delta.hit + delta.read) : null),
			{title: 'HIT', keep: 52},
		),
		amount('shared_blks_read', 'Blocks it has read from outside shared buffers.', ({entry}) => entry.shared_blks_read, {
			title: 'READ',
			keep: 50,
		}),
		amount(
			'temp_blks_written',
			'Blocks of temporary files it has written: work_mem was too small.',
			({entry}) => entry.temp_blks_written,
			{
				title: 'TEMP',
				keep: 48,
			},
		),
		size('wal_bytes', 'WAL it has written.', ({entry}) => entry.wal_bytes, {title: 'WAL', keep: 47}),
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
		text('query', 'Its text, with constants left out; of a long one, the beginning.', row => row.query, {
			keep: 98,
			width: {min: 28, max: 60, grow: true},
		}),
		flag('toplevel', 'It was sent by a client, not run within a function.', ({entry}) => entry.toplevel, {title: 'TOP'}),
		text('queryid', 'Identifier of the statement.', ({entry}) => entry.queryid, {width: {min: 20}}),
		amount('max_exec_ms', 'The longest it ever took.', ({entry}) => rounded(entry.max_exec_time), {...inMs, title: 'MAX'}),
		age(
			'blk_read_seconds',
			'How long it has read blocks; 0 where track_io_timing is off.',
			({entry}) => entry.blk_read_time / 1000,
			{
				title: 'READING',
				width: {min: 7},
			},
		),
		age(
			'blk_write_seconds',
			'How long it has written blocks; 0 where track_io_timing is off.',
			({entry}) => entry.blk_write_time / 1000,
			{
				title: 'WRITING',
				width: {min: 7},
			},
		),
		age('jit_seconds', 'How long it has been compiled.', ({entry}) => (entry.jit_time === null ? null : entry.jit_time / 1000), {
			title: 'JIT',
		}),
		age(
			'total_plan_seconds',
			'How long it has been planned; 0 where pg_stat_statements.track_planning is off.',
			({entry}) => entry.total_plan_time / 1000,
			{title: 'PLAN'},
		),
		amount('shared_blks_hit', 'Blocks it has found in shared buffers.', ({entry}) => entry.shared_blks_hit, {title: 'HITS'}),
		count('query_bytes', 'Length of its whole text.', row => row.bytes, {title: 'BYTES'}),
		age('window_seconds', 'Over how long the rates are taken.', row => row.seconds, {title: 'OVER'}),
		instant('stats_since', 'Since when it is counted; from version 1.11 of the extension on.', ({entry}) => entry.stats_since),
	],
	inspect: statementLines,
});
