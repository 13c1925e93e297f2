import {type Plan, planOf} from '../../explain/plan.ts';
import {aboutPlan, planStatement, planText} from '../../explain/plan-lines.ts';
import type {ExplainOutcome, ExplainRequest} from '../../explain/request.ts';
import {escapedJson} from '../../recording/lines.ts';
import type {Failure} from '../../sample/sample.ts';
import type {SavedFile} from '../../state/effect.ts';
import type {Key} from '../../state/key.ts';
import type {Message} from '../../state/message.ts';
import {say, type Updated} from '../../state/pane-state.ts';
import {circumstancesOf, type PlanPage, type State} from '../../state/state.ts';
import {cleanLines} from '../../text/clean.ts';
import type {Instant} from '../../values/instant.ts';
import {fact, type Question, type QuestionContext, question} from '../question.ts';

/** Requests a plan and opens its page, from which one returns to the page of a row. */
export const openPlanPage = (state: State, request: ExplainRequest, askedAt: Instant, openedBy = ''): Updated => {
	const page: PlanPage = {
		kind: 'plan',
		top: 0,
		request,
		askedAt,
		openedBy,
		waitedMs: 0,
		outcome: undefined,
		plan: undefined,
		search: '',
		isTyping: false,
		found: undefined,
		previous: state.overlay?.kind === 'inspect' ? state.overlay : undefined,
	};
	return [
		{...state, overlay: page},
		{type: 'explain', request},
	];
};

/** The open page that waits for this request. */
const pendingPage = ({overlay}: State, request: ExplainRequest): PlanPage | undefined =>
	overlay?.kind === 'plan' && overlay.request === request && overlay.outcome === undefined ? overlay : undefined;

/** Updates the time that the page has waited. */
export const showPlanProgress = (state: State, {request, tookMs}: Extract<Message, {type: 'explaining'}>): State => {
	const page = pendingPage(state, request);
	return page ? {...state, overlay: {...page, waitedMs: tookMs}} : state;
};

/** Failure of an answer that is not a plan. */
export const unreadablePlan: Failure = {
	code: 'explain',
	message: "The server's answer is not a plan.",
	hint: 'Try again.',
};

/** Shows the plan or its refusal, or asks about its risks first. */
export const showPlan = (
	state: State,
	{request, outcome}: Extract<Message, {type: 'explained'}>,
	roleChanged: boolean,
): State => {
	const page = pendingPage(state, request);
	if (!page) return state;
	if (outcome.outcome === 'risky') {
		const {askedAt, openedBy} = page;
		const context = {askedAt, openedBy, roleChanged, ...circumstancesOf(state)};
		return {...state, overlay: explainQuestion(request, outcome, context)};
	}
	const plan = outcome.outcome === 'planned' ? planOf(outcome.json) : undefined;
	const result = outcome.outcome === 'planned' && !plan ? ({outcome: 'refused', failure: unreadablePlan} as const) : outcome;
	return {...state, overlay: {...page, outcome: result, plan}};
};

/** The question before EXPLAIN with risks, or EXPLAIN ANALYZE; always needs a typed word. */
const explainQuestion = (
	request: ExplainRequest,
	{risks, sql}: Extract<ExplainOutcome, {outcome: 'risky'}>,
	context: QuestionContext,
): Question => {
	const {analyze, query, role, database, pid} = request;
	// All of it: its author controls how the first line looks.
	const statement = cleanLines(query)
		.map(text => text.trim())
		.filter(text => text !== '')
		.join(' ');
	return question(context, {
		action: {kind: 'explain', request: {...request, accepted: risks, sql}},
		title: analyze ? 'Execute the statement for EXPLAIN ANALYZE?' : 'Explain the statement?',
		facts: [fact('role', `${role}@${database}${pid === null ? '' : `, session ${pid}`}`), fact('runs', statement, 'calm', 8)],
		sql,
		risks,
		verb: analyze ? 'execute' : 'explain',
		word: analyze ? 'analyze' : 'explain',
		declineText: 'Nothing explained.',
	});
};

/** Leaves the page of a plan; cancels a pending request. */
export const leavePlan = (state: State, page: PlanPage): Updated => {
	const next = {...state, overlay: page.previous};
	return page.outcome === undefined ? [say(next, 'EXPLAIN canceled.', 'calm'), {type: 'abandon'}] : [next];
};

/** Handles `y`, `x` and `'`, which copy, save and keep a plan; undefined for other keys. */
export const planKey = (state: State, page: PlanPage, key: Key): Updated | undefined => {
	const {plan, outcome} = page;
	if (!plan || outcome?.outcome !== 'planned') return undefined;
	if (key.name === 'y')
		return [
			say(state, 'Copied to the clipboard (if the terminal allows it).', 'calm'),
			{type: 'copy', text: `${planText(plan)}\n${aboutPlan(outcome.of)}\n\n${cleanLines(outcome.of.query).join('\n')}\n`},
		];
	if (key.name === "'") {
		const kept = {plan, of: outcome.of, at: page.askedAt, request: page.request};
		return [say({...state, kept}, 'Kept: the next plan is shown beside this one.', 'good')];
	}
	return key.name === 'x' ? [state, {type: 'save', files: planFiles(page, plan, outcome)}] : undefined;
};

const planFiles = (
	{request, askedAt}: PlanPage,
	plan: Plan,
	{json, of}: Extract<ExplainOutcome, {outcome: 'planned'}>,
): readonly SavedFile[] => {
	const subject = request.pid ?? (/^-?\d+$/.test(request.queryId ?? '') ? request.queryId : 'statement');
	const time = askedAt.slice(0, 19).replaceAll(/[-:]/g, '');
	const name = `pgtriage-plan-${subject}-${time}`;
	return [
		{name: `${name}.txt`, text: planText(plan)},
		{name: `${name}.sql`, text: planStatement(of)},
		{name: `${name}.json`, text: `${escapedJson(json.trimEnd())}\n`},
	];
};

/** Reports written files, or the failure. */
export const saySaved = (state: State, {names, failure}: Extract<Message, {type: 'saved'}>): State =>
	failure === undefined ? say(state, `Saved as ${names.join(' and ')}.`, 'good') : say(state, failure, 'danger');
