import {expect, test} from 'vitest';
import {comparedLines} from '../../../source/core/explain/compared-lines.ts';
import {differingSteps} from '../../../source/core/explain/differences.ts';
import {type Plan, planOf} from '../../../source/core/explain/plan.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';

type Step = readonly [type: string, ...inputs: Step[]];

const nodeOf = ([type, ...inputs]: Step): object => ({
	'Node Type': type,
	'Total Cost': 10,
	'Plan Rows': 1,
	Plans: inputs.map(nodeOf),
});

const made = (step: Step): Plan => {
	const plan = planOf(JSON.stringify([{Plan: nodeOf(step)}]));
	if (!plan) throw new Error('no plan');
	return plan;
};

const titles = (one: Plan, other: Plan): readonly string[] => [...differingSteps(one, other)].map(({title}) => title).toSorted();

test('steps that only one plan has are found, whatever is around them', () => {
	const before = made(['Limit', ['Sort', ['Hash Join', ['A'], ['Hash', ['B']]]]]);
	expect(titles(before, made(['Limit', ['Sort', ['Hash Join', ['A'], ['Hash', ['B']]]]]))).toEqual([]);
	expect(titles(before, made(['Limit', ['Sort', ['Nested Loop', ['A'], ['Index']]]]))).toEqual([
		'B',
		'Hash',
		'Hash Join',
		'Index',
		'Nested Loop',
	]);
	expect(titles(before, made(['Limit', ['Gather Merge', ['Sort', ['Hash Join', ['A'], ['Hash', ['B']]]]]]))).toEqual([
		'Gather Merge',
	]);
	expect(titles(before, made(['Limit', ['Sort', ['Hash Join', ['B'], ['Hash', ['A']]]]])).length).toBeGreaterThan(0);
	expect(differingSteps(before, before).size).toBe(0);
});

test('plans that are too large to compare step by step differ as a whole', () => {
	const wide = (name: string): Plan => made(['Append', ...Array.from({length: 1500}, (_, index): Step => [`${name}${index}`])]);
	expect(differingSteps(wide('a'), wide('b')).size).toBe(3000);
});

test.each([40, 80, 119, 120, 200])('two plans fit %i cells', width => {
	const left = {title: 'Kept at 10:00:00', plan: made(['Sort', ['Hash Join', ['A'], ['B']]])};
	const right = {title: 'Now, 10:00:05', plan: made(['Sort', ['Nested Loop', ['A'], ['B']]])};
	const lines = comparedLines(left, right, width, false);
	for (const each of lines) expect(lineWidth(each)).toBeLessThanOrEqual(width);
	const text = lines.map(textOf).join('\n');
	expect(text).toContain('Cost 10 before, 10 now: the same.');
	expect(text).toContain('* marks the steps that differ: 2.');
	expect(text.includes('│ Now')).toBe(width >= 120);
});
