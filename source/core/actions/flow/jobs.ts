import {type Sample, sentences} from '../../sample/sample.ts';
import type {Message} from '../../state/message.ts';
import {sayLasting} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {Sentence, State} from '../../state/state.ts';
import {clean} from '../../text/clean.ts';
import {duration, shortCount} from '../../values/units.ts';
import {type AdminCommand, type AdminResult, adminName} from '../admin.ts';
import {type MaintenanceResult, maintenanceName, type RelationRef} from '../maintenance.ts';

/** The state with the backend of the running maintenance. */
export const setMaintenancePid = (state: State, {pid}: Extract<Message, {type: 'maintenance-begun'}>): State =>
	state.maintenance ? {...state, maintenance: {...state.maintenance, pid}} : state;

/** The state after maintenance, with its result as a toast; `holder` names what holds back VACUUM. */
export const endMaintenance = (
	state: State,
	{maintenance, relation, result}: Extract<Message, {type: 'maintenance-ended'}>,
	holder: string | undefined,
): State => {
	const {text, tone} = resultOf(`${maintenanceName[maintenance]} of ${nameNow(relation, result)}`, relation, result, holder);
	return sayLasting({...state, maintenance: undefined}, text, tone);
};

/** The relation as the statement named it, with its name in the question if it was renamed in between. */
const nameNow = ({name: asked}: RelationRef, {name: sent}: MaintenanceResult): string => {
	const [before, now] = [asked, sent ?? asked].map(name => clean(name).replaceAll('"', ''));
	return now === before || now?.endsWith(`.${before}`) ? asked : `${sent} (${asked} when asked)`;
};

const resultOf = (subject: string, {name}: RelationRef, result: MaintenanceResult, holder: string | undefined): Sentence => {
	const took = duration(result.tookMs / 1000);
	const leftovers = leftoversText(result.leftovers);
	switch (result.outcome) {
		case 'done':
			return doneText(`${subject} took ${took}`, result, holder, leftovers);
		case 'nothing':
			return {text: `${subject} did nothing: ${sentences(result.failure)}`, tone: 'warn'};
		case 'gone':
			return {text: `${subject} not started: ${name} no longer exists.`, tone: 'warn'};
		case 'cancelled':
			return {
				text: `${subject} canceled after ${took}; completed work is kept.${leftovers}`,
				tone: leftovers === '' ? 'calm' : 'warn',
			};
		case 'failed':
			return {text: `${subject} failed: ${sentences(result.failure)}${leftovers}`, tone: 'danger'};
		default:
			return result.outcome satisfies never;
	}
};

const leftoversText = (indexes: readonly string[]): string => {
	if (indexes.length === 0) return '';
	const [noun, pronoun] = indexes.length === 1 ? ['index', 'it'] : ['indexes', 'them'];
	return ` Invalid ${noun} left: ${indexes.join(', ')}. DROP INDEX CONCURRENTLY removes ${pronoun}.`;
};

const doneText = (
	start: string,
	{removed, kept, warnings}: MaintenanceResult,
	holder: string | undefined,
	leftovers: string,
): Sentence => {
	const counts = removed === null ? '' : `: ${shortCount(removed)} dead rows removed`;
	const warning = warnings.length === 0 ? '' : ` Server warnings: ${warnings.join(' ')}`;
	if (!kept)
		return {text: `${start}${counts}.${warning}${leftovers}`, tone: warning === '' && leftovers === '' ? 'good' : 'warn'};
	const reason = holder ?? 'A transaction may still see them.';
	return {text: `${start}${counts}, ${shortCount(kept)} not yet removable. ${reason}${warning}${leftovers}`, tone: 'warn'};
};

/** The newest sample that has a slot: a refresh between its drop and the result no longer does. */
const lastWithSlot = (registry: Registry, {timeline: {samples}}: State, name: string): Sample | undefined => {
	for (let index = samples.length - 1; index >= 0; index--) {
		const sample = samples.at(index) as Sample;
		if (typeof registry.slotNow(name, sample, '') === 'object') return sample;
	}
	return undefined;
};

/** The state after an admin command, with its result as a toast; a dropped slot is watched. */
export const sayAdminResult = (
	registry: Registry,
	state: State,
	command: AdminCommand,
	{outcome, failure, at, effect}: AdminResult,
): State => {
	switch (outcome) {
		case 'done': {
			const next = sayLasting(state, `${adminName(command)}: done.${effect === undefined ? '' : ` ${effect}`}`, 'good');
			if (command.kind !== 'drop-slot' || at === undefined) return next;
			const sample = lastWithSlot(registry, state, command.slot.name);
			if (!sample) return next;
			const watch = {name: command.slot.name, sentAt: at, ...registry.walKept(sample), isGone: false};
			return {...next, slotWatches: [...state.slotWatches, watch]};
		}
		case 'gone':
			return sayLasting(state, `${adminName(command)}: nothing done, it no longer exists.`, 'warn');
		case 'cancelled':
			return sayLasting(state, `${adminName(command)}: canceled. ${sentences(failure)}`, 'warn');
		case 'failed':
			return sayLasting(state, `${adminName(command)} failed: ${sentences(failure)}`, 'danger');
		default:
			return outcome satisfies never;
	}
};
