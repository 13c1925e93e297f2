import {statementHeadOf} from '../core/sql/statement-head.ts';
import {plural} from '../core/text/words.ts';
import {average, duration, milliseconds, percent, shortCount} from '../core/values/units.ts';
import {dayOf, reportClock, withClocks} from './clock.ts';
import type {Deploy, Happening, Head, Report, ReportedSettings, Root} from './report.ts';
import {groupName} from './summary.ts';

const mostEvents = 60;
const mostFindings = 60;
const mostRoots = 12;
const mostGroups = 6;
// Longer statements do not help a reader.
const statementCells = 110;
const statementBlock = 2000;

const statementOf = (query: string | null): string => (query === null ? '' : statementHeadOf(query, statementCells));

/** Figure of a report: the load over time, or who blocked others over time. */
type Figure = 'load' | 'blocking';

/** Part of a report as it is read; all texts are as the server sent them, so each form of the report escapes them. */
export type Block =
	/** With a number if it is one of several things of a kind. */
	| {readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string; readonly number?: number}
	| {readonly kind: 'paragraph'; readonly text: string}
	| {readonly kind: 'list'; readonly items: readonly string[]}
	| {
			readonly kind: 'table';
			/** Empty texts if the columns have no titles. */
			readonly heads: readonly string[];
			readonly rows: readonly (readonly string[])[];
			/** Columns that are aligned to the right. */
			readonly right: readonly number[];
			/** Columns that hold SQL. */
			readonly sql: readonly number[];
			/** Events that a table of events has in its rows. */
			readonly events?: readonly Happening[];
	  }
	| {readonly kind: 'code'; readonly text: string}
	| {readonly kind: 'figure'; readonly figure: Figure};

type Blocks = readonly Block[];

const heading = (level: 1 | 2 | 3, text: string): Extract<Block, {kind: 'heading'}> => ({kind: 'heading', level, text});

const paragraph = (text: string): Block => ({kind: 'paragraph', text});

const table = (
	heads: readonly string[],
	rows: readonly (readonly string[])[],
	{right = [], sql = []}: {readonly right?: readonly number[]; readonly sql?: readonly number[]} = {},
): Extract<Block, {kind: 'table'}> => ({kind: 'table', heads, rows, right, sql});

/** A table of names and values. */
const facts = (rows: readonly (readonly string[])[]): Block => table(['', ''], rows);

/** Everything that a report says, in the order of reading. */
export const documentOf = (report: Report): Blocks => [
	...headBlocks(report.head),
	heading(2, 'Summary'),
	{kind: 'list', items: report.summary},
	heading(2, 'Timeline'),
	...timelineBlocks(report),
	heading(2, 'Peak load'),
	...peakBlocks(report),
	heading(2, 'Root blockers'),
	...rootBlocks(report),
	heading(2, 'Findings'),
	...findingBlocks(report),
	heading(2, 'Actions'),
	...actionBlocks(report),
	heading(2, 'Statements'),
	...statementBlocks(report),
	...report.marks.flatMap(deploy => deployBlocks(deploy, report)),
	heading(2, 'Settings'),
	...settingBlocks(report.settings),
];

const headBlocks = (head: Head): Blocks => {
	const {server, from, to, seconds, samples, interval_seconds, gaps, damaged_lines, redacted, hidden_sessions} = head;
	const gapSeconds = gaps.reduce((sum, gap) => sum + gap.seconds, 0);
	const each = interval_seconds === null ? '' : `, one every ${duration(interval_seconds)}`;
	const rows = [
		[
			'Server',
			[
				server.version === null ? 'unknown' : `PostgreSQL ${server.version}`,
				...(server.role === null ? [] : [server.role]),
				...(server.started === null ? [] : [`started ${dayOf(server.started)}`]),
			].join(', '),
		],
		...(server.database === null ? [] : [['Connection', `database ${server.database} as ${server.user ?? '?'}`]]),
		['From', dayOf(from)],
		['To', `${dayOf(to)} (${duration(seconds)})`],
		['Samples', `${samples}${each}`],
		['Gaps', gaps.length === 0 ? 'none' : `${gaps.length}, ${duration(gapSeconds)} in total`],
		...(damaged_lines === 0 ? [] : [['Damaged lines', `${damaged_lines} of the recording skipped`]]),
		...(hidden_sessions === 0
			? []
			: [['Hidden', `up to ${plural(hidden_sessions, 'session')}, seen only in part: the role lacks pg_monitor`]]),
		['Literals in statements', redacted ? 'replaced by ?' : 'unchanged'],
	] as const;
	return [heading(1, `Incident report${server.database === null ? '' : ` of ${server.database}`}, ${dayOf(from)}`), facts(rows)];
};

