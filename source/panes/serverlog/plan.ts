import {type Plan, planOf} from '../../core/explain/plan.ts';
import {planOfText} from '../../core/explain/plan-text.ts';

/** A plan that auto_explain logged, and the time of its statement as it was written; the statement, if it can be told apart. */
export type LoggedPlan = {readonly plan: Plan; readonly duration: string; readonly statement: string | null};

const head = /^\D{0,40}: ([\d.]+ \S+) {2}[^:\n]{1,40}:\n/;

const queryText = (json: string): string | null => {
	try {
		const parsed = JSON.parse(json) as Readonly<Record<string, unknown>>;
		const text = parsed['Query Text'];
		return typeof text === 'string' ? text : null;
	} catch {
		return null;
	}
};

// The text comes first; the first line that is a step ends it.
const textBefore = (body: string): string | null =>
	/^Query Text: ([\s\S]*?)\n(?:Query Parameters: .*\n)?(?=.* {2}\(cost=)/.exec(body)?.[1] ?? null;

/** Plan in the message of an entry of auto_explain, in its formats text and json; undefined if the message is not one. */
export const loggedPlan = (message: string): LoggedPlan | undefined => {
	const match = head.exec(message);
	if (!match) return undefined;
	const body = message.slice(match[0].length);
	const isJson = body.startsWith('{');
	const plan = isJson ? planOf(`[${body}]`) : planOfText(body);
	return plan && {plan, duration: match[1] ?? '', statement: isJson ? queryText(body) : textBefore(body)};
};
