import {type Plan, planOf} from '../../explain/plan.ts';
import {planText} from '../../explain/plan-lines.ts';
import type {ExplainOutcome, ExplainRequest} from '../../explain/request.ts';
import {escapedJson} from '../../recording/lines.ts';
import type {Failure} from '../../sample/sample.ts';
import type {SavedFile} from '../../state/effect.ts';
import type {Key} from '../../state/key.ts';
import type {Message} from '../../state/message.ts';
import {say, type Updated} from '../../state/pane-state.ts';
import {isMoved, type PlanPage, type State} from '../../state/state.ts';
import {cleanLines} from '../../text/clean.ts';
import type {Instant} from '../../values/instant.ts';
import {fact, type Question, type QuestionContext, question} from '../question.ts';

/** Asks for a plan and opens its page; the page of a row is gone back to. */
export const openPlanPage = (state: State, request: ExplainRequest, askedAt: Instant, openedBy = ''): Updated => {
	const under = state.overlay?.kind === 'inspect' ? state.overlay : undefined;
	const page: PlanPage = {
		kind: 'plan',
		top: 0,
		request,
		askedAt,
		openedBy,
		waitedMs: 0,
		outcome: undefined,
		plan: undefined,
		previous: under,
	};
	return [
		{...state, overlay: page},
		{type: 'explain', request},
	];
};

/** The page that waits for this request, if it is still looked at. */
const waiting = ({overlay}: State, request: ExplainRequest): PlanPage | undefined =>
	overlay?.kind === 'plan' && overlay.request === request && overlay.outcome === undefined ? overlay : undefined;

/** The state while a plan is worked on. */
export const showPlanProgress = (state: State, {request, tookMs}: Extract<Message, {type: 'explaining'}>): State => {
	const page = waiting(state, request);
	return page ? {...state, overlay: {...page, waitedMs: tookMs}} : state;
};

export const unreadablePlan: Failure = {
	code: 'explain',
	message: 'The server answered something that is no plan.',
	hint: 'Try again.',
};

/** The state once a plan came, was refused, or needs a yes first. */
export const showPlan = (
	state: State,
	{request, outcome}: Extract<Message, {type: 'explained'}>,
	roleChanged: boolean,
): State => {
	const page = waiting(state, request);
	if (!page) return state;
	if (outcome.outcome === 'risky') {
		const {askedAt, openedBy} = page;
		return {...state, overlay: explainQuestion(request, outcome.risks, {askedAt, openedBy, roleChanged, moved: isMoved(state)})};
	}
	const plan = outcome.outcome === 'planned' ? planOf(outcome.json) : undefined;
	const read = outcome.outcome === 'planned' && !plan ? ({outcome: 'refused', failure: unreadablePlan} as const) : outcome;
	return {...state, overlay: {...page, outcome: read, plan}};
};

/** The question before a statement is planned at a risk, or executed; it always wants a typed word. */
const explainQuestion = (request: ExplainRequest, risks: readonly string[], asked: QuestionContext): Question => {
	const {analyze, query, role, database, pid} = request;
	// The whole of it, for what the first line looks like is the choice of whoever wrote it.
	const whole = cleanLines(query)
		.map(text => text.trim())
		.filter(text => text !== '')
		.join(' ');
	return question(asked, {
		action: {kind: 'explain', request: {...request, accepted: risks}},
		title: analyze ? 'Execute the statement to explain it?' : 'Explain the statement?',
		facts: [fact('of', `${role}@${database}${pid === null ? '' : `, session ${pid}`}`), fact('runs', whole, 'calm', 8)],
		sql: `explain (format json, settings${analyze ? ', analyze, buffers' : ''}) …`,
		risks,
		verb: analyze ? 'executes it' : 'explains it',
		word: analyze ? 'analyze' : 'explain',
		declineText: 'Nothing was explained.',
	});
};

/** What Esc does on the page of a plan: what is still waited for is given up. */
export const leavePlan = (state: State, page: PlanPage): Updated => {
	const left = {...state, overlay: page.previous};
	return page.outcome === undefined ? [say(left, 'The plan was given up.', 'calm'), {type: 'abandon'}] : [left];
};

/** The keys that copy and save a plan. */
export const planKey = (state: State, page: PlanPage, key: Key): Updated => {
	const {plan, outcome} = page;
	if (!plan || outcome?.outcome !== 'planned') return [state];
	if (key.name === 'y')
		return [
			say(state, 'Copied to the clipboard, where the terminal allows it.', 'calm'),
			{type: 'copy', text: planText(plan, outcome.of)},
		];
	return key.name === 'x' ? [state, {type: 'save', files: planFiles(page, plan, outcome)}] : [state];
};

const planFiles = (
	{request, askedAt}: PlanPage,
	plan: Plan,
	{json, of}: Extract<ExplainOutcome, {outcome: 'planned'}>,
): readonly SavedFile[] => {
	const whose = request.pid ?? (/^-?\d+$/.test(request.queryId ?? '') ? request.queryId : 'statement');
	const when = askedAt.slice(0, 19).replaceAll(/[-:]/g, '');
	const name = `pgtriage-plan-${whose}-${when}`;
	return [
		{name: `${name}.txt`, text: planText(plan, of)},
		{name: `${name}.json`, text: `${escapedJson(json.trimEnd())}\n`},
	];
};

/** The state after files were written, or not. */
export const saySaved = (state: State, {names, failure}: Extract<Message, {type: 'saved'}>): State =>
	failure === undefined ? say(state, `Saved as ${names.join(' and ')}.`, 'good') : say(state, failure, 'danger');
