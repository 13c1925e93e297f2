import {sentences} from '../../sample/sample.ts';
import type {Action} from '../../state/message.ts';
import {sayLasting} from '../../state/pane-state.ts';
import type {State, Toast} from '../../state/state.ts';
import {count, duration} from '../../values/units.ts';
import {type Order, type OrderResult, orderName} from '../admin.ts';
import {type Relation, type TaskResult, taskName} from '../maintenance.ts';

/** The state once the server works on a task: by which backend. */
export const begun = (state: State, {pid}: Extract<Action, {type: 'begun'}>): State =>
	state.job ? {...state, job: {...state.job, pid}} : state;

/** The state after a task has ended, with what became of it in words; `holder` says who kept VACUUM from removing more. */
export const ended = (
	state: State,
	{task, relation, result}: Extract<Action, {type: 'ended'}>,
	holder: string | undefined,
): State => {
	const {text, tone} = resultOf(`${taskName[task]} of ${relation.name}`, relation, result, holder);
	return sayLasting({...state, job: undefined}, text, tone);
};

const resultOf = (
	what: string,
	{name}: Relation,
	result: TaskResult,
	holder: string | undefined,
): Pick<Toast, 'text' | 'tone'> => {
	const took = duration(result.tookMs / 1000);
	const left =
		result.leftovers.length === 0
			? ''
			: ` It left ${result.leftovers.join(', ')} invalid: drop index concurrently removes ${result.leftovers.length === 1 ? 'it' : 'them'}.`;
	switch (result.outcome) {
		case 'done':
			return cleanedOf(`${what} took ${took}`, result, holder, left);
		case 'nothing':
			return {text: `${what} did nothing: ${sentences(result.failure)}`, tone: 'warn'};
		case 'gone':
			return {text: `${what} was not begun: ${name} is not there any more.`, tone: 'warn'};
		case 'cancelled':
			return {
				text: `${what} was cancelled after ${took}; what it had done stays done.${left}`,
				tone: left === '' ? 'calm' : 'warn',
			};
		case 'failed':
			return {text: `${what} failed: ${sentences(result.failure)}${left}`, tone: 'danger'};
	}
};

const cleanedOf = (
	took: string,
	{removed, kept, warnings}: TaskResult,
	holder: string | undefined,
	left: string,
): Pick<Toast, 'text' | 'tone'> => {
	const gone = removed === null ? '' : `: ${count(removed)} dead rows removed`;
	const warned = warnings.length === 0 ? '' : ` The server warned: ${warnings.join(' ')}`;
	if (!kept) return {text: `${took}${gone}.${warned}${left}`, tone: warned === '' && left === '' ? 'good' : 'warn'};
	return {
		text: `${took}${gone}, ${count(kept)} cannot be yet. ${holder ?? 'Somebody may still see them.'}${warned}${left}`,
		tone: 'warn',
	};
};

/** The state after an order was carried out, or not. */
export const ordered = (state: State, order: Order, {outcome, failure}: OrderResult): State => {
	switch (outcome) {
		case 'done':
			return sayLasting(state, `${orderName(order)}: done.`, 'good');
		case 'gone':
			return sayLasting(state, `${orderName(order)}: nothing was done, it had ended before.`, 'warn');
		case 'failed':
			return sayLasting(state, `${orderName(order)} failed: ${sentences(failure)}`, 'danger');
	}
};
