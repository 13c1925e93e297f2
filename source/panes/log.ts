import {count, instant, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import type {Value} from '../core/sample/sample.ts';
import {cleanLines} from '../core/text/clean.ts';
import {type Line, line, type Tone, wrap} from '../core/text/line.ts';
import {milliseconds} from '../core/values/units.ts';
import {type JournalRow, journal} from '../queries/journal.ts';
import {rowsOf} from './reading/answers.ts';

const outcomeTone = (_: Value, {sqlstate, outcome}: JournalRow): Tone =>
	sqlstate !== null || /^(?:not|perhaps) sent/.test(outcome) ? 'warn' : 'calm';

/** What this program sent to the server that was no poll, and every action with its result: newest first. */
export const logPane = definePane<JournalRow>({
	id: 'log',
	keys: ['@'],
	title: 'Log',
	help: 'What pgtriage sent to the server that was no poll, and what came of it.',
	own: true,
	queries: [journal],
	rows: sample => rowsOf(sample, journal).toReversed(),
	identity: row => String(row.number),
	copied: row => row.statement ?? row.outcome,
	empty: 'Nothing was sent but polls.',
	columns: [
		instant('at', "When, by the server's clock.", row => row.at, {keep: 99}),
		text('kind', 'session, cancel, action, effect or measure.', row => row.kind, {keep: 90, width: {min: 7}}),
		text('target', 'What it was about.', row => row.target, {keep: 80, width: {min: 22, max: 36}}),
		text('outcome', 'What came of it.', row => row.outcome, {keep: 95, width: {min: 22, max: 64, grow: true}, tone: outcomeTone}),
		count('took_ms', 'Milliseconds until the answer.', row => row.took_ms, {
			title: 'TOOK',
			keep: 60,
			width: {min: 8},
			format: value => milliseconds(Number(value)),
		}),
		text('statement', 'What was sent.', row => row.statement, {keep: 70, width: {min: 30, max: 80}}),
		text('sqlstate', 'The error code of the server.', row => row.sqlstate, {width: {min: 8}}),
		count('connection', 'The pid of our backend that it went over.', row => row.connection, {title: 'OVER', width: {min: 7}}),
		count('number', 'Counts what was noted since the program began.', row => row.number),
	],
	inspect: (row, _, width) => [
		...paragraph('What was sent', row.statement, width),
		[],
		...paragraph('What came of it', row.outcome, width),
	],
});

const paragraph = (title: string, told: string | null, width: number): readonly Line[] => [
	line(title, 'strong'),
	...cleanLines(told ?? 'Nothing.').flatMap(part => wrap(part, width - 2).map(shown => line(`  ${shown}`))),
];
