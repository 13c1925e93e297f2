import {statementHeadOf} from '../core/sql/statement-head.ts';
import {blockInMarkdown, inMarkdown} from '../core/text/markdown.ts';
import {plural} from '../core/text/words.ts';
import {average, duration, milliseconds, percent, shortCount} from '../core/values/units.ts';
import {chartOf} from './chart.ts';
import {dayOf, inTime, reportClock} from './clock.ts';
import {settingsSection} from './markdown-settings.ts';
import {section, table} from './markdown-table.ts';
import type {Happening, Head, Report, Root} from './report.ts';
import {groupName} from './summary.ts';

type Lines = readonly string[];

const mostEvents = 60;
const mostFindings = 60;
const mostRoots = 12;
const mostGroups = 6;
// What is longer says no more to a reader.
const statementCells = 110;
const statementBlock = 2000;

const statementOf = (query: string | null): string => (query === null ? '' : inMarkdown(statementHeadOf(query, statementCells)));

/** A report as Markdown: tables and fenced blocks as GitHub shows them, no HTML; all text of the server stands for itself. */
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
		...section('Settings', settingsSection(report.settings)),
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
		...(server.database === null ? [] : [['Seen from', `database ${server.database} as ${server.user ?? '?'}`]]),
		['From', dayOf(from)],
		['To', `${dayOf(to)} (${duration(seconds)})`],
		['Samples', `${samples}${each}`],
		['Gaps', gaps.length === 0 ? 'none' : `${gaps.length}, ${duration(gapSeconds)} in all`],
		...(damaged_lines === 0 ? [] : [['Damaged lines', `${damaged_lines} of the recording were skipped`]]),
		...(hidden_sessions === 0
			? []
			: [['Not seen', `${plural(hidden_sessions, 'session')} at most, only in part: the role lacks pg_monitor`]]),
		['Literals in statements', redacted ? 'replaced by ?' : 'as they were'],
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
	const told = events.filter(({severity}) => severity !== 'notice');
	const shown = told.slice(0, mostEvents);
	return [
		blockInMarkdown(lines.join('\n'), 'text'),
		'',
		`${inMarkdown(legend)}.`,
		...(shown.length === 0
			? []
			: [
					'',
					...table(
						['Time', '', 'What'],
						shown.map(({at, kind, severity, text}) => [
							reportClock(at, head),
							severity === null ? eventNames[kind] : `${severity} ${eventNames[kind]}`,
							inMarkdown(inTime(text, head)),
						]),
					),
				]),
		...more(told.length - shown.length, 'event'),
	];
};

const more = (left: number, one: string): Lines => (left > 0 ? ['', `And ${plural(left, `more ${one}`)}.`] : []);

const peakLines = ({head, peak}: Report): Lines => {
	if (peak.active === 0) return ['No session was seen to be active.'];
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
			['Who was active', 'Sessions'],
			who.map(group => [inMarkdown(groupName(group)), String(group.sessions)]),
			[1],
		),
		...(statements.length === 0
			? []
			: [
					'',
					...table(
						['Statement', 'Sessions', 'Longest', 'Mainly in'],
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
	if (root_blockers.length === 0) return ['Nobody was seen to wait for a lock of another.'];
	const shown = root_blockers.slice(0, mostRoots);
	const left = root_blockers.length - shown.length + other_root_blockers.count;
	const seconds = root_blockers
		.slice(mostRoots)
		.reduce((sum, {wait_seconds}) => sum + wait_seconds, other_root_blockers.wait_seconds);
	return [
		...shown.flatMap((root, index) => [...(index > 0 ? [''] : []), ...oneRoot(root, index + 1, head)]),
		...(left > 0 ? ['', `And ${plural(left, 'more root blocker')}, with ${duration(seconds)} of waiting behind them.`] : []),
	];
};

const oneRoot = (root: Root, number: number, head: Head): Lines => {
	const {name, first, last, sessions_peak, peak_at, wait_seconds, holds, state, xact_start, ended_at, ended, query} = root;
	const groups = root.blast_radius.slice(0, mostGroups);
	const left = root.blast_radius.length - groups.length;
	const radius = groups.map(group => `${group.sessions} × ${groupName(group)}`).join(', ');
	const clock = (at: string): string => reportClock(at, head);
	const rows = [
		['Waited for', `${clock(first)} to ${clock(last)}`],
		['At most', `${plural(sessions_peak, 'session')} at once, at ${clock(peak_at)}; ${duration(wait_seconds)} of waiting in all`],
		['Holds', holds],
		['Was', `${state ?? 'unknown'}${xact_start === null ? '' : `, in a transaction since ${clock(xact_start)}`}`],
		['Blast radius', `${plural(root.blast_sessions, 'session')}: ${radius}${left > 0 ? `, and ${left} more groups` : ''}`],
		['Ended', `${ended_at === null ? '' : `${clock(ended_at)}: `}${inTime(ended, head)}`],
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
					state === 'active' ? 'It ran:' : 'Its last statement, which need not be the one that took the lock:',
					'',
					blockInMarkdown(query.length > statementBlock ? `${query.slice(0, statementBlock)}…` : query, 'sql'),
				]),
	];
};

const findingLines = ({head, findings}: Report): Lines => {
	if (findings.length === 0) return ['No rule found anything wrong.'];
	const shown = findings.slice(0, mostFindings);
	return [
		...table(
			['', 'Rule', 'First', 'Last', 'For', 'At its worst'],
			shown.map(({severity, rule, first, last, seconds, times, summary, evidence, to_end}) => [
				severity,
				rule,
				reportClock(first, head),
				`${reportClock(last, head)}${to_end ? ', still there' : ''}`,
				`${seconds === 0 ? 'once' : duration(seconds)}${times.length > 1 ? `, ${times.length} times` : ''}`,
				inMarkdown(`${summary} ${evidence}`),
			]),
		),
		...more(findings.length - shown.length, 'finding'),
	];
};

const actionLines = ({head, actions}: Report): Lines =>
	actions.length === 0
		? ['Nothing was done by this pgtriage.']
		: table(
				['Time', 'What', 'Outcome', 'What was seen of it'],
				actions.map(({at, target, statement, outcome, effects}) => [
					reportClock(at, head),
					inMarkdown(inTime(target ?? statement ?? '', head)),
					inMarkdown(outcome),
					effects.map(effect => `${reportClock(effect.at, head)}: ${inMarkdown(effect.outcome)}`).join(' '),
				]),
			);

const statementLines = ({head, statements, longest}: Report): Lines => [
	...(statements.ok
		? statements.rows.length === 0
			? ['pg\\_stat\\_statements counted nothing in this time.']
			: [
					`By total time, as pg\\_stat\\_statements counted from ${reportClock(statements.from, head)} to ${reportClock(statements.to, head)}:`,
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
		? ['No statement was seen to run for a second.']
		: [
				'Longest running, as sessions were seen to run them:',
				'',
				...table(
					['Statement', 'Who', 'Longest', 'At', 'In', 'At once'],
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
