import {fitLine, type Line, line, span} from '../text/line.ts';
import {duration, shortCount} from '../values/units.ts';
import {differingSteps} from './differences.ts';
import type {Plan} from './plan.ts';
import {planLines} from './plan-lines.ts';

/** A plan with the words that tell it from another one. */
export type TitledPlan = {readonly title: string; readonly plan: Plan};

// Two trees side by side need about as much as one on a narrow screen each.
const sideBySide = 120;

/** Cost of a plan, or the time it took if both plans were executed. */
const weightOf = ({roots}: Plan, byTime: boolean): number | null =>
	roots.reduce<number | null>((sum, root) => {
		const own = byTime ? (root.actual?.ms ?? null) : root.totalCost;
		return own === null ? sum : (sum ?? 0) + own;
	}, null);

/** Change of the cost or time from one plan to the other, in words. */
const changeOf = (before: Plan, now: Plan): string => {
	const byTime = before.analyzed && now.analyzed;
	const [from, to] = [weightOf(before, byTime), weightOf(now, byTime)];
	if (from === null || to === null) return '';
	const word = byTime ? 'Time' : 'Cost';
	const show = (value: number): string => (byTime ? duration(value / 1000) : shortCount(value));
	const factor = Math.max(from, to) / Math.max(Math.min(from, to), 0.01);
	const change =
		from === to ? 'the same' : factor < 1.01 ? 'about the same' : `${shortCount(factor)} times ${to > from ? 'more' : 'less'}`;
	return `${word} ${show(from)} before, ${show(to)} now: ${change}.`;
};

/** Two plans: side by side on a wide screen, else one above the other. Steps that only one of them has are marked with *. */
export const comparedLines = (kept: TitledPlan, now: TitledPlan, width: number, inAscii: boolean): readonly Line[] => {
	const marked = differingSteps(kept.plan, now.plan);
	const count = marked.size;
	const headline: readonly Line[] = [
		line(changeOf(kept.plan, now.plan), 'strong'),
		count === 0
			? line('Both plans have the same steps.', 'dim')
			: [span('*', 'warn'), span(` marks the steps that differ: ${count}.`, 'dim')],
		[],
	];
	const isBeside = width >= sideBySide;
	const half = isBeside ? Math.floor((width - 3) / 2) : width;
	const column = ({title, plan}: TitledPlan): readonly Line[] => [
		line(title, 'strong'),
		...planLines(plan, half, inAscii, marked),
	];
	const [left, right] = [column(kept), column(now)];
	if (!isBeside) return [...headline, ...left, [], ...right];
	const rule = span(inAscii ? ' | ' : ' │ ', 'dim');
	return [
		...headline,
		...Array.from({length: Math.max(left.length, right.length)}, (_, index) => [
			...fitLine(left[index] ?? [], half),
			rule,
			...fitLine(right[index] ?? [], half),
		]),
	];
};
