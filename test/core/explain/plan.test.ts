import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Plan, type PlanNode, planOf} from '../../../source/core/explain/plan.ts';
import {aboutPlan, planLines, planStatement, planText} from '../../../source/core/explain/plan-lines.ts';
import type {Explained} from '../../../source/core/explain/request.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';

// Plans of real servers of 13, 15 and 18: one with a CTE and subplans, one that workers executed, one that writes.
const folder = join(import.meta.dirname, '../../plans');
const files = readdirSync(folder);
const real = (file: string): Plan => {
	const plan = planOf(readFileSync(join(folder, file), 'utf8'));
	if (!plan) throw new Error(`${file} is no plan`);
	return plan;
};

const of: Explained = {
	query: 'select $1',
	normalised: false,
	role: 'app',
	rights: 'role',
	path: '"$user", public',
	analyzed: false,
	notes: [],
	tookMs: 20,
};

const every = (node: PlanNode): readonly PlanNode[] => [node, ...node.children.flatMap(every)];
const nodesOf = (plan: Plan): readonly PlanNode[] => plan.roots.flatMap(every);
const shown = (plan: Plan, width = 100): readonly string[] => planLines(plan, width, false).map(textOf);
const made = (plan: object): Plan => planOf(JSON.stringify([{Plan: plan}])) as Plan;

describe.each(files)('of the real plan %s', file => {
	const plan = real(file);

	test('shares of all steps add up to one', () => {
		const whole = nodesOf(plan).reduce((sum, {share}) => sum + (share ?? 0), 0);
		expect(whole).toBeGreaterThan(0.9);
		expect(whole).toBeLessThan(1.02);
	});

	test('every step has a line with its name', () => {
		const lines = shown(plan, 200).join('\n');
		for (const {title} of nodesOf(plan)) expect(lines).toContain(title);
		expect(lines).not.toContain('plan_cache_mode');
	});

	test.each([80, 200])('lines fit %i cells', width => {
		for (const each of planLines(plan, width, false)) expect(lineWidth(each)).toBeLessThanOrEqual(width);
	});

	test('the text matches psql and says what the plan is of', () => {
		const text = planText(plan);
		expect(text).toMatch(/^\w.* {2}\(cost=\d+\.\d\d\.\.\d+\.\d\d rows=\d+ width=\d+\)/);
		expect(text).toMatch(/^ +-> {2}/m);
		expect(text).not.toMatch(/Sort Space/);
		expect(planStatement(of)).toMatch(/^-- Not executed\. Generic plan as role app .*\nselect \$1\n$/);
	});
});

test.each([13, 15, 18])('a subplan called for each row is charged for its calls on version %i', version => {
	const dearest = nodesOf(real(`join-${version}.json`)).toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0))[0];
	expect(dearest?.title).toBe('Bitmap Heap Scan on orders o');
	expect(dearest?.details).toContainEqual(['Filter', "(note ~~ '%x%'::text)"]);
});

test.each([13, 15, 18])(
	'an executed plan shows rows, loops, buffers, workers and steps that never ran on version %i',
	version => {
		const plan = real(`executed-${version}.json`);
		expect(plan.analyzed).toBe(true);
		const nodes = nodesOf(plan);
		expect(nodes.filter(({never}) => never).length).toBeGreaterThan(0);
		const scan = nodes.find(({title}) => title === 'Parallel Seq Scan on orders o');
		expect(scan?.actual?.loops).toBe(3);
		expect(scan?.misestimate).toBeGreaterThan(10);
		expect(scan?.details).toContainEqual(['Buffers', expect.stringMatching(/^shared hit=\d+/)]);
		const lines = shown(plan, 200).join('\n');
		expect(lines).toMatch(/Seq Scan on orders o.* 3 loops, \d+ times more than planned/);
		expect(lines).toContain('never executed');
		expect(lines).toContain('Workers Launched: 2');
		expect(lines).toMatch(/Execution time: [\d.]+ ms/);
	},
);

test('titles match psql', () => {
	const title = (node: object): string | undefined => made(node).roots[0]?.title;
	expect(title({'Node Type': 'Aggregate', Strategy: 'Hashed', 'Partial Mode': 'Partial'})).toBe('Partial HashAggregate');
	expect(title({'Node Type': 'Aggregate', Strategy: 'Plain', 'Partial Mode': 'Simple'})).toBe('Aggregate');
	expect(title({'Node Type': 'Hash Join', 'Join Type': 'Left'})).toBe('Hash Left Join');
	expect(title({'Node Type': 'Hash Join', 'Join Type': 'Inner'})).toBe('Hash Join');
	expect(title({'Node Type': 'Nested Loop', 'Join Type': 'Anti'})).toBe('Nested Loop Anti Join');
	expect(title({'Node Type': 'ModifyTable', Operation: 'Update', 'Relation Name': 't', Alias: 't'})).toBe('Update on t');
	expect(
		title({
			'Node Type': 'Index Scan',
			'Index Name': 'i',
			'Relation Name': 't',
			Alias: 'x',
			Schema: 's',
			'Scan Direction': 'Backward',
		}),
	).toBe('Index Scan Backward using i on s.t x');
	expect(title({'Node Type': 'Bitmap Index Scan', 'Index Name': 'i'})).toBe('Bitmap Index Scan on i');
	expect(title({'Node Type': 'SetOp', Strategy: 'Hashed', Command: 'Except'})).toBe('HashSetOp Except');
	expect(title({})).toBe('Unknown step');
});

