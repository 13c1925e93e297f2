import type {Plan, PlanNode} from './plan.ts';

// The table of the comparison has a cell for each pair of steps that remain after the common start and end.
const mostCells = 1_000_000;

const stepsOf = (plan: Plan): readonly PlanNode[] => {
	const every = (node: PlanNode): readonly PlanNode[] => [node, ...node.children.flatMap(every)];
	return plan.roots.flatMap(every);
};

const nameOf = ({role, title}: PlanNode): string => `${role}\n${title}`;

const known = new WeakMap<Plan, WeakMap<Plan, ReadonlySet<PlanNode>>>();

/** Steps of two plans that the other one does not have in the same order; found once for each pair of plans. */
export const differingSteps = (one: Plan, other: Plan): ReadonlySet<PlanNode> => {
	const pairs = known.get(one) ?? new WeakMap<Plan, ReadonlySet<PlanNode>>();
	known.set(one, pairs);
	const found = pairs.get(other) ?? compare(stepsOf(one), stepsOf(other));
	pairs.set(other, found);
	return found;
};

const compare = (all: readonly PlanNode[], others: readonly PlanNode[]): ReadonlySet<PlanNode> => {
	const same = (a: PlanNode | undefined, b: PlanNode | undefined): boolean =>
		a !== undefined && b !== undefined && nameOf(a) === nameOf(b);
	let from = 0;
	while (same(all[from], others[from])) from++;
	let end = 0;
	while (end < Math.min(all.length, others.length) - from && same(all.at(-1 - end), others.at(-1 - end))) end++;
	const left = all.slice(from, all.length - end);
	const right = others.slice(from, others.length - end);
	if (left.length * right.length > mostCells) return new Set([...left, ...right]);
	return unmatched(left, right);
};

/** Steps outside of the longest common sequence. */
const unmatched = (left: readonly PlanNode[], right: readonly PlanNode[]): ReadonlySet<PlanNode> => {
	const names = right.map(nameOf);
	const width = right.length + 1;
	const longest = new Uint16Array((left.length + 1) * width);
	const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
	for (let row = left.length - 1; row >= 0; row--) {
		const name = nameOf(left[row] as PlanNode);
		for (let column = right.length - 1; column >= 0; column--)
			longest[row * width + column] =
				name === names[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
	}
	const differing = new Set<PlanNode>([...left, ...right]);
	for (let row = 0, column = 0; row < left.length && column < right.length; ) {
		const [one, other] = [left[row] as PlanNode, right[column] as PlanNode];
		if (nameOf(one) === nameOf(other)) {
			differing.delete(one);
			differing.delete(other);
			row++;
			column++;
		} else if (at(row + 1, column) >= at(row, column + 1)) row++;
		else column++;
	}
	return differing;
};
