import {statementHeadOf} from '../core/sql/statement-head.ts';
import {blockInMarkdown, inMarkdown} from '../core/text/markdown.ts';
import {plural} from '../core/text/words.ts';
import {average, duration, milliseconds, percent, shortCount} from '../core/values/units.ts';
import {chartOf} from './chart.ts';
import {dayOf, reportClock, withClocks} from './clock.ts';
import type {Deploy, Happening, Head, Report, ReportedSettings, Root} from './report.ts';
import {groupName} from './summary.ts';

type Lines = readonly string[];

const mostEvents = 60;
const mostFindings = 60;
const mostRoots = 12;
const mostGroups = 6;
// Longer statements do not help a reader.
const statementCells = 110;
const statementBlock = 2000;

const statementOf = (query: string | null): string => (query === null ? '' : inMarkdown(statementHeadOf(query, statementCells)));

/** A section with its heading. */
const section = (title: string, lines: Lines): Lines => ['', `## ${title}`, '', ...lines];

/** A table of cells in Markdown; columns in `right` are aligned to the right. */
const table = (heads: Lines, rows: readonly Lines[], right: readonly number[] = []): Lines => [
	`| ${heads.join(' | ')} |`,
	`| ${heads.map((_, index) => (right.includes(index) ? '---:' : '---')).join(' | ')} |`,
	...rows.map(cells => `| ${cells.join(' | ')} |`),
];

/** A report as GitHub Markdown without HTML: tables and fenced blocks; text from the server is escaped. */
export const markdownOf = (report: Report): string => {
	const lines = [
		...headLines(report.head),
		...section(
			'Summary',
			report.summary.map(sentence => `- ${inMarkdown(sentence)}`),
		),
		...section('Timeline', timelineLines(report)),
		...section('Peak load', peakLines(report)),
		...section('Root blockers', rootLines(report)),
		...section('Findings', findingLines(report)),
		...section('Actions', actionLines(report)),
		...section('Statements', statementLines(report)),
		...report.marks.flatMap(deploy => section(deployTitle(deploy, report), deployLines(deploy, report))),
		...section('Settings', settingLines(report.settings)),
	];
	return `${lines.join('\n')}\n`;
};