const eventNames: Readonly<Record<Happening['kind'], string>> = {
	begin: 'begins',
	end: 'ends',
	action: 'action',
	effect: 'effect',
	server: 'server',
	gap: 'gap',
	mark: 'mark',
};

/** The events that a report lists: all but those of notices, up to a limit. */
export const listedEvents = ({events}: Report): readonly Happening[] =>
	events.filter(({severity}) => severity !== 'notice').slice(0, mostEvents);

const timelineBlocks = (report: Report): Blocks => {
	const {head, events} = report;
	const alarming = events.filter(({severity}) => severity !== 'notice').length;
	const shown = listedEvents(report);
	const rows = shown.map(({at, kind, severity, text}) => [
		reportClock(at, head),
		severity === null ? eventNames[kind] : `${severity} ${eventNames[kind]}`,
		withClocks(text, head),
	]);
	return [
		{kind: 'figure', figure: 'load'},
		...(shown.length === 0 ? [] : [{...table(['Time', '', 'Event'], rows), events: shown}]),
		...notShown(alarming - shown.length, 'event'),
	];
};

const notShown = (left: number, name: string): Blocks =>
	left > 0 ? [paragraph(`${plural(left, `more ${name}`)} not shown.`)] : [];

const peakBlocks = ({head, peak}: Report): Blocks => {
	if (peak === null) return [paragraph('The activity of sessions was not visible to this role.')];
	if (peak.active === 0) return [paragraph('No session was active.')];
	const {active, connections, idle_in_transaction, waits, who, statements} = peak;
	return [
		paragraph(
			`${reportClock(peak.at, head)}: ${average(active)} active of ${plural(connections, 'session')}, ${idle_in_transaction} idle in transaction.`,
		),
		table(
			['Wait', 'Sessions'],
			waits.map(({wait, sessions}) => [wait, average(sessions)]),
			{right: [1]},
		),
		table(
			['Client', 'Sessions'],
			who.map(group => [groupName(group), String(group.sessions)]),
			{right: [1]},
		),
		...(statements.length === 0
			? []
			: [
					table(
						['Statement', 'Sessions', 'Longest', 'Main wait'],
						statements.map(({query, sessions, longest_seconds, wait}) => [
							statementOf(query),
							String(sessions),
							longest_seconds === null ? '' : duration(longest_seconds),
							wait,
						]),
						{right: [1, 2], sql: [0]},
					),
				]),
	];
};

/** The root blockers that a report describes one by one. */
export const listedRoots = ({root_blockers}: Report): readonly Root[] => root_blockers.slice(0, mostRoots);

const rootBlocks = (report: Report): Blocks => {
	const {head, root_blockers, other_root_blockers} = report;
	if (root_blockers.length === 0) return [paragraph('No session was blocked by another.')];
	const shown = listedRoots(report);
	const left = root_blockers.length - shown.length + other_root_blockers.count;
	const seconds = root_blockers
		.slice(mostRoots)
		.reduce((sum, {wait_seconds}) => sum + wait_seconds, other_root_blockers.wait_seconds);
	return [
		{kind: 'figure', figure: 'blocking'},
		...shown.flatMap((root, index) => oneRoot(root, index + 1, head)),
		...(left > 0 ? [paragraph(`${plural(left, 'more root blocker')} not shown, ${duration(seconds)} total wait.`)] : []),
	];
};

