import {above, age, amount, count, ratio, text} from '../../core/pane/column.ts';
import {definePane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import {bars} from '../../core/text/bars.ts';
import {cleanLines} from '../../core/text/clean.ts';
import {type Line, line, span, type Tone, wrap} from '../../core/text/line.ts';
import {average} from '../../core/values/units.ts';
import {lockStatistics} from '../../queries/activity/lock-statistics.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {waitSamples} from '../../queries/activity/waits.ts';
import {host} from '../../queries/beside/host.ts';
import {factsOf, rowsOf} from '../reading/answers.ts';
import {hiddenAmong} from '../reading/hidden.ts';
import {lockTotalsLines} from './lock-totals.ts';
import {eventName, type WaitRow, waitRows} from './rows.ts';
import {spanMs, spans} from './sums.ts';

const often = (value: Value): string => average(Number(value));

/** Value for rows of one section; null for others, which filters ask for too. */
const within = (section: WaitRow['section'], row: WaitRow, value: string | null): string | null =>
	row.section === section ? value : null;

/** Tone of a load: waits for locks are a problem, and so is more CPU load than CPUs. */
const loadTone = (value: Value, row: WaitRow): Tone => {
	if (row.section === 'statement') return 'calm';
	if (row.wait_event_type === 'Lock') return above(0.5, Number.POSITIVE_INFINITY)(value);
	return row.cpus === null ? 'calm' : above(row.cpus, 2 * row.cpus)(value);
};

// In the first minute both averages are over the same time.
const merge = 'average';

const active = amount<WaitRow>(
	'average_active_sessions',
	'Average number of active sessions in the last minute, parallel workers included. For CPU, out of the host’s CPUs if the server runs here.',
	row => row.average,
	{
		title: 'ACTIVE',
		aliases: ['aas', 'active'],
		keep: 95,
		width: {min: 8, max: 10},
		merge,
		format: (value, {cpus}) => (cpus === null ? often(value) : `${often(value)} of ${cpus}`),
		tone: loadTone,
	},
);

const share = ratio<WaitRow>('share', 'Share of all active sessions in the last minute.', row => row.share, {
	keep: 85,
	width: {min: 5},
});

const longActive = amount<WaitRow>('average_5min', 'The same average over five minutes.', row => row.longAverage, {
	title: '5 MIN',
	keep: 50,
	merge,
	format: often,
});

const trend = text<WaitRow>('trend', 'Averages over the last five minutes, one per 15 seconds.', row => row.trend, {
	keep: 60,
	width: {min: spans},
	format: (_, row) => bars(row.trend),
	tone: () => 'dim',
});

const query = text<WaitRow>('query', 'Statement, or the one seen most in this wait.', row => row.query, {
	keep: 92,
	width: {min: 19, grow: true, share: 1 / 3},
});

const section = text<WaitRow>('section', 'Section: event, statement or lock.', row => row.section);

/** Wait events and statements of active sessions, averaged over the last minutes. */
export const waitsPane = definePane<WaitRow>({
	id: 'waits',
	keys: ['W'],
	title: 'Waits',
	help: 'Wait events of active sessions, averaged over the last minutes.',
	queries: [waitSamples, sessions, host, lockStatistics],
	rates: true,
	rows: waitRows,
	identity: row => row.name,
	copied: row => (row.section === 'statement' ? (row.query ?? row.query_id) : eventName(row)) ?? row.name,
	empty: sample =>
		hiddenAmong(sample, rowsOf(sample, sessions))
			? 'Waits of other sessions are hidden from this role; none of its own was active in the last five minutes.'
			: 'No session was active in the last five minutes.',
	hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
	sort: {column: 'average_active_sessions', descending: true},
	ties: (a, b) => b.longAverage - a.longAverage,
	sections: [
		{
			id: 'event',
			title: 'Wait events',
			has: row => row.section === 'event',
			columns: [
				text(
					'wait_event_type',
					'Wait event type; CPU means that the session does not wait.',
					row => within('event', row, row.wait_event_type),
					{
						title: 'WAIT',
						aliases: ['wait'],
						keep: 99,
						width: {min: 9},
						tone: loadTone,
					},
				),
				text('wait_event', 'Wait event.', row => within('event', row, row.wait_event), {
					title: 'EVENT',
					aliases: ['event'],
					keep: 97,
					width: {min: 13, max: 24},
				}),
				active,
				share,
				longActive,
				trend,
				query,
				count('cpus', 'CPUs of the host, if the server runs here.', row => row.cpus),
				section,
			],
		},
		{
			id: 'statement',
			title: 'Statements',
			has: row => row.section === 'statement',
			columns: [
				text(
					'query_id',
					'Identifier of the statement; 14 and later with compute_query_id.',
					row => within('statement', row, row.query_id),
					{
						title: 'STATEMENT',
						keep: 99,
						width: {min: 9, max: 20},
					},
				),
				text('main_wait', 'Wait event it was seen in most.', row => within('statement', row, eventName(row)), {
					title: 'MAINLY',
					keep: 70,
					width: {min: 13, max: 24},
				}),
				active,
				share,
				longActive,
				trend,
				query,
				section,
			],
		},
		{
			id: 'lock',
			title: 'Waits for locks since the statistics were reset',
			has: row => row.section === 'lock',
			columns: [
				text('locktype', 'Type of lock; 19 and later.', row => row.lock?.locktype ?? null, {
					title: 'LOCK TYPE',
					keep: 99,
					width: {min: 13, max: 20},
				}),
				count('waits', 'Waits that lasted for deadlock_timeout and were granted then.', row => row.lock?.waits ?? null, {
					keep: 95,
				}),
				age('wait_seconds', 'Time that they waited.', row => row.lock?.wait_seconds ?? null, {
					title: 'WAITED',
					keep: 94,
					width: {min: 7},
				}),
				amount('waits_per_minute', 'Such waits a minute, over the last five.', row => row.lock?.waits_per_minute ?? null, {
					title: 'WAITS/MIN',
					keep: 90,
					width: {min: 9},
					format: often,
				}),
				count(
					'fastpath_exceeded',
					'Locks that found no fast-path slot; many make sessions compete for LockManager.',
					row => row.lock?.fastpath_exceeded ?? null,
					{title: 'NO FAST PATH', keep: 85, width: {min: 12}},
				),
				section,
			],
		},
	],
	inspect: (row, sample, width) =>
		row.lock ? lockTotalsLines(row.lock, sample) : [...statementLines(row, width), ...partLines(row, sample, width)],
});

const statementLines = ({section, query: statement}: WaitRow, width: number): readonly Line[] =>
	section === 'event'
		? []
		: [
				line('Statement', 'strong'),
				...(statement === null
					? [line('  Text unknown: no session was running it when the sessions were read.', 'dim')]
					: cleanLines(statement).flatMap(part => wrap(part, width - 2).map(shown => line(`  ${shown}`)))),
				[],
			];

const mostParts = 20;

/** Lines on the parts of a row over five minutes, with its trend. */
const partLines = (row: WaitRow, sample: Sample, width: number): readonly Line[] => {
	const minutes = (spans * spanMs) / 60_000;
	const isUnidentified = row.section === 'event' && row.parts.every(({query_id}) => query_id === null);
	return [
		line(`Active sessions over ${minutes} minutes`, 'strong'),
		[span('  '), span(bars(row.trend)), span(`  at most ${average(Math.max(...row.trend))}, average ${often(row.longAverage)}`)],
		[],
		line(row.section === 'event' ? 'Statements in this wait' : 'Waits of this statement', 'strong'),
		...(isUnidentified
			? [line(`  ${whyUnidentified(sample)}`, 'dim')]
			: row.parts.slice(0, mostParts).map(part => partLine(part, width))),
	];
};

const partLine = (part: WaitRow['parts'][number], width: number): Line => {
	const text = part.query === null ? part.name : part.query;
	return [
		span(`  ${average(part.average).padStart(6)}  `),
		span(wrap(cleanLines(text).join(' '), Math.max(10, width - 10))[0] ?? ''),
	];
};

const whyUnidentified = (sample: Sample): string =>
	(factsOf(sample)?.version ?? 0) < 140_000
		? 'Servers before PostgreSQL 14 do not report statement identifiers.'
		: 'No identifiers: compute_query_id is off, or the statements wait before planning.';
