import {expect, it} from 'vitest';
import {planLines} from '../../../source/core/explain/plan-lines.ts';
import {planOfText} from '../../../source/core/explain/plan-text.ts';

const text = `Query Text: select count(*)
  from orders
Aggregate  (cost=36.75..36.76 rows=1 width=8) (actual time=9.500..9.600 rows=1 loops=1)
  Output: count(*)
  ->  Nested Loop  (cost=0.00..30.40 rows=2540 width=0) (actual time=0.010..7.000 rows=2 loops=1)
        Join Filter: (a.id = b.id)
        ->  Seq Scan on orders a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..4.000 rows=2 loops=1)
        ->  Materialize  (cost=0.00..2.00 rows=1 width=4) (never executed)
  InitPlan 1
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (actual time=0.001..0.001 rows=1 loops=1)
Settings: work_mem = '8MB'
JIT:
  Functions: 3`;

it('the text form of a plan becomes the same tree as its JSON', () => {
	const plan = planOfText(text);
	const [root] = plan?.roots ?? [];
	expect(root).toMatchObject({title: 'Aggregate', totalCost: 36.76, rows: 1, details: [['Output', 'count(*)']]});
	expect(root?.share).toBeCloseTo((9.6 - 7 - 0.001) / 9.6, 5);
	expect(root?.children.map(({title, role}) => [title, role])).toEqual([
		['Nested Loop', ''],
		['Result', 'InitPlan 1'],
	]);
	const [loop] = root?.children ?? [];
	expect(loop?.details).toEqual([['Join Filter', '(a.id = b.id)']]);
	expect(loop?.children.map(({title, never}) => [title, never])).toEqual([
		['Seq Scan on orders a', false],
		['Materialize', true],
	]);
	expect(plan?.notes).toEqual([
		['Settings', "work_mem = '8MB'"],
		['Functions', '3'],
	]);
	expect(plan && planLines(plan, 80, false).length).toBeGreaterThan(8);
});

it('a text without a step is not a plan', () => {
	expect(planOfText('Query Text: select 1')).toBeUndefined();
});