const oneRoot = (root: Root, number: number, head: Head): Blocks => {
	const {name, first, last, sessions_peak, peak_at, wait_seconds, holds, state, xact_start, ended_at, ended, query} = root;
	const groups = root.blast_radius.slice(0, mostGroups);
	const left = root.blast_radius.length - groups.length;
	const radius = groups.map(group => `${group.sessions} × ${groupName(group)}`).join(', ');
	const clock = (at: string): string => reportClock(at, head);
	return [
		{...heading(3, name), number},
		facts([
			['Blocked others', `${clock(first)} to ${clock(last)}`],
			['Peak', `${plural(sessions_peak, 'session')} at ${clock(peak_at)}; ${duration(wait_seconds)} total wait`],
			['Held', holds],
			['State', `${state ?? 'unknown'}${xact_start === null ? '' : `, transaction open since ${clock(xact_start)}`}`],
			[
				'Blast radius',
				`${plural(root.blast_sessions, 'session')}: ${radius}${left > 0 ? `, ${plural(left, 'more group')}` : ''}`,
			],
			['Ended', `${ended_at === null ? '' : `${clock(ended_at)}: `}${withClocks(ended, head)}`],
		]),
		...(query === null || query === ''
			? []
			: ([
					paragraph(state === 'active' ? 'Statement:' : 'Last statement, not necessarily the one that took the lock:'),
					{kind: 'code', text: query.length > statementBlock ? `${query.slice(0, statementBlock)}…` : query},
				] as const)),
	];
};

const findingBlocks = ({head, findings}: Report): Blocks => {
	if (findings.length === 0) return [paragraph('No findings.')];
	const shown = findings.slice(0, mostFindings);
	return [
		table(
			['', 'Rule', 'First', 'Last', 'Duration', 'Worst'],
			shown.map(({severity, rule, first, last, seconds, times, summary, evidence, to_end}) => [
				severity,
				rule,
				reportClock(first, head),
				`${reportClock(last, head)}${to_end ? ', ongoing' : ''}`,
				`${seconds === 0 ? 'once' : duration(seconds)}${times.length > 1 ? `, ${times.length} times` : ''}`,
				`${summary} ${evidence}`,
			]),
		),
		...notShown(findings.length - shown.length, 'finding'),
	];
};

const actionBlocks = ({head, actions}: Report): Blocks =>
	actions.length === 0
		? [paragraph('No actions by this pgtriage.')]
		: [
				table(
					['Time', 'Action', 'Outcome', 'Effect'],
					actions.map(({at, target, statement, outcome, effects}) => [
						reportClock(at, head),
						withClocks(target ?? statement ?? '', head),
						outcome,
						effects.map(effect => `${reportClock(effect.at, head)}: ${effect.outcome}`).join(' '),
					]),
				),
			];

/** The statements that a deploy changed, as the pane Statements compares them. */
const deployBlocks = ({at, name, from, to, doubts, rows}: Deploy, {head}: Report): Blocks => {
	const span = from === null ? 'since the statistics began' : `from ${reportClock(from, head)}`;
	const until = to === null ? '' : `, after it until ${reportClock(to, head)}`;
	return [
		heading(2, `Before and after ${reportClock(at, head)}${name === null ? '' : ` (${name})`}`),
		...doubts.map(paragraph),
		...(rows.length === 0
			? [paragraph('No statement ended after it.')]
			: [
					paragraph(`Figures before the mark are ${span}${until}; most additional time first.`),
					table(
						['Statement', 'User', 'Factor', 'Change', 'Mean before', 'Mean after', 'Calls/s before', 'Calls/s after', 'Running'],
						rows.map(row => [
							row.query === null ? (row.queryid ?? '') : statementOf(row.query),
							`${row.user}@${row.database}`,
							row.factor === null ? '' : `${average(row.factor)}x`,
							row.change ?? '',
							row.mean_exec_ms_before === null ? '' : milliseconds(row.mean_exec_ms_before),
							row.mean_exec_ms_after === null ? '' : milliseconds(row.mean_exec_ms_after),
							row.calls_per_second_before === null ? '' : average(row.calls_per_second_before),
							row.calls_per_second_after === null ? '' : average(row.calls_per_second_after),
							row.running === null ? '' : String(row.running),
						]),
						{right: [2, 4, 5, 6, 7, 8], sql: [0]},
					),
				]),
	];
};

