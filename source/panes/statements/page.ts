import type {Past} from '../../core/history/past.ts';
import {answersOver, perSecond} from '../../core/history/rates.ts';
import {type Sample, sentences} from '../../core/sample/sample.ts';
import {bars} from '../../core/text/bars.ts';
import {cleanLines} from '../../core/text/clean.ts';
import {type Line, line, span} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {average, duration, milliseconds, percent, shortCount} from '../../core/values/units.ts';
import {statementInfo, statements, statementTexts} from '../../queries/activity/statements.ts';
import {rowsOf} from '../reading/answers.ts';
import {indented} from '../reading/indented.ts';
import {entryName} from './rates.ts';
import type {StatementRow} from './rows.ts';

/** Inspect page of a statement: text, time and calls over the last minutes. */
export const statementLines = (row: StatementRow, sample: Sample, width: number, past: Past): readonly Line[] => [
	...textLines(row, sample, width),
	[],
	...timeLines(row, width),
	[],
	...callLines(row, sample, width, past),
];

const textLines = ({entry, query, bytes}: StatementRow, sample: Sample, width: number): readonly Line[] => {
	const title = line('Statement', 'strong');
	if (entry.queryid === null) return [title, ...indented('Visible only to members of pg_read_all_stats.', width, 'warn')];
	const texts = sample.results[statementTexts.name];
	const unread = texts?.ok === false ? sentences(texts.error) : undefined;
	if (query === null)
		return [
			title,
			...indented(unread ?? 'Text not read: those of the statements with the longest total time come first.', width, 'warn'),
		];
	const isCut = bytes !== null && bytes > textBytes;
	return [
		title,
		...cleanLines(query).flatMap(each => indented(each, width)),
		...(isCut ? indented(`Long statement: of ${bytes} bytes only the first 4 kB are read.`, width, 'warn') : []),
		...(bytes === null ? indented('Text of a session that ran it; the normalized text is not read.', width, 'dim') : []),
	];
};

const textBytes = 4096;

/** Lines on its time: execution with reading and writing within it, plus planning and JIT. */
const timeLines = ({entry}: StatementRow, width: number): readonly Line[] => {
	const {total_exec_time: exec, blk_read_time: read, blk_write_time: written, total_plan_time: plan, jit_time: jit} = entry;
	const part = (ms: number): string => `${duration(ms / 1000)} (${percent(exec > 0 ? ms / exec : 0)})`;
	const parts = [
		`Ran ${duration(exec / 1000)} in ${shortCount(entry.calls)} ${entry.calls === 1 ? 'call' : 'calls'}`,
		entry.calls > 0 ? `each ${milliseconds(exec / entry.calls)} ± ${milliseconds(entry.stddev_exec_time)}` : '',
		`at most ${milliseconds(entry.max_exec_time)}`,
		read + written > 0 ? `reading ${part(read)}, writing ${part(written)}` : '',
		jit !== null && jit > 0 ? `JIT ${part(jit)}` : '',
		plan > 0 ? `plus planning ${part(plan)}` : '',
	].filter(text => text !== '');
	const untimed =
		read + written === 0 && entry.shared_blks_read + entry.temp_blks_read + entry.temp_blks_written > 0
			? [line('  Read and write times unknown: track_io_timing is off.', 'dim')]
			: [];
	const {parallel_workers_to_launch: planned, parallel_workers_launched: launched} = entry;
	const workers =
		planned !== null && launched !== null && launched < planned
			? [line(`  ${launched} of ${planned} parallel workers could be launched.`, 'warn')]
			: [];
	return [line('Time', 'strong'), ...indented(`${parts.join(', ')}.`, width), ...untimed, ...workers];
};

const historyMs = 300_000;

const callLines = (row: StatementRow, sample: Sample, width: number, past: Past): readonly Line[] => {
	const answers = answersOver(sample, past, statements, historyMs);
	const readings = answers.map(({at, rows}) => ({
		at,
		value: rows.find(entry => entry.queryid === row.entry.queryid && entryName(entry) === row.name)?.calls ?? null,
	}));
	const rates = readings.slice(1).map((reading, index) => perSecond(readings[index] ?? reading, reading));
	const knownRates = rates.filter(rate => rate !== null);
	const [dealloc] = rowsOf(sample, statementInfo).map(info => info.dealloc ?? 0);
	const evictions =
		dealloc !== undefined && dealloc > 0
			? indented(
					`pg_stat_statements.max was reached ${plural(dealloc, 'time')}: entries were evicted, so totals may start late.`,
					width,
					'warn',
				)
			: [];
	const [first] = knownRates;
	const last = knownRates.at(-1);
	if (first === undefined || last === undefined)
		return [line('Calls', 'strong'), line('  Call rate not known yet.', 'dim'), ...evictions];
	const most = Math.max(...knownRates);
	const strip = bars(rates.slice(2 - width).map(rate => rate ?? 0));
	return [
		line('Calls', 'strong'),
		[span('  '), span(strip)],
		line(`  ${trendOf(knownRates)}: ${average(last)}/s now, ${average(first)}/s at first, ${average(most)}/s at most.`),
		...evictions,
	];
};

/** Trend of the call rate, comparing the later half with the earlier one, in a word. */
const trendOf = (rates: readonly number[]): string => {
	const half = Math.ceil(rates.length / 2);
	const mean = (part: readonly number[]): number => part.reduce((sum, rate) => sum + rate, 0) / Math.max(1, part.length);
	const [before, after] = [mean(rates.slice(0, half)), mean(rates.slice(half))];
	if (rates.length < 2 || Math.abs(after - before) <= Math.max(before, after) / 4) return 'Steady';
	return after > before ? 'Rising' : 'Falling';
};
