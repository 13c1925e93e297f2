import type {Actual, Plan, PlanNode} from './plan.ts';

/** A step as its lines are read. */
type Step = Omit<PlanNode, 'details' | 'children' | 'share'> & {
	readonly indent: number;
	readonly details: (readonly [label: string, text: string])[];
	readonly children: Step[];
};

// Far more than any plan that a person reads.
const mostSteps = 5000;

const stepLine =
	/^( *)(?:-> {2})?(\S.*?) {2}\(cost=([\d.]+)\.\.([\d.]+) rows=(\d+) width=(\d+)\)(?: \((?:(never executed)|actual (?:time=([\d.]+)\.\.([\d.]+) )?rows=([\d.]+) loops=(\d+))\))?$/;
const detailLine = /^ *([^:]+): (.*)$/;

const actualOf = ([start, end, rows, loops]: readonly (string | undefined)[]): Actual | null =>
	rows === undefined || loops === undefined
		? null
		: {rows: Number(rows), loops: Number(loops), startMs: Number(start ?? 0), ms: Number(end ?? 0)};

const stepOf = (line: string, role: string): Step | undefined => {
	const match = stepLine.exec(line);
	if (!match) return undefined;
	const [, , title = '', startup, total, rows, width, never, ...seen] = match;
	const actual = actualOf(seen);
	const planned = Number(rows);
	return {
		indent: line.indexOf(title),
		title,
		role,
		startupCost: Number(startup),
		totalCost: Number(total),
		rows: planned,
		width: Number(width),
		actual,
		never: never !== undefined,
		misestimate: actual === null || actual.loops === 0 ? null : Math.max(actual.rows, 1) / Math.max(planned, 1),
		details: [],
		children: [],
	};
};

const weightOf = ({actual, totalCost}: Pick<PlanNode, 'actual' | 'totalCost'>, analyzed: boolean): number =>
	analyzed ? (actual ? actual.ms * actual.loops : 0) : (totalCost ?? 0);

const nodeOf = ({indent: _, children, ...step}: Step, whole: number, analyzed: boolean): PlanNode => {
	const taken = children.reduce((sum, child) => sum + weightOf(child, analyzed), 0);
	return {
		...step,
		share: whole <= 0 ? null : Math.max(0, Math.min(1, (weightOf(step, analyzed) - taken) / whole)),
		children: children.map(child => nodeOf(child, whole, analyzed)),
	};
};

/** Steps in a stack: the last one that is less indented is the step above. */
const above = (stack: Step[], indent: number): Step | undefined => {
	while (stack.length > 0 && (stack.at(-1)?.indent ?? 0) >= indent) stack.pop();
	return stack.at(-1);
};

/**
 * Parses the text form of a plan, as auto_explain logs it; lines before its first step, such as the text of the statement, are
 * passed over. Undefined without a step.
 */
export const planOfText = (text: string): Plan | undefined => {
	const roots: Step[] = [];
	const notes: (readonly [label: string, text: string])[] = [];
	const stack: Step[] = [];
	let role = '';
	let roleIndent = 0;
	let steps = 0;
	let isBehind = false;
	for (const line of text.split('\n')) {
		const step = steps < mostSteps ? stepOf(line, role) : undefined;
		if (step) {
			// A step with a role is indented further than the other inputs: the line of the role says where it belongs.
			const parent = above(stack, role === '' ? step.indent : roleIndent);
			(parent?.children ?? roots).push(step);
			stack.push(step);
			steps++;
			[role, isBehind] = ['', false];
			continue;
		}
		if (roots.length === 0 || line.trim() === '') continue;
		const [, label, value] = detailLine.exec(line) ?? [];
		// Behind the steps come settings, JIT and triggers, some with lines of their own.
		isBehind ||= !line.startsWith(' ');
		if (label === undefined || value === undefined) [role, roleIndent] = [line.trim(), line.search(/\S/)];
		else if (isBehind) notes.push([label.trim(), value]);
		else above([...stack], line.search(/\S/))?.details.push([label.trim(), value]);
	}
	if (roots.length === 0) return undefined;
	const analyzed = roots.some(({actual}) => actual !== null);
	return {roots: roots.map(root => nodeOf(root, weightOf(root, analyzed), analyzed)), analyzed, notes};
};
