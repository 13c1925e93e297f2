import {count, instant, text} from '../../core/pane/column.ts';
import {definePane} from '../../core/pane/pane.ts';
import type {Sample, Value} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';
import {bytes} from '../../core/values/units.ts';
import {sessions} from '../../queries/activity/sessions.ts';
import {type LogRow, serverLog, serverLogFile} from '../../queries/beside/server-log.ts';
import {rowsOf} from '../reading/answers.ts';
import {signalTarget} from '../reading/target.ts';
import {logEntryLines} from './page.ts';

const tones: Readonly<Record<string, Tone>> = {PANIC: 'danger', FATAL: 'danger', ERROR: 'warn', WARNING: 'strong'};

// Shown by the page of the entry above its fields.
const onPage = {width: {min: 20, max: 40, grow: true}} as const;

const toneOfSeverity = (severity: Value): Tone => tones[String(severity)] ?? 'calm';

const headlineOf = (sample: Sample): string => {
	const [file] = rowsOf(sample, serverLogFile);
	if (!file) return '';
	const size = file.size_bytes === null ? '' : `, ${bytes(file.size_bytes)}`;
	const gap = file.skipped_bytes > 0 ? ` It grew faster than it is read: ${bytes(file.skipped_bytes)} were not read.` : '';
	return `${file.path} (${file.format}${size}).${gap}`;
};

/** Newest entries of the server log, read through SQL. */
export const serverLogPane = definePane<LogRow>({
	id: 'serverlog',
	title: 'Server log',
	tab: 'Server log',
	help: 'Newest entries of the server log (jsonlog, csvlog or stderr), read through SQL.',
	queries: [serverLog, serverLogFile, sessions],
	named: true,
	rows: sample => rowsOf(sample, serverLog).toReversed(),
	headline: sample => ({text: headlineOf(sample), tone: 'dim'}),
	identity: row => String(row.number),
	// A session that began after the entry only reuses the pid.
	target: ({pid, at}, sample) => {
		const target = pid === null || at === null ? undefined : signalTarget(pid, sample);
		return target && target.pid === pid && target.backend_start !== null && at !== null && target.backend_start <= at
			? target
			: undefined;
	},
	copied: row => row.statement ?? row.message,
	empty: 'No entries yet.',
	columns: [
		instant('at', 'Time of the entry; empty if the format does not say.', row => row.at, {keep: 99}),
		text('severity', 'Severity, in the language of the server.', row => row.severity, {
			keep: 97,
			width: {min: 8},
			tone: toneOfSeverity,
		}),
		text('sqlstate', 'SQLSTATE; empty if the format does not say.', row => row.sqlstate, {keep: 60, width: {min: 8}}),
		count('pid', 'Process id; empty if the format does not say.', row => row.pid, {
			keep: 90,
			width: {min: 8},
			align: 'left',
		}),
		text('usename', 'Role of the session.', row => row.usename, {title: 'USER', keep: 50}),
		text('datname', 'Database of the session.', row => row.datname, {title: 'DATABASE', keep: 40}),
		text('application_name', 'Application of the session.', row => row.application_name, {title: 'APPLICATION', keep: 45}),
		text('message', 'Message; Enter shows all of the entry.', row => row.message, {
			keep: 98,
			width: {min: 30, max: 60, grow: true, share: 1 / 2},
			tone: (_, row) => (toneOfSeverity(row.severity) === 'danger' ? 'danger' : 'calm'),
		}),
		text('detail', 'Detail, such as the processes of a deadlock.', row => row.detail, onPage),
		text('hint', 'Hint of the server.', row => row.hint, onPage),
		text('context', 'Context, such as the function that ran.', row => row.context, onPage),
		text('statement', 'Statement that caused it.', row => row.statement, onPage),
		text('backend_type', 'Type of the process.', row => row.backend_type),
		text('query_id', 'Identifier of the statement (14, compute_query_id).', row => row.query_id),
		count('number', 'Number of the entry since pgtriage began to read.', row => row.number),
	],
	inspect: (row, _, width) => logEntryLines(row, width),
});
