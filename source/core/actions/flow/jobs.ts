import {sentences} from '../../sample/sample.ts';
import type {Message} from '../../state/message.ts';
import {sayLasting} from '../../state/pane-state.ts';
import type {State, Toast} from '../../state/state.ts';
import {duration, shortCount} from '../../values/units.ts';
import {type AdminCommand, type AdminResult, adminName} from '../admin.ts';
import {type MaintenanceResult, maintenanceName, type RelationRef} from '../maintenance.ts';

/** The state once the server works on a task: by which backend. */
export const setMaintenancePid = (state: State, {pid}: Extract<Message, {type: 'maintenance-begun'}>): State =>
	state.maintenance ? {...state, maintenance: {...state.maintenance, pid}} : state;

/** The state after a task has ended, with what became of it in words; `holder` says who kept VACUUM from removing more. */
export const endMaintenance = (
	state: State,
	{maintenance: task, relation, result}: Extract<Message, {type: 'maintenance-ended'}>,
	holder: string | undefined,
): State => {
	const {text, tone} = resultOf(`${maintenanceName[task]} of ${relation.name}`, relation, result, holder);
	return sayLasting({...state, maintenance: undefined}, text, tone);
};

const resultOf = (
	what: string,
	{name}: RelationRef,
	result: MaintenanceResult,
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
	{removed, kept, warnings}: MaintenanceResult,
	holder: string | undefined,
	left: string,
): Pick<Toast, 'text' | 'tone'> => {
	const gone = removed === null ? '' : `: ${shortCount(removed)} dead rows removed`;
	const warned = warnings.length === 0 ? '' : ` The server warned: ${warnings.join(' ')}`;
	if (!kept) return {text: `${took}${gone}.${warned}${left}`, tone: warned === '' && left === '' ? 'good' : 'warn'};
	return {
		text: `${took}${gone}, ${shortCount(kept)} cannot be yet. ${holder ?? 'Somebody may still see them.'}${warned}${left}`,
		tone: 'warn',
	};
};

/** The state after an order was carried out, or not. */
export const sayAdminResult = (state: State, command: AdminCommand, {outcome, failure}: AdminResult): State => {
	switch (outcome) {
		case 'done':
			return sayLasting(state, `${adminName(command)}: done.`, 'good');
		case 'gone':
			return sayLasting(state, `${adminName(command)}: nothing was done, it had ended before.`, 'warn');
		case 'failed':
			return sayLasting(state, `${adminName(command)} failed: ${sentences(failure)}`, 'danger');
	}
};
