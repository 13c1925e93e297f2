import type {Past} from '../core/history/past.ts';
import {count, text} from '../core/pane/column.ts';
import {type Finding, nameOfFinding, toneOf} from '../core/pane/finding.ts';
import {definePane, type Pane} from '../core/pane/pane.ts';
import type {Query} from '../core/sample/query.ts';
import type {Sample} from '../core/sample/sample.ts';
import {type Line, line} from '../core/text/line.ts';
import {sessions} from '../queries/sessions.ts';
import {rowsOf} from './reading/answers.ts';
import {hiddenAmong} from './reading/hidden.ts';
import {indented} from './reading/indented.ts';

/** Rule, as far as the pane needs it. */
type Rule = {readonly id: string; readonly help: string; readonly queries: readonly Query[]};

/** Findings of a sample, worst first. An action on a finding acts on the row it leads to. */
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
		below: ({evidence, action}) => [evidence, action].filter(text => text !== null && text !== '').join(' '),
		copied: ({summary, evidence, action}) => [summary, evidence, action ?? ''].join(' ').trimEnd(),
		// Rules cannot find what is hidden from the connected role.
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
				// Fits next to the severity on the narrowest screen with tables.
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

const paragraph = (title: string, text: string, width: number): readonly Line[] => [
	line(title, 'strong'),
	...indented(text, width),
	[],
];
