import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	compareRanks,
	type Finding,
	finderOf,
	findingsBy,
	severities,
	severityWords,
	toneOf,
} from '../../../source/core/pane/finding.ts';

const finding = (changed: Partial<Finding>): Finding => ({
	rule: 'rule',
	subject: 'subject',
	severity: 'warning',
	ongoing: true,
	sessions: 0,
	weight: 0,
	summary: 'Something is wrong.',
	evidence: '',
	pid: null,
	leads: {pane: 'sessions', identity: null},
	action: null,
	...changed,
});

const sample = {seq: 0, at: '2026-11-22T14:30:00.000000+00:00', own: [], results: {}};

/** Subjects in the order in which the findings of some rules are listed. */
const ranked = (...rules: readonly (readonly Finding[])[]): readonly string[] =>
	findingsBy(rules.map(found => ({find: () => found})))(sample, []).map(({subject}) => subject);

describe('findings', () => {
	it('that go on come before those that are over, whatever their severity', () => {
		expect(
			ranked(
				[finding({subject: 'deadlocks', ongoing: false, severity: 'critical', sessions: 9})],
				[finding({subject: 'notice', severity: 'notice'})],
				[finding({subject: 'flood'})],
			),
		).toEqual(['flood', 'notice', 'deadlocks']);
	});

	it('of equal severity are ranked by the sessions that suffer, then by their rule, then by weight', () => {
		expect(
			ranked(
				[finding({subject: 'light', weight: 1}), finding({subject: 'heavy', weight: 2})],
				[finding({subject: 'one', sessions: 1}), finding({subject: 'many', sessions: 7})],
				[finding({subject: 'critical', severity: 'critical'})],
			),
		).toEqual(['critical', 'many', 'one', 'heavy', 'light']);
	});

	it('are looked for by each rule once, whether step by step or all at once', () => {
		const asked: string[] = [];
		const rule = (subject: string) => ({
			find: () => {
				asked.push(subject);
				return [finding({subject})];
			},
		});
		const {step, find} = finderOf([rule('a'), rule('b'), rule('c')]);
		expect([step(sample, []), asked.join('')]).toEqual([true, 'a']);
		expect([step(sample, []), asked.join('')]).toEqual([true, 'ab']);
		const found = find(sample, []);
		expect(found.map(({subject}) => subject)).toEqual(['a', 'b', 'c']);
		expect(step(sample, [])).toBe(false);
		expect(find(sample, [])).toBe(found);
		expect(asked.join('')).toBe('abc');
	});

	it('have one order: no rank depends on what else there is', () => {
		const any = fc.record({
			ongoing: fc.boolean(),
			severity: fc.constantFrom(...severities),
			sessions: fc.nat(9),
		});
		fc.assert(
			fc.property(any, any, any, (a, b, c) => {
				expect(Math.sign(compareRanks(a, b))).toBe(Math.sign(-compareRanks(b, a)) + 0);
				if (compareRanks(a, b) <= 0 && compareRanks(b, c) <= 0) expect(compareRanks(a, c)).toBeLessThanOrEqual(0);
			}),
		);
	});

	it('that are over say so in words and have no color', () => {
		expect([severityWords(finding({})), toneOf(finding({}))]).toEqual(['warning', 'warn']);
		const past = finding({ongoing: false, severity: 'critical'});
		expect([severityWords(past), toneOf(past)]).toEqual(['past critical', 'calm']);
	});
});
