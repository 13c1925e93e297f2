import type {Past} from '../core/history/past.ts';
import {count, flag, text} from '../core/pane/column.ts';
import {type Finding, nameOfFinding, severityWords, toneOf} from '../core/pane/finding.ts';
import {definePane, type Pane} from '../core/pane/pane.ts';
import type {Query} from '../core/sample/query.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Line, line} from '../core/text/line.ts';
import {plural} from '../core/text/words.ts';
import {sessions} from '../queries/activity/sessions.ts';
import {rowsOf} from './reading/answers.ts';
import {hiddenAmong} from './reading/hidden.ts';
import {indented} from './reading/indented.ts';

/** Rule, as far as the pane needs it. */
type Rule = {readonly id: string; readonly help: string; readonly queries: readonly Query[]};

/** Rules, their findings, and how many `of` those that apply to a sample had all their answers in it. */
type TriageSource = {
	readonly rules: readonly Rule[];
	readonly find: (sample: Sample, past: Past) => readonly Finding[];
	readonly coverage: (sample: Sample) => {readonly looked: number; readonly of: number};
	/** How many of them have not measured for long enough. */
	readonly measuring: (sample: Sample, past: Past) => number;
};

/** Findings of a sample, worst first. An action on a finding acts on the row it leads to. */
export const triagePane = ({rules, find, coverage, measuring}: TriageSource): Pane =>
	definePane<Finding>({
		id: 'triage',
		keys: ['0'],
		title: 'Triage',
		help: 'Findings, worst first: the problem, its cause, the evidence and the remedy.',
		queries: [...new Set(rules.flatMap(({queries}) => queries))],
		composed: true,
		rows: find,
		rates: true,
		identity: nameOfFinding,
		leads: ({leads}) => leads,
		pointed: true,
		steady: true,
		// What was not read is among its rows.
		notice: () => undefined,
		below: ({evidence, action}) => [evidence, action].filter(text => text !== null && text !== '').join(' '),
		copied: ({summary, evidence, action, copies}) => copies ?? [summary, evidence, action ?? ''].join(' ').trimEnd(),
		// Rules cannot find what is hidden from the connected role.
		hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
		empty: (sample, past) => verdictOf(coverage(sample), measuring(sample, past)),
		columns: [
			text(
				'severity',
				'critical: hurts now; warning: soon will; notice: worth knowing. On screen, past if it is over.',
				row => row.severity,
				{
					keep: 99,
					width: {min: 8},
					format: (value, row) => (row.ongoing ? String(value) : 'past'),
					tone: (_, row) => toneOf(row),
				},
			),
			text('rule', 'Rule that found it.', row => row.rule, {keep: 40, width: {min: 24}}),
			count('pid', 'Process id of the culprit.', row => row.pid, {keep: 90, width: {min: 7}}),
			text('pane', 'Pane that shows it; b goes there.', row => row.leads.pane, {keep: 50, width: {min: 8, max: 11}}),
			text('summary', 'Problem and its cause.', row => row.summary, {
				keep: 98,
				// Fits next to the severity on the narrowest screen with tables.
				width: {min: 30, grow: true},
				tone: (_, row) => toneOf(row),
			}),
			text('evidence', 'Figures behind the finding.', row => row.evidence),
			text('action', 'Remedy, with its keys.', row => row.action),
			flag('ongoing', 'True while it goes on; false if it is over but still counts.', row => row.ongoing),
			count('sessions', 'Sessions that suffer from it; 0 if that is not known.', row => row.sessions),
		],
		inspect: (row, _, width) => [
			...paragraph(row.ongoing ? 'Problem' : `Problem, ${severityWords(row)}`, row.summary, width),
			...paragraph('Evidence', row.evidence, width),
			...paragraph('Remedy', row.action ?? 'b goes to the culprit.', width),
			...paragraph('Rule', rules.find(({id}) => id === row.rule)?.help ?? '', width),
		],
	});

/** Verdict without findings: an all-clear only of the rules whose answers were read. */
const verdictOf = ({looked, of: rules}: ReturnType<TriageSource['coverage']>, measuring: number): string => {
	if (looked === rules && measuring > 0)
		return `No trouble found so far; ${plural(rules - measuring, 'rule')} checked, ${measuring} still measure rates.`;
	return looked === rules
		? `No trouble found; ${plural(rules, 'rule')} checked.`
		: `No trouble found, but only ${looked} of ${plural(rules, 'rule')} could be checked.`;
};

const paragraph = (title: string, text: string, width: number): readonly Line[] => [
	line(title, 'strong'),
	...indented(text, width),
	[],
];