test('a cheap plan is calm, the most expensive step of an expensive plan stands out', () => {
	const tones = (cost: number): readonly string[] => {
		const scan = {'Node Type': 'Seq Scan', 'Total Cost': cost * 0.9, 'Plan Rows': 5, 'Relation Name': 't'};
		const plan = made({'Node Type': 'Sort', 'Total Cost': cost, 'Plan Rows': 5, Plans: [scan]});
		return planLines(plan, 80, false).flatMap(parts => parts.map(({tone}) => tone));
	};
	expect(tones(100)).not.toContain('danger');
	expect(tones(100_000)).toContain('danger');
});

test('a misestimate of many rows is shown, one of few rows is not', () => {
	const line = (planned: number, actual: number): string =>
		shown(
			made({'Node Type': 'Seq Scan', 'Plan Rows': planned, 'Actual Rows': actual, 'Actual Loops': 1, 'Actual Total Time': 1}),
		)[1] ?? '';
	expect(line(1, 50)).not.toContain('planned');
	expect(line(1, 5000)).toContain('5.0k times more than planned');
	expect(line(5000, 1)).toContain('5.0k times fewer than planned');
	expect(line(5000, 4000)).not.toContain('planned');
});

test('hostile names are cleaned', () => {
	const plan = made({'Node Type': 'Seq Scan', 'Relation Name': 't\u001b]52;c;eA==\u0007', Filter: 'a = \u202e\u0000\u009b1m'});
	const bad = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
	expect(shown(plan).join('\n')).not.toMatch(bad);
	expect(shown(plan).join('\n')).toContain('t^[]52;c;eA==^G');
	expect(planText(plan) + planStatement({...of, query: 'select \u001b[31m'})).not.toMatch(bad);
});

test('unexpected JSON does no harm', () => {
	expect(planOf('')).toBeUndefined();
	expect(planOf('[]')).toBeUndefined();
	expect(planOf('["Utility Statement"]')).toBeUndefined();
	expect(planOf('{"Plan": {}}')).toBeUndefined();
	const value = fc.letrec(tie => ({
		json: fc.oneof(
			{depthSize: 'small'},
			fc.constant(null),
			fc.boolean(),
			fc.double({noNaN: true}),
			fc.string(),
			fc.array(tie('json'), {maxLength: 4}),
			fc.dictionary(
				fc.constantFrom(
					'Node Type',
					'Plans',
					'Plan Rows',
					'Actual Rows',
					'Actual Loops',
					'Total Cost',
					'Workers',
					'Filter',
					'Parent Relationship',
				),
				tie('json'),
				{maxKeys: 6},
			),
		),
	})).json;
	fc.assert(
		fc.property(
			fc.dictionary(fc.constantFrom('Node Type', 'Plans', 'Total Cost', 'Plan Rows', 'Actual Loops', 'JIT'), value),
			plan => {
				const read = planOf(JSON.stringify([{Plan: plan, Triggers: [plan], JIT: plan, Planning: plan, Settings: plan}]));
				if (!read) throw new Error('no plan');
				planLines(read, 80, true);
				planText(read);
			},
		),
	);
});

test('a tree that is too deep or too wide is cut', () => {
	const deep = Array.from({length: 1000}).reduce<object>(inner => ({'Node Type': 'Limit', Plans: [inner]}), {
		'Node Type': 'Result',
	});
	expect(nodesOf(made(deep)).length).toBeLessThan(200);
	const wide = {'Node Type': 'Append', Plans: Array.from({length: 20_000}, () => ({'Node Type': 'Result'}))};
	expect(nodesOf(made(wide)).length).toBeLessThanOrEqual(5001);
});

test('a plan says with which privileges and search_path it was made', () => {
	expect(aboutPlan(of)).toContain('Generic plan as role app with its default settings (session SETs unknown).');
	expect(aboutPlan({...of, rights: 'login', normalised: true, analyzed: true, path: ''})).toMatch(
		/^Executed in a read-only transaction and rolled back\..*privileges of our own login\. search_path: empty\..*pg_stat_statements/,
	);
});

test('an ASCII tree has only ASCII characters', () => {
	const lines = planLines(real('join-18.json'), 100, true).map(textOf).join('');
	expect(lines).toMatch(/^[\x20-\x7e]*$/);
});
