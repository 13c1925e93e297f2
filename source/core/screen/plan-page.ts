import {unreadablePlan} from '../actions/flow/plan-page.ts';
import {aboutPlan, planLines} from '../explain/plan-lines.ts';
import type {PlanPage} from '../state/state.ts';
import {cleanLines} from '../text/clean.ts';
import {type Line, line, wrap} from '../text/line.ts';

/** Lines of the page of a plan: progress, plan or refusal, then the statement. */
export const planPageLines = (page: PlanPage, width: number, inAscii: boolean): readonly Line[] => {
	const {request, outcome, plan, waitedMs} = page;
	const sentences = (text: string, tone: 'danger' | 'calm' | 'dim'): readonly Line[] =>
		wrap(text, width).map(part => line(part, tone));
	const statement = (query: string): readonly Line[] => [
		[],
		line('Statement', 'strong'),
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
	return [...sentences(aboutPlan(outcome.of), 'dim'), [], ...planLines(plan, width, inAscii), ...statement(outcome.of.query)];
};
