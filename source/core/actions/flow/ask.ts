import type {Sample} from '../../sample/sample.ts';
import {isTiny} from '../../state/frame.ts';
import type {Command} from '../../state/message.ts';
import {say, type Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import {isMoved, type State} from '../../state/state.ts';
import {shownSample} from '../../state/view.ts';
import type {AdminCommand} from '../admin.ts';
import {adminQuestion} from '../admin-question.ts';
import {maintenanceName} from '../maintenance.ts';
import {maintenanceQuestion} from '../maintenance-question.ts';
import type {QuestionContext} from '../question.ts';
import {signalQuestion} from '../signal-question.ts';
import {situationOf} from './situation.ts';

/** What asks before it changes the server. */
type Asking = Extract<Command, {type: 'ask' | 'maintain' | 'admin'}>;

/** Makes what opens the question before an action; `openedBy` is the key that asked for it. */
export const createAsk = (registry: Registry): ((state: State, command: Asking, openedBy: string) => Updated) => {
	const adminCommandOf = (state: State, sample: Sample, kind: AdminCommand['kind']): AdminCommand | undefined => {
		switch (kind) {
			case 'rollback-prepared': {
				const {prepared} = situationOf(registry, state);
				return prepared && {kind, transaction: prepared};
			}
			case 'reload':
				return {kind};
			case 'reset-statistics': {
				const database = registry.database(sample);
				return database === undefined ? undefined : {kind, database};
			}
		}
	};

	const questionOf = (state: State, command: Asking, sample: Sample, asked: QuestionContext): State['overlay'] => {
		switch (command.type) {
			case 'ask': {
				const {targets, tagged} = situationOf(registry, state);
				return targets.length === 0 ? undefined : signalQuestion(command.signal, targets, {...asked, tagged: tagged > 0});
			}
			case 'maintain': {
				const {relation} = situationOf(registry, state);
				const holder = registry.holder(sample);
				const held = holder?.isTrouble ? holder.sentence : undefined;
				return relation && maintenanceQuestion(command.maintenance, relation.of, {...asked, about: relation.about, holder: held});
			}
			case 'admin': {
				const order = adminCommandOf(state, sample, command.command);
				return order && adminQuestion(order, {...asked, facts: order.kind === 'reload' ? registry.pending(sample) : []});
			}
		}
	};

	return (state, command, openedBy) => {
		if (command.type === 'maintain' && state.maintenance?.maintenance === command.maintenance)
			return [
				say(
					{...state, maintenance: {...state.maintenance, stopping: true}},
					`${maintenanceName[command.maintenance]} of ${state.maintenance.relation.name} is asked to stop.`,
					'calm',
				),
				{type: 'stop'},
			];
		const sample = shownSample(state);
		if (!sample) return [state];
		if (isTiny(state.size)) return [say(state, 'The screen is too small to ask: 40x8 is the least.')];
		const roleChanged = state.role !== undefined && registry.role(sample) !== state.role;
		const question = questionOf(state, command, sample, {askedAt: sample.at, openedBy, roleChanged, moved: isMoved(state)});
		return [question ? {...state, overlay: question} : say(state, 'That is not known yet: try again with the next sample.')];
	};
};
