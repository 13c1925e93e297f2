import {count, instant, text} from '../core/pane/column.ts';
import {definePane} from '../core/pane/pane.ts';
import type {Value} from '../core/sample/sample.ts';
import {cleanLines} from '../core/text/clean.ts';
import {type Line, line, type Tone} from '../core/text/line.ts';
import {milliseconds} from '../core/values/units.ts';
import {type JournalRow, journal} from '../queries/beside/journal.ts';
import {rowsOf} from './reading/answers.ts';
import {indented} from './reading/indented.ts';

const outcomeTone = (_: Value, {sqlstate, outcome}: JournalRow): Tone =>
	sqlstate !== null || /^(?:not|perhaps) sent/.test(outcome) ? 'warn' : 'calm';

/** Commands sent to the server other than polls, and every action with its result, newest first. */
export const logPane = definePane<JournalRow>({
	id: 'log',
	keys: ['@'],
	title: 'Log',
	help: 'Commands that pgtriage sent to the server, polls excluded, with their outcome.',
	own: true,
	queries: [journal],
	rows: sample => rowsOf(sample, journal).toReversed(),
	identity: row => String(row.number),
	copied: row => row.statement ?? row.outcome,
	empty: 'Nothing sent except polls.',
	columns: [
		instant('at', "Time, by the server's clock.", row => row.at, {keep: 99}),
		text('kind', 'Kind of entry: session, cancel, action, effect or measure.', row => row.kind, {keep: 90, width: {min: 7}}),
		text('target', 'Target of the command.', row => row.target, {keep: 80, width: {min: 22, max: 36}}),
		text('outcome', 'Outcome of the command.', row => row.outcome, {
			keep: 95,
			width: {min: 22, max: 64, grow: true},
			tone: outcomeTone,
			format: value => String(value).split('\n', 1)[0] ?? '',
		}),
		count('took_ms', 'Milliseconds until the answer.', row => row.took_ms, {
			title: 'TOOK',
			keep: 60,
			width: {min: 8},
			format: value => milliseconds(Number(value)),
		}),
		text('statement', 'Statement sent.', row => row.statement, {keep: 70, width: {min: 30, max: 80}}),
		text('sqlstate', 'SQLSTATE of the error.', row => row.sqlstate, {width: {min: 8}}),
		count('connection', 'Pid of the pgtriage backend that sent it.', row => row.connection, {title: 'OVER', width: {min: 7}}),
		count('number', 'Number of the entry since the program started.', row => row.number),
	],
	inspect: (row, _, width) => [...paragraph('Statement', row.statement, width), [], ...paragraph('Outcome', row.outcome, width)],
});

const paragraph = (title: string, text: string | null, width: number): readonly Line[] => [
	line(title, 'strong'),
	...cleanLines(text ?? 'None.').flatMap(each => indented(each, width)),
];
