import {unreadablePlan} from '../actions/flow/plan-page.ts';
import {comparedLines} from '../explain/compared-lines.ts';
import {aboutPlan, planLines} from '../explain/plan-lines.ts';
import type {KeptPlan, PlanPage} from '../state/state.ts';
import {cleanLines} from '../text/clean.ts';
import {type Line, line, span, textOf, wrap} from '../text/line.ts';
import {timeOfDay} from '../values/instant.ts';

/** Lines of the page of a plan, those that contain the search with another tone. */
export const planPageLines = (page: PlanPage, kept: KeptPlan | undefined, width: number, inAscii: boolean): readonly Line[] => {
	const lines = contentOf(page, kept, width, inAscii);
	const found = new Set(matchesOf(lines, page.search));
	return found.size === 0
		? lines
		: lines.map((each, index) =>
				found.has(index) ? each.map(({text}) => span(text, index === page.found ? 'cursor' : 'key')) : each,
			);
};

/** Indexes of the lines that contain a search; none for an empty one. */
export const matchesOf = (lines: readonly Line[], search: string): readonly number[] => {
	const wanted = search.trim().toLowerCase();
	return wanted === '' ? [] : lines.flatMap((each, index) => (textOf(each).toLowerCase().includes(wanted) ? [index] : []));
};

/** Progress, plan or refusal, then the statement; two plans if an earlier one was kept. */
const contentOf = (page: PlanPage, kept: KeptPlan | undefined, width: number, inAscii: boolean): readonly Line[] => {
	const {request, outcome, plan, waitedMs, askedAt} = page;
	const sentences = (text: string, tone: 'danger' | 'calm' | 'dim'): readonly Line[] =>
		wrap(text, width).map(part => line(part, tone));
	const statement = (query: string, title = 'Statement'): readonly Line[] => [
		[],
		line(title, 'strong'),
		...cleanLines(query)
			.flatMap(text => wrap(text, width))
			.map(text => line(text)),
	];
	if (outcome === undefined) {
		const activity = request.analyze ? 'Executing' : 'Explaining';
		return [line(`${activity} … ${(waitedMs / 1000).toFixed(1)} s, Esc cancels`), ...statement(request.query)];
	}
	if (outcome.outcome !== 'planned' || !plan) {
		const failure = outcome.outcome === 'refused' ? outcome.failure : unreadablePlan;
		return [...sentences(failure.message, 'danger'), ...sentences(failure.hint ?? '', 'calm'), ...statement(request.query)];
	}
	if (kept && kept.request !== request) {
		const other = {title: `Kept at ${timeOfDay(kept.at)}`, plan: kept.plan};
		const now = {title: `Now, ${timeOfDay(askedAt)}`, plan};
		const isSame = kept.of.query === outcome.of.query;
		return [
			...sentences(aboutPlan(outcome.of), 'dim'),
			[],
			...comparedLines(other, now, width, inAscii),
			...statement(outcome.of.query),
			...(isSame ? [] : statement(kept.of.query, 'Statement of the kept plan')),
		];
	}
	return [...sentences(aboutPlan(outcome.of), 'dim'), [], ...planLines(plan, width, inAscii), ...statement(outcome.of.query)];
};
