import type {Past} from '../core/history/past.ts';
import {count, text} from '../core/pane/column.ts';
import {type Finding, nameOfFinding, toneOf} from '../core/pane/finding.ts';
import {definePane, type Pane} from '../core/pane/pane.ts';
import type {Query} from '../core/sample/query.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Line, line, wrap} from '../core/text/line.ts';
import {sessions} from '../queries/sessions.ts';
import {rowsOf} from './reading/answers.ts';
import {hiddenAmong} from './reading/hidden.ts';

/** What the pane has to know of a rule. */
type Rule = {readonly id: string; readonly help: string; readonly queries: readonly Query[]};

/** What is wrong, the worst first, by rules and what they find in a sample. A row stands for the one it leads to. */
export const triagePane = (rules: readonly Rule[], find: (sample: Sample, past: Past) => readonly Finding[]): Pane =>
	definePane<Finding>({
		id: 'triage',
		keys: ['0'],
		title: 'Triage',
		help: 'Findings, worst first: the problem, its cause, the evidence and the remedy.',
		queries: [...new Set(rules.flatMap(({queries}) => queries))],
		rows: find,
		rates: true,
		identity: nameOfFinding,
		leads: ({leads}) => leads,
		pointed: true,
		below: ({evidence, action}) => [evidence, action].filter(told => told !== null && told !== '').join(' '),
		copied: ({summary, evidence, action}) => [summary, evidence, action ?? ''].join(' ').trimEnd(),
		// What rules were not shown they could not find.
		hidden: sample => hiddenAmong(sample, rowsOf(sample, sessions)),
		empty: () => `No trouble found; ${rules.length} rules checked.`,
		columns: [
			text('severity', 'critical: hurts now; warning: soon will; notice: worth knowing.', row => row.severity, {
				keep: 99,
				width: {min: 8},
				tone: (_, row) => toneOf[row.severity],
			}),
			text('rule', 'Rule that found it.', row => row.rule, {keep: 40, width: {min: 24}}),
			count('pid', 'Process id of the culprit.', row => row.pid, {keep: 90, width: {min: 7}}),
			text('pane', 'Pane that shows it; b goes there.', row => row.leads.pane, {keep: 50, width: {min: 8, max: 11}}),
			text('summary', 'Problem and its cause.', row => row.summary, {
				keep: 98,
				// With the severity it stands on the narrowest screen that has tables.
				width: {min: 30, grow: true},
				tone: (_, row) => toneOf[row.severity],
			}),
			text('evidence', 'Figures behind the finding.', row => row.evidence),
			text('action', 'Remedy, with its keys.', row => row.action),
		],
		inspect: (row, _, width) => [
			...paragraph('Problem', row.summary, width),
			...paragraph('Evidence', row.evidence, width),
			...paragraph('Remedy', row.action ?? 'b goes to the culprit.', width),
			...paragraph('Rule', rules.find(({id}) => id === row.rule)?.help ?? '', width),
		],
	});

const paragraph = (title: string, told: string, width: number): readonly Line[] => [
	line(title, 'strong'),
	...wrap(told, width - 2).map(shown => line(`  ${shown}`)),
	[],
];
