import type {Past} from '../history/past.ts';
import type {Sample} from '../sample/sample.ts';
import type {Tone} from '../text/line.ts';
import {oncePerSample, type RowRef} from './pane.ts';

/** How bad a finding is, the worst first: it hurts now, it will soon, or it is worth knowing. */
export const severities = ['critical', 'warning', 'notice'] as const;
export type Severity = (typeof severities)[number];

/** Something that is wrong in a sample: what, by whom, how that is known, and what to do. */
export type Finding = {
	/** The id of the rule that found it. */
	readonly rule: string;
	/** Names it among what its rule finds, across samples. */
	readonly subject: string;
	readonly severity: Severity;
	/** How it stands among the equally bad, the largest first: sessions, seconds or bytes, comparable within its rule. */
	readonly weight: number;
	/** One sentence that says what is wrong and names who causes it. */
	readonly summary: string;
	/** The figures it rests on, in words. */
	readonly evidence: string;
	/** The backend to blame; null where it is not one. */
	readonly pid: number | null;
	/** The row of another pane that is to blame: keys that act, act on that row. */
	readonly leads: RowRef;
	/** What can be done, naming the keys; null where the pane it leads to says more. */
	readonly action: string | null;
};

/** What names a finding across samples. */
export const nameOfFinding = ({rule, subject}: Finding): string => `${rule} ${subject}`;

/** Whether a finding is worth interrupting somebody who looks at something else. */
export const isAlarming = ({severity}: Finding): boolean => severity !== 'notice';

/** What looks for trouble in a sample. */
type Rule = {readonly find: (sample: Sample, past: Past) => readonly Finding[]};

/** All that rules find, the worst first, worked out once a sample: by severity, then in the order of the rules, then by weight. */
export const findingsBy = (rules: readonly Rule[]): ((sample: Sample, past: Past) => readonly Finding[]) =>
	oncePerSample((sample, past: Past) =>
		rules
			.flatMap((rule, order) => rule.find(sample, past).map(finding => ({finding, order})))
			.sort(
				(a, b) =>
					severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity) ||
					a.order - b.order ||
					b.finding.weight - a.finding.weight ||
					(a.finding.subject < b.finding.subject ? -1 : 1),
			)
			.map(({finding}) => finding),
	);

/** The tone of each severity. */
export const toneOf: Readonly<Record<Finding['severity'], Tone>> = {critical: 'danger', warning: 'warn', notice: 'calm'};