const headLines = (head: Head): Lines => {
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
	return [
		`# Incident report${server.database === null ? '' : ` of ${inMarkdown(server.database)}`}, ${dayOf(from)}`,
		'',
		...table(
			['', ''],
			rows.map(row => row.map(inMarkdown)),
		),
	];
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

const timelineLines = (report: Report): Lines => {
	const {head, events} = report;
	const {lines, legend} = chartOf(report);
	const alarming = events.filter(({severity}) => severity !== 'notice');
	const shown = alarming.slice(0, mostEvents);
	return [
		blockInMarkdown(lines.join('\n'), 'text'),
		'',
		`${inMarkdown(legend)}.`,
		...(shown.length === 0
			? []
			: [
					'',
					...table(
						['Time', '', 'Event'],
						shown.map(({at, kind, severity, text}) => [
							reportClock(at, head),
							severity === null ? eventNames[kind] : `${severity} ${eventNames[kind]}`,
							inMarkdown(withClocks(text, head)),
						]),
					),
				]),
		...notShown(alarming.length - shown.length, 'event'),
	];
};

const notShown = (left: number, name: string): Lines => (left > 0 ? ['', `${plural(left, `more ${name}`)} not shown.`] : []);

const peakLines = ({head, peak}: Report): Lines => {
	if (peak.active === 0) return ['No session was active.'];
	const {active, connections, idle_in_transaction, waits, who, statements} = peak;
	return [
		`${reportClock(peak.at, head)}: ${average(active)} active of ${plural(connections, 'session')}, ${idle_in_transaction} idle in transaction.`,
		'',
		...table(
			['Wait', 'Sessions'],
			waits.map(({wait, sessions}) => [inMarkdown(wait), average(sessions)]),
			[1],
		),
		'',
		...table(
			['Client', 'Sessions'],
			who.map(group => [inMarkdown(groupName(group)), String(group.sessions)]),
			[1],
		),
		...(statements.length === 0
			? []
			: [
					'',
					...table(
						['Statement', 'Sessions', 'Longest', 'Main wait'],
						statements.map(({query, sessions, longest_seconds, wait}) => [
							statementOf(query),
							String(sessions),
							longest_seconds === null ? '' : duration(longest_seconds),
							inMarkdown(wait),
						]),
						[1, 2],
					),
				]),
	];
};

const rootLines = ({head, root_blockers, other_root_blockers}: Report): Lines => {
	if (root_blockers.length === 0) return ['No session was blocked by another.'];
	const shown = root_blockers.slice(0, mostRoots);
	const left = root_blockers.length - shown.length + other_root_blockers.count;
	const seconds = root_blockers
		.slice(mostRoots)
		.reduce((sum, {wait_seconds}) => sum + wait_seconds, other_root_blockers.wait_seconds);
	return [
		...shown.flatMap((root, index) => [...(index > 0 ? [''] : []), ...oneRoot(root, index + 1, head)]),
		...(left > 0 ? ['', `${plural(left, 'more root blocker')} not shown, ${duration(seconds)} total wait.`] : []),
	];
};

const oneRoot = (root: Root, number: number, head: Head): Lines => {
	const {name, first, last, sessions_peak, peak_at, wait_seconds, holds, state, xact_start, ended_at, ended, query} = root;
	const groups = root.blast_radius.slice(0, mostGroups);
	const left = root.blast_radius.length - groups.length;
	const radius = groups.map(group => `${group.sessions} × ${groupName(group)}`).join(', ');
	const clock = (at: string): string => reportClock(at, head);
	const rows = [
		['Blocked others', `${clock(first)} to ${clock(last)}`],
		['Peak', `${plural(sessions_peak, 'session')} at ${clock(peak_at)}; ${duration(wait_seconds)} total wait`],
		['Held', holds],
		['State', `${state ?? 'unknown'}${xact_start === null ? '' : `, transaction open since ${clock(xact_start)}`}`],
		['Blast radius', `${plural(root.blast_sessions, 'session')}: ${radius}${left > 0 ? `, ${plural(left, 'more group')}` : ''}`],
		['Ended', `${ended_at === null ? '' : `${clock(ended_at)}: `}${withClocks(ended, head)}`],
	];
	return [
		`### ${number}. ${inMarkdown(name)}`,
		'',
		...table(
			['', ''],
			rows.map(row => row.map(inMarkdown)),
		),
		...(query === null || query === ''
			? []
			: [
					'',
					state === 'active' ? 'Statement:' : 'Last statement, not necessarily the one that took the lock:',
					'',
					blockInMarkdown(query.length > statementBlock ? `${query.slice(0, statementBlock)}…` : query, 'sql'),
				]),
	];
};

const findingLines = ({head, findings}: Report): Lines => {
	if (findings.length === 0) return ['No findings.'];
	const shown = findings.slice(0, mostFindings);
	return [
		...table(
			['', 'Rule', 'First', 'Last', 'Duration', 'Worst'],
			shown.map(({severity, rule, first, last, seconds, times, summary, evidence, to_end}) => [
				severity,
				rule,
				reportClock(first, head),
				`${reportClock(last, head)}${to_end ? ', ongoing' : ''}`,
				`${seconds === 0 ? 'once' : duration(seconds)}${times.length > 1 ? `, ${times.length} times` : ''}`,
				inMarkdown(`${summary} ${evidence}`),
			]),
		),
		...notShown(findings.length - shown.length, 'finding'),
	];
};

const actionLines = ({head, actions}: Report): Lines =>
	actions.length === 0
		? ['No actions by this pgtriage.']
		: table(
				['Time', 'Action', 'Outcome', 'Effect'],
				actions.map(({at, target, statement, outcome, effects}) => [
					reportClock(at, head),
					inMarkdown(withClocks(target ?? statement ?? '', head)),
					inMarkdown(outcome),
					effects.map(effect => `${reportClock(effect.at, head)}: ${inMarkdown(effect.outcome)}`).join(' '),
				]),
			);

const statementLines = ({head, statements, longest}: Report): Lines => [
	...(statements.ok
		? statements.rows.length === 0
			? ['pg\\_stat\\_statements counted nothing in this period.']
			: [
					`By total time in pg\\_stat\\_statements from ${reportClock(statements.from, head)} to ${reportClock(statements.to, head)}:`,
					'',
					...table(
						['Statement', 'User', 'Calls', 'Total', 'Mean', 'Rows', 'Blocks read', 'Share'],
						statements.rows.map(row => [
							row.query === null ? inMarkdown(row.queryid ?? '') : statementOf(row.query),
							inMarkdown(`${row.user}@${row.database}`),
							shortCount(row.calls),
							duration(row.total_exec_seconds),
							row.mean_exec_ms === null ? '' : milliseconds(row.mean_exec_ms),
							shortCount(row.rows),
							shortCount(row.shared_blks_read),
							row.load_share === null ? '' : percent(row.load_share),
						]),
						[2, 3, 4, 5, 6, 7],
					),
				]
		: [inMarkdown(statements.why)]),
	'',
	...(longest.length === 0
		? ['No statement ran for a second or longer.']
		: [
				'Longest running statements:',
				'',
				...table(
					['Statement', 'Client', 'Longest', 'At', 'Wait', 'Concurrent'],
					longest.map(({query, seconds, at, wait, sessions, ...who}) => [
						statementOf(query),
						inMarkdown(groupName({...who, sessions})),
						duration(seconds),
						reportClock(at, head),
						inMarkdown(wait),
						String(sessions),
					]),
					[2, 5],
				),
			]),
];

const deployTitle = ({at, name}: Deploy, {head}: Report): string =>
	`Before and after ${reportClock(at, head)}${name === null ? '' : ` (${inMarkdown(name)})`}`;

/** The statements that a deploy changed, as the pane Statements compares them. */
const deployLines = ({from, to, doubts, rows}: Deploy, {head}: Report): Lines => {
	const span = from === null ? 'since the statistics began' : `from ${reportClock(from, head)}`;
	const until = to === null ? '' : `, after it until ${reportClock(to, head)}`;
	return [
		...doubts.flatMap(doubt => [inMarkdown(doubt), '']),
		...(rows.length === 0
			? ['No statement ended after it.']
			: [
					`Figures before the mark are ${span}${until}; most additional time first.`,
					'',
					...table(
						['Statement', 'User', 'Factor', 'Change', 'Mean before', 'Mean after', 'Calls/s before', 'Calls/s after', 'Running'],
						rows.map(row => [
							row.query === null ? inMarkdown(row.queryid ?? '') : statementOf(row.query),
							inMarkdown(`${row.user}@${row.database}`),
							row.factor === null ? '' : `${average(row.factor)}x`,
							row.change ?? '',
							row.mean_exec_ms_before === null ? '' : milliseconds(row.mean_exec_ms_before),
							row.mean_exec_ms_after === null ? '' : milliseconds(row.mean_exec_ms_after),
							row.calls_per_second_before === null ? '' : average(row.calls_per_second_before),
							row.calls_per_second_after === null ? '' : average(row.calls_per_second_after),
							row.running === null ? '' : String(row.running),
						]),
						[2, 4, 5, 6, 7, 8],
					),
				]),
	];
};

type Setting = Extract<ReportedSettings, {ok: true}>['rows'][number];

const noteOf = ({pending_restart, file_setting, before, error}: Setting): string =>
	[
		...(error === null ? [] : [`error in the file: ${error}`]),
		...(pending_restart ? [`waits for a restart${file_setting === null ? '' : `: ${file_setting} in the file`}`] : []),
		...(before === null ? [] : [`changed in this period, ${before} before`]),
	].join('; ');

/** Settings that matter for the incident, and the names of the others that differ from their defaults. */
const settingLines = (settings: ReportedSettings): Lines => {
	if (!settings.ok) return [inMarkdown(settings.why)];
	const {rows, no_limits} = settings;
	const changed = rows.filter(row => row.setting !== row.boot_val || noteOf(row) !== '');
	const listed = changed.filter(row => row.matters || noteOf(row) !== '');
	const others = changed.filter(row => !listed.includes(row));
	return [
		...(listed.length === 0
			? ['All settings that affect safety or performance have their defaults.']
			: table(
					['Setting', 'Value', 'Default', 'Source', ''],
					listed.map(row => [row.name, row.setting, row.boot_val ?? '', row.source ?? '', noteOf(row)].map(inMarkdown)),
				)),
		...(no_limits.length === 0 ? [] : ['', `No limit set: ${no_limits.map(inMarkdown).join(', ')}.`]),
		...(others.length === 0 ? [] : ['', `Also not at their defaults: ${others.map(({name}) => inMarkdown(name)).join(', ')}.`]),
	];
};
