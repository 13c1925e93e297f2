import {cleanLines, widthOf} from '../text/clean.ts';
import {type Line, line, lineWidth, type Span, span, type Tone, wrap} from '../text/line.ts';
import {duration, percent, shortCount} from '../values/units.ts';
import type {Plan, PlanNode} from './plan.ts';
import type {Explained} from './request.ts';

// A plan cheaper than this is not highlighted, even if one step is most of it.
const expensiveCost = 1000;
const expensiveMs = 50;
const mostShare = 0.6;
const muchShare = 0.3;
const farOff = 100;
const off = 10;
const fewRows = 100;

const shareTone = ({share}: PlanNode, isExpensive: boolean): Tone => {
	if (!isExpensive || share === null || share < muchShare) return 'dim';
	return share >= mostShare ? 'danger' : 'warn';
};

/** Misestimate of the planner in words; undefined if it does not matter. */
const misestimate = ({misestimate: factor, rows, actual}: PlanNode): {readonly text: string; readonly tone: Tone} | undefined => {
	if (factor === null || actual === null || rows === null || Math.max(actual.rows, rows) < fewRows) return undefined;
	const wrong = factor >= 1 ? factor : 1 / factor;
	if (wrong < off) return undefined;
	return {
		text: `${shortCount(wrong)} times ${factor >= 1 ? 'more' : 'fewer'} than planned`,
		tone: wrong >= farOff ? 'danger' : 'warn',
	};
};

const figures = (node: PlanNode): readonly Span[] => {
	const {actual, rows, totalCost} = node;
	if (node.never) return [span('  never executed', 'dim')];
	const planned = rows === null ? '' : `${shortCount(rows)} rows`;
	if (actual === null)
		return [span(`  ${[planned, totalCost === null ? '' : `cost ${shortCount(totalCost)}`].filter(Boolean).join(', ')}`, 'dim')];
	const wrong = misestimate(node);
	const estimated = rows === null ? '' : `, estimated ${shortCount(rows)}`;
	const loops = actual.loops > 1 ? `, ${shortCount(actual.loops)} loops` : '';
	return [
		span(`  ${duration((actual.ms * Math.max(1, actual.loops)) / 1000)}, ${shortCount(actual.rows)} rows${estimated}${loops}`),
		...(wrong ? [span(`, ${wrong.text}`, wrong.tone)] : []),
	];
};

const shareWidth = 5;

type Branches = {readonly last: string; readonly next: string; readonly through: string};
const unicode: Branches = {last: '└ ', next: '├ ', through: '│ '};
const ascii: Branches = {last: '` ', next: '+ ', through: '| '};

/** Figures of a step on lines of their own; the misestimate has the second one if both are too long for one. */
const tailLines = (tail: readonly Span[], room: number): readonly Line[] => {
	const [first, ...rest] = tail;
	return first && rest.length > 0 && lineWidth(tail) > room - 2 ? [[first], [span('  '), ...rest]] : [tail];
};

type Look = {
	readonly width: number;
	readonly branches: Branches;
	readonly isExpensive: boolean;
	/** Steps that another plan does not have. */
	readonly marked: ReadonlySet<PlanNode>;
};

const nodeLines = (node: PlanNode, prefix: {readonly first: string; readonly rest: string}, look: Look): readonly Line[] => {
	const {width, branches, isExpensive, marked} = look;
	const share = node.share === null ? '' : percent(node.share);
	const tone = shareTone(node, isExpensive);
	const margin = ' '.repeat(shareWidth + 1);
	// Deep in the tree on a narrow screen some room is always left.
	const room = Math.max(20, width - margin.length - prefix.first.length);
	const [title = '', ...more] = wrap(`${node.role === '' ? '' : `${node.role}: `}${node.title}`, room);
	const tail = figures(node);
	const fits = more.length === 0 && widthOf(title) + lineWidth(tail) <= room;
	const below = `${margin}${prefix.rest}${node.children.length > 0 ? branches.through : '  '}  `;
	const titleTone = tone === 'dim' ? 'strong' : tone;
	const titles: readonly Line[] = [
		[
			span(share.padStart(shareWidth), tone),
			marked.has(node) ? span('*', 'warn') : span(' '),
			span(prefix.first, 'dim'),
			span(title, titleTone),
			...(fits ? tail : []),
		],
		...more.map((text): Line => [span(below, 'dim'), span(text, titleTone)]),
		...(fits ? [] : tailLines(tail, room).map((part): Line => [span(below, 'dim'), ...part])),
	];
	const details = node.details.flatMap(([label, text]) =>
		wrap(`${label}: ${text}`, Math.max(20, width - below.length - 2)).map((part, index): Line => {
			const isFirst = index === 0 && part.startsWith(`${label}:`);
			return [
				span(below, 'dim'),
				...(isFirst ? [span(`${label}:`, 'dim'), span(part.slice(label.length + 1))] : [span(`  ${part}`)]),
			];
		}),
	);
	const children = node.children.flatMap((child, index) => {
		const isLast = index === node.children.length - 1;
		return nodeLines(
			child,
			{
				first: `${prefix.rest}${isLast ? branches.last : branches.next}`,
				rest: `${prefix.rest}${isLast ? '  ' : branches.through}`,
			},
			look,
		);
	});
	return [...titles, ...details, ...children];
};