const statementBlocks = (report: Report): Blocks => [...countedBlocks(report), ...longestBlocks(report)];

const countedBlocks = ({head, statements}: Report): Blocks => {
	if (!statements.ok) return [paragraph(statements.why)];
	if (statements.rows.length === 0) return [paragraph('pg_stat_statements counted nothing in this period.')];
	const [from, to] = [reportClock(statements.from, head), reportClock(statements.to, head)];
	return [
		paragraph(`By total time in pg_stat_statements from ${from} to ${to}:`),
		table(
			['Statement', 'User', 'Calls', 'Total', 'Mean', 'Rows', 'Blocks read', 'Share'],
			statements.rows.map(row => [
				row.query === null ? (row.queryid ?? '') : statementOf(row.query),
				`${row.user}@${row.database}`,
				shortCount(row.calls),
				duration(row.total_exec_seconds),
				row.mean_exec_ms === null ? '' : milliseconds(row.mean_exec_ms),
				shortCount(row.rows),
				shortCount(row.shared_blks_read),
				row.load_share === null ? '' : percent(row.load_share),
			]),
			{right: [2, 3, 4, 5, 6, 7], sql: [0]},
		),
	];
};

const longestBlocks = ({head, longest}: Report): Blocks =>
	longest.length === 0
		? [paragraph('No statement ran for a second or longer.')]
		: [
				paragraph('Longest running statements:'),
				table(
					['Statement', 'Client', 'Longest', 'At', 'Wait', 'Concurrent'],
					longest.map(({query, seconds, at, wait, sessions, ...who}) => [
						statementOf(query),
						groupName({...who, sessions}),
						duration(seconds),
						reportClock(at, head),
						wait,
						String(sessions),
					]),
					{right: [2, 5], sql: [0]},
				),
			];

type Setting = Extract<ReportedSettings, {ok: true}>['rows'][number];

const noteOf = ({pending_restart, file_setting, before, error}: Setting): string =>
	[
		...(error === null ? [] : [`error in the file: ${error}`]),
		...(pending_restart ? [`waits for a restart${file_setting === null ? '' : `: ${file_setting} in the file`}`] : []),
		...(before === null ? [] : [`changed in this period, ${before} before`]),
	].join('; ');

/** Settings that matter for the incident, and the names of the others that differ from their defaults. */
const settingBlocks = (settings: ReportedSettings): Blocks => {
	if (!settings.ok) return [paragraph(settings.why)];
	const {rows, no_limits} = settings;
	const changed = rows.filter(row => row.setting !== row.boot_val || noteOf(row) !== '');
	const listed = changed.filter(row => row.matters || noteOf(row) !== '');
	const others = changed.filter(row => !listed.includes(row));
	return [
		listed.length === 0
			? paragraph('All settings that affect safety or performance have their defaults.')
			: table(
					['Setting', 'Value', 'Default', 'Source', ''],
					listed.map(row => [row.name, row.setting, row.boot_val ?? '', row.source ?? '', noteOf(row)]),
				),
		...(no_limits.length === 0 ? [] : [paragraph(`No limit set: ${no_limits.join(', ')}.`)]),
		...(others.length === 0 ? [] : [paragraph(`Also not at their defaults: ${others.map(({name}) => name).join(', ')}.`)]),
	];
};
