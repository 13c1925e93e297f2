import type {Past} from '../core/history/past.ts';
import type {Finding} from '../core/pane/finding.ts';
import type {Query} from '../core/sample/query.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Limits} from './thresholds.ts';

/** A declared rule of triage: its help, the queries it reads, and the findings it derives from a sample. */
export type Rule = {
	readonly id: string;
	/** Trouble that it looks for, as in the inspect page and the docs. */
	readonly help: string;
	readonly queries: readonly Query[];
	/** Seconds of samples without which it finds nothing; absent if one or two samples are enough. */
	readonly overSeconds?: number;
	readonly find: (sample: Sample, past: Past, limits: Limits) => readonly Finding[];
};

/** Properties with defaults: a finding is going on, and no session suffers from it. */
type Defaulted = Pick<Finding, 'ongoing' | 'sessions'>;

/** A finding without the id of its rule. */
export type Found = Omit<Finding, 'rule' | keyof Defaulted> & Partial<Defaulted>;

/** Declares a rule and adds its id to its findings. */
export const defineRule = ({
	find,
	...rule
}: Omit<Rule, 'find'> & {
	readonly find: (sample: Sample, past: Past, limits: Limits) => readonly Found[];
}): Rule => ({
	...rule,
	find: (sample, past, limits) =>
		find(sample, past, limits).map(finding => ({ongoing: true, sessions: 0, ...finding, rule: rule.id})),
});