/** Lines of a plan tree: the share of each step, its title, and below it the details from EXPLAIN; `*` before marked steps. */
export const planLines = (
	plan: Plan,
	width: number,
	inAscii: boolean,
	marked: ReadonlySet<PlanNode> = new Set(),
): readonly Line[] => {
	const tree = plan.roots.flatMap((root, index) => {
		const isExpensive = plan.analyzed ? (root.actual?.ms ?? 0) >= expensiveMs : (root.totalCost ?? 0) >= expensiveCost;
		const look = {width, branches: inAscii ? ascii : unicode, isExpensive, marked};
		return [...(index === 0 ? [] : [[]]), ...nodeLines(root, {first: '', rest: ''}, look)];
	});
	const notes = plan.notes.flatMap(([label, text]) => wrap(`${label}: ${text}`, width).map(part => line(part, 'dim')));
	return [
		line(`${plan.analyzed ? 'time' : 'cost'}`.padStart(shareWidth), 'dim'),
		...tree,
		...(notes.length === 0 ? [] : [[], ...notes]),
	];
};

/** Origin of the plan and its limits, as one paragraph. */
export const aboutPlan = ({role, rights, path, analyzed, normalised, tookMs, notes}: Explained): string =>
	[
		analyzed ? 'Executed in a read-only transaction and rolled back.' : 'Not executed.',
		`Generic plan as role ${role} with its default settings (session SETs unknown)${rights === 'role' ? '' : ', but with the privileges of our own login'}.`,
		`search_path: ${path === '' ? 'empty' : path}.`,
		...notes,
		...(normalised ? ['Text from pg_stat_statements, with parameters for values.'] : []),
		`Took ${duration(tookMs / 1000)}.`,
	].join(' ');

const number = (value: number | null, digits: number): string => (value === null ? '?' : value.toFixed(digits));

const actualText = ({actual, never}: PlanNode): string => {
	if (actual === null) return '';
	if (never) return ' (never executed)';
	const {startMs, ms, rows, loops} = actual;
	return ` (actual time=${number(startMs, 3)}..${number(ms, 3)} rows=${rows} loops=${loops})`;
};

/** Details as psql prints them: `Sort Method: quicksort  Memory: 25kB` on one line. */
const detailTexts = ({details}: PlanNode): readonly string[] => {
	const all = new Map(details);
	const [method, space, where] = ['Sort Method', 'Sort Space Used', 'Sort Space Type'].map(label => all.get(label));
	const isSort = method !== undefined && space !== undefined && where !== undefined;
	return details.flatMap(([label, text]) => {
		if (!isSort || !label.startsWith('Sort ') || label === 'Sort Key') return [`${label}: ${text}`];
		return label === 'Sort Method' ? [`${label}: ${text}  ${where}: ${space}`] : [];
	});
};

const nodeText = (node: PlanNode, indent: number): readonly string[] => {
	const cost = `(cost=${number(node.startupCost, 2)}..${number(node.totalCost, 2)} rows=${number(node.rows, 0)} width=${number(node.width, 0)})`;
	const margin = ' '.repeat(indent);
	const inner = ' '.repeat(indent === 0 ? 2 : indent + 6);
	return [
		`${margin}${indent === 0 ? '' : '->  '}${node.title}  ${cost}${actualText(node)}`,
		...detailTexts(node).map(text => `${inner}${text}`),
		...node.children.flatMap(child =>
			child.role === '' ? nodeText(child, inner.length) : [`${inner}${child.role}`, ...nodeText(child, inner.length + 2)],
		),
	];
};

const noteText = ([label, text]: Plan['notes'][number]): readonly string[] => {
	const planning = /^Planning (buffers|memory)$/.exec(label)?.[1];
	if (planning !== undefined) return ['Planning:', `  ${planning === 'memory' ? 'Memory' : 'Buffers'}: ${text}`];
	return [`${label.replace(/ time$/, ' Time')}: ${text}`];
};

/** A plan as psql's EXPLAIN prints it, which readers of plans accept; names are cleaned. */
export const planText = (plan: Plan): string => {
	const lines = [...plan.roots.flatMap(root => nodeText(root, 0)), ...plan.notes.flatMap(noteText)];
	return `${lines.flatMap(cleanLines).join('\n')}\n`;
};

/** The statement of a plan with its origin as a comment. */
export const planStatement = (of: Explained): string => `${[`-- ${aboutPlan(of)}`, ...cleanLines(of.query)].join('\n')}\n`;
