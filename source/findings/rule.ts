import type {Past} from '../core/history/past.ts';
import type {Finding} from '../core/pane/finding.ts';
import type {Query} from '../core/sample/query.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Limits} from './thresholds.ts';

/** A rule of triage, declared: what it looks for, what it reads, and the findings it makes of a sample. */
export type Rule = {
	readonly id: string;
	/** What it looks for, as the inspect page and the docs say it. */
	readonly help: string;
	readonly queries: readonly Query[];
	readonly find: (sample: Sample, past: Past, limits: Limits) => readonly Finding[];
};

/** A finding before its rule's id is on it. */
export type Found = Omit<Finding, 'rule'>;

/** Declares a rule, whose findings carry its id. */
export const defineRule = ({
	find,
	...rule
}: Omit<Rule, 'find'> & {
	readonly find: (sample: Sample, past: Past, limits: Limits) => readonly Found[];
}): Rule => ({
	...rule,
	find: (sample, past, limits) => find(sample, past, limits).map(found => ({...found, rule: rule.id})),
});
