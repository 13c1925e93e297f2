import type {Past} from '../history/past.ts';
import type {Sample} from '../sample/sample.ts';
import type {Tone} from '../text/line.ts';
import {oncePerSample, type RowRef} from './pane.ts';

/** Severities, worst first: it hurts now, it will soon, it is worth knowing. */
export const severities = ['critical', 'warning', 'notice'] as const;
export type Severity = (typeof severities)[number];

/** Something wrong in a sample: the problem, its cause, the evidence, and a remedy. */
export type Finding = {
	/** Id of its rule. */
	readonly rule: string;
	/** Key among the findings of its rule, the same across samples. */
	readonly subject: string;
	readonly severity: Severity;
	/** Weight among findings of equal severity, largest first: sessions, seconds or bytes, comparable within its rule. */
	readonly weight: number;
	/** One sentence that says what is wrong and names the cause. */
	readonly summary: string;
	/** Figures behind it, in words. */
	readonly evidence: string;
	/** Backend to blame; null if it is not a backend. */
	readonly pid: number | null;
	/** Row of another pane to blame, on which action keys act. */
	readonly leads: RowRef;
	/** Remedy, with its keys; null if the other pane has more to say. */
	readonly action: string | null;
};

/** Key of a finding across samples. */
export const nameOfFinding = ({rule, subject}: Finding): string => `${rule} ${subject}`;

/** True if a finding is worth an interruption. */
export const isAlarming = ({severity}: Finding): boolean => severity !== 'notice';

/** A rule, as far as needed here. */
type Rule = {readonly find: (sample: Sample, past: Past) => readonly Finding[]};

/** All findings of the rules, computed once per sample: by severity, then in the order of the rules, then by weight. */
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

/** Tone of each severity. */
export const toneOf: Readonly<Record<Finding['severity'], Tone>> = {critical: 'danger', warning: 'warn', notice: 'calm'};
