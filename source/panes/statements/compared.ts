import type {Bookmark, Moment} from '../../core/history/moment.ts';
import type {Past} from '../../core/history/past.ts';
import {age, amount, type Column, count, size, text} from '../../core/pane/column.ts';
import {definePane, type Headline, type Pane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {type Line, line} from '../../core/text/line.ts';
import {secondsBetween, timeOfDay} from '../../core/values/instant.ts';
import {average, bytes, duration, milliseconds, rounded, shortCount} from '../../core/values/units.ts';
import {databaseNames, sessions} from '../../queries/activity/sessions.ts';
import {statementInfo, statements, statementTexts} from '../../queries/activity/statements.ts';
import {indented} from '../reading/indented.ts';
import {type ComparedRow, comparedRows, doubtsAbout, isSlower, meanOf, perCall, rateOf} from './compared-rows.ts';
import {comparisonWith, type Figures} from './comparison.ts';
import {statementLines} from './page.ts';
import {statementSubject} from './subject.ts';

const blockBytes = 8192;

const inMs = {format: (value: Value): string => milliseconds(Number(value)), width: {min: 7}};

const mean = (figures: Figures | null): number | null => {
	const ms = meanOf(figures);
	return ms === null ? null : rounded(ms);
};

const toneOfFactor = (_: Value, row: ComparedRow) => (isSlower(row) ? 'danger' : 'calm');

/** A pair of columns, one for each side of the mark. */
const pair = (
	id: string,
	title: string,
	help: string,
	keep: number,
	make: (
		id: string,
		help: string,
		value: (row: ComparedRow) => Value,
		options: {title: string; keep: number},
	) => Column<ComparedRow>,
	value: (figures: Figures | null) => Value,
): readonly Column<ComparedRow>[] => [
	make(`${id}_before`, `${help} before the mark.`, row => value(row.before), {title: `${title} <`, keep: keep - 1}),
	make(`${id}_after`, `${help} after it.`, row => value(row.after), {title: `${title} >`, keep}),
];

const columns: readonly Column<ComparedRow>[] = [
	amount('factor', 'How many times slower a call is after the mark, calls still running included.', row => row.factor, {
		keep: 99,
		width: {min: 7},
		tone: toneOfFactor,
		format: value => `${average(Number(value))}x`,
	}),
	text('change', 'NEW or GONE since the mark; with ? an eviction may be the cause.', row => row.change, {
		keep: 97,
		width: {min: 6},
		tone: value => (value === null ? 'calm' : 'warn'),
	}),
	amount(
		'added_ms_per_second',
		'Execution time that the change costs, in milliseconds per second; negative if it saves time.',
		row => row.added,
		{title: 'ADDED', keep: 94, width: {min: 7}, format: value => average(Number(value))},
	),
	...pair(
		'mean_exec_ms',
		'MEAN',
		'Mean execution time',
		92,
		(id, help, value, options) => amount(id, help, value, {...inMs, ...options}),
		mean,
	),
	...pair(
		'calls_per_second',
		'CALL/S',
		'Calls per second',
		88,
		(id, help, value, options) => amount(id, help, value, {...options, width: {min: 8}, format: each => average(Number(each))}),
		figures => rateOf(figures, ({calls}) => calls),
	),
	count('running', 'Sessions that run it now; they are not yet in its figures.', row => row.running, {
		title: 'RUNNING',
		keep: 84,
		width: {min: 7},
	}),
	...pair(
		'rows_per_call',
		'ROWS',
		'Rows per call',
		60,
		(id, help, value, options) => amount(id, help, value, options),
		figures => perCall(figures, ({rows}) => rows),
	),
	...pair(
		'temp_bytes_per_call',
		'TEMP',
		'Temporary files written per call',
		56,
		(id, help, value, options) => size(id, help, value, options),
		figures => perCall(figures, ({tempBlocks}) => tempBlocks * blockBytes),
	),
	...pair(
		'wal_bytes_per_call',
		'WAL',
		'WAL written per call',
		54,
		(id, help, value, options) => size(id, help, value, options),
		figures => perCall(figures, ({wal}) => wal),
	),
	text('datname', 'Database it ran in.', row => row.datname, {
		title: 'DATABASE',
		aliases: ['database', 'db'],
		keep: 50,
		width: {min: 8, max: 14},
	}),
	text('usename', 'Role that ran it.', ({entry}) => entry.usename, {
		title: 'USER',
		aliases: ['user', 'role'],
		keep: 48,
		width: {min: 8, max: 14},
	}),
	text('query', 'Normalized text; for a long statement, the beginning.', row => row.query, {
		keep: 98,
		width: {min: 28, grow: true, share: 1 / 3},
	}),
	text('queryid', 'Identifier of the statement.', ({entry}) => entry.queryid, {width: {min: 20}}),
	...pair(
		'seconds',
		'OVER',
		'Time span of its figures',
		1,
		(id, help, value, options) => age(id, help, value, {...options, keep: 0}),
		figures => figures?.seconds ?? null,
	),
];

const nameOf = ({sample, name}: Moment & Partial<Bookmark>): string =>
	name === undefined ? timeOfDay(sample.at) : `${timeOfDay(sample.at)} (${name})`;

const headlineOf = (mark: Moment, sample: Sample, past: Past): Headline => {
	const comparison = comparisonWith(mark, sample, past);
	const title = `Before and after the mark at ${nameOf(mark)}`;
	if (!comparison) return {text: `${title}: pg_stat_statements was not read around it yet.`, tone: 'warn'};
	const {from, at, until, reset} = comparison;
	const span = (a: string, b: string): string => duration(secondsBetween(a, b) ?? 0);
	const before = from === null ? 'since the statistics began' : `over ${span(from, at)}`;
	const doubts = doubtsAbout(comparison);
	const words = `${title}: before ${before}, after over ${span(reset ?? at, until)}, most time added first; d ends it.`;
	return {text: [...doubts, words].join(' '), tone: doubts.length > 0 ? 'warn' : 'dim'};
};

const sideLine = (side: string, figures: Figures | null): string => {
	if (!figures || figures.calls === 0) return `${side}: no calls.`;
	const {calls, seconds} = figures;
	const over = seconds === null ? '' : ` in ${duration(seconds)}`;
	return [
		`${side}: ${shortCount(calls)} ${calls === 1 ? 'call' : 'calls'}${over}`,
		`${milliseconds(meanOf(figures) ?? 0)} each`,
		`${average(perCall(figures, ({rows}) => rows) ?? 0)} rows`,
		`${bytes(perCall(figures, ({tempBlocks}) => tempBlocks * blockBytes) ?? 0)} of temporary files`,
		`${bytes(perCall(figures, ({wal}) => wal) ?? 0)} of WAL per call.`,
	].join(', ');
};

const comparedLines = (row: ComparedRow, sample: Sample, width: number, past: Past): readonly Line[] => [
	line('Before and after the mark', 'strong'),
	...indented(sideLine('Before', row.before), width),
	...indented(sideLine('After', row.after), width),
	...(row.running === null || row.running === 0 ? [] : indented(`Running now: ${row.running}.`, width)),
	[],
	...statementLines(row, sample, width, past),
];

const forms = new WeakMap<Moment, Pane>();

const formWith = (mark: Moment): Pane =>
	definePane<ComparedRow>({
		id: 'statements',
		keys: ['5'],
		title: 'Statements',
		tab: 'Stmt',
		help: 'Statements before and after a mark.',
		queries: [statements, statementTexts, statementInfo, databaseNames, sessions],
		aspect: `since ${mark.sample.seq}`,
		compares: true,
		rows: (sample, past) => comparedRows(mark, sample, past),
		headline: (sample, past) => headlineOf(mark, sample, past),
		identity: row => row.name,
		blamed: isSlower,
		subject: row => statementSubject(row),
		copied: row => row.query ?? row.name,
		empty: 'No statement has ended since the mark.',
		columns,
		inspect: comparedLines,
	});

/** The statements before and after a mark; the same pane for the same mark. */
export const statementsAround = (mark: Moment): Pane => {
	const form = forms.get(mark) ?? formWith(mark);
	forms.set(mark, form);
	return form;
};

/** The statement that got slower since a mark and costs the most, and how many others did; undefined if none did. */
export const slowestSince = (
	mark: Moment,
	sample: Sample,
	past: Past,
): {readonly row: ComparedRow; readonly others: number} | undefined => {
	const slower = comparedRows(mark, sample, past).filter(isSlower);
	return slower[0] && {row: slower[0], others: slower.length - 1};
};
