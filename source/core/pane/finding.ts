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
	/** False for a trouble of the past that still counts, such as deadlocks some minutes ago. */
	readonly ongoing: boolean;
	/** Number of sessions that suffer from it. */
	readonly sessions: number;
	/** Weight among findings of equal rank, largest first: sessions, seconds or bytes, comparable within its rule. */
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
	/** Statement that `y` copies instead of the finding: what would prevent it. */
	readonly copies?: string | undefined;
};

/** Key of a finding across samples. */
export const nameOfFinding = ({rule, subject}: Finding): string => `${rule} ${subject}`;

/** True if a finding is worth an interruption. */
export const isAlarming = ({severity}: Finding): boolean => severity !== 'notice';

/** A rule, as far as needed here. */
type Rule = {readonly find: (sample: Sample, past: Past) => readonly Finding[]};

/** Rank of two findings: what goes on before what is over, then the worse severity, then more sessions that suffer. */
export const compareRanks = (a: Rank, b: Rank): number =>
	Number(b.ongoing) - Number(a.ongoing) ||
	severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
	b.sessions - a.sessions;

/** What decides about the rank of a finding. */
type Rank = Pick<Finding, 'ongoing' | 'severity' | 'sessions'>;

/** Findings of rules in a sample, computed once: all at once, or by one rule after the other before they are needed. */
export type Finder = {
	/** All findings: by rank, then in the order of the rules, then by weight. */
	readonly find: (sample: Sample, past: Past) => readonly Finding[];
	/** Lets the next rule look at a sample; false once all of them have. */
	readonly step: (sample: Sample, past: Past) => boolean;
};

/** What the rules found in a sample so far: the findings of each, and all of them in order once every rule has looked. */
type Look = {readonly found: (readonly Finding[])[]; ranked: readonly Finding[] | undefined};

/** The finder of rules. */
export const finderOf = (rules: readonly Rule[]): Finder => {
	const lookAt = oncePerSample((_: Sample): Look => ({found: [], ranked: undefined}));
	const step = (sample: Sample, past: Past): boolean => {
		const {found} = lookAt(sample);
		const rule = rules[found.length];
		if (rule) found.push(rule.find(sample, past));
		return found.length < rules.length;
	};
	return {
		step,
		find: (sample, past) => {
			const look = lookAt(sample);
			while (step(sample, past));
			look.ranked ??= rankedOf(look.found);
			return look.ranked;
		},
	};
};

/** Names of the worst findings of samples. */
export type Alarms = {
	/** Name of the worst finding worth an interruption; undefined if there is none. */
	readonly of: (sample: Sample, past: Past) => string | undefined;
	/** True if the name is known already: it is kept as long as the sample. */
	readonly isKnown: (sample: Sample) => boolean;
};

/** Remembers the name of the worst finding of each sample that `find` is called with. */
export const alarmsOf = (find: Finder['find']): Alarms & Pick<Finder, 'find'> => {
	const names = new WeakMap<Sample, string | undefined>();
	const findAndName: Finder['find'] = (sample, past) => {
		const findings = find(sample, past);
		const worst = findings.find(isAlarming);
		names.set(sample, worst && nameOfFinding(worst));
		return findings;
	};
	return {
		find: findAndName,
		of: (sample, past) => {
			if (!names.has(sample)) findAndName(sample, past);
			return names.get(sample);
		},
		isKnown: sample => names.has(sample),
	};
};

/** All findings of the rules, computed once per sample: by rank, then in the order of the rules, then by weight. */
export const findingsBy = (rules: readonly Rule[]): Finder['find'] => finderOf(rules).find;

const rankedOf = (found: readonly (readonly Finding[])[]): readonly Finding[] =>
	found
		.flatMap((findings, order) => findings.map(finding => ({finding, order})))
		.sort(
			(a, b) =>
				compareRanks(a.finding, b.finding) ||
				a.order - b.order ||
				b.finding.weight - a.finding.weight ||
				(a.finding.subject < b.finding.subject ? -1 : 1),
		)
		.map(({finding}) => finding);

const tones: Readonly<Record<Severity, Tone>> = {critical: 'danger', warning: 'warn', notice: 'calm'};

/** Tone of a finding: that of its severity, and calm if it is over. */
export const toneOf = ({severity, ongoing}: Pick<Finding, 'severity' | 'ongoing'>): Tone => (ongoing ? tones[severity] : 'calm');

/** Severity in words: `critical`, or `past warning` for a finding that is over. */
export const severityWords = ({severity, ongoing}: Pick<Finding, 'severity' | 'ongoing'>): string =>
	ongoing ? severity : `past ${severity}`;
