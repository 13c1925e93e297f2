import {pastOf} from '../../history/moment.ts';
import type {Sample} from '../../sample/sample.ts';
import {isTiny} from '../../state/frame.ts';
import type {Command} from '../../state/message.ts';
import {paneState, say, type Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import {circumstancesOf, type State} from '../../state/state.ts';
import {shownSample} from '../../state/view.ts';
import type {AdminCommand} from '../admin.ts';
import {adminQuestion} from '../admin-question.ts';
import {maintenanceName} from '../maintenance.ts';
import {maintenanceQuestion} from '../maintenance-question.ts';
import type {Question, QuestionContext} from '../question.ts';
import {signalQuestion} from '../signal-question.ts';
import {matchingTargets} from './selection.ts';
import {situationOf} from './situation.ts';

/** Commands that need a confirmation. */
type AskCommand = Extract<Command, {type: 'ask' | 'maintain' | 'admin'}>;

/** Opens the question before an action, or cancels running maintenance; `openedBy` is the key behind it. */
export const ask = (registry: Registry, state: State, command: AskCommand, openedBy: string): Updated => {
	const run = state.maintenance;
	if (command.type === 'maintain' && run?.maintenance === command.maintenance) {
		const text = `Canceling ${maintenanceName[run.maintenance]} of ${run.relation.name}.`;
		return [say({...state, maintenance: {...run, stopping: true}}, text, 'calm'), {type: 'stop'}];
	}
	if (command.type === 'admin' && command.command === 'pooler-pause' && state.pausing)
		return [say(state, `Canceling PAUSE ${state.pausing.database}: RESUME is sent.`, 'calm'), {type: 'withdraw'}];
	const sample = shownSample(state);
	if (!sample) return [state];
	if (isTiny(state.size)) return [say(state, 'Screen too small to ask for confirmation (minimum 40x8).')];
	const roleChanged = state.role !== undefined && registry.role(sample) !== state.role;
	const context = {askedAt: sample.at, openedBy, roleChanged, ...circumstancesOf(state)};
	const question = questionOf(registry, state, command, sample, context);
	return [question ? {...state, overlay: question} : say(state, 'Not known yet: try again after the next sample.')];
};

const questionOf = (
	registry: Registry,
	state: State,
	command: AskCommand,
	sample: Sample,
	context: QuestionContext,
): Question | undefined => {
	const situation = situationOf(registry, state);
	switch (command.type) {
		case 'ask': {
			const {targets, tagged} = situation;
			if (targets.length === 0) return undefined;
			const selection = {pane: state.pane, filter: paneState(state).filter};
			const past = pastOf(state.timeline, state.frozen);
			const matching = new Set(matchingTargets(registry, selection.pane, selection.filter, sample, past).keys());
			return signalQuestion(command.signal, targets, {...context, tagged: tagged > 0, selection, matching});
		}
		case 'maintain': {
			const {relation} = situation;
			const holder = registry.holder(sample);
			const sentence = holder?.isTrouble ? holder.sentence : undefined;
			return (
				relation && maintenanceQuestion(command.maintenance, relation.of, {...context, about: relation.about, holder: sentence})
			);
		}
		case 'admin': {
			const admin = adminCommandOf(registry, state, sample, command.command);
			const facts = admin?.kind === 'reload' ? registry.pending(sample) : [];
			return admin && adminQuestion(admin, {...context, facts});
		}
		default:
			return command satisfies never;
	}
};

const adminCommandOf = (
	registry: Registry,
	state: State,
	sample: Sample,
	kind: AdminCommand['kind'],
): AdminCommand | undefined => {
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
		case 'drop-slot': {
			const {slot} = situationOf(registry, state);
			return slot && {kind, slot};
		}
		case 'reset-statement': {
			const {entry} = situationOf(registry, state);
			return entry && {kind, entry};
		}
		case 'reset-statements': {
			const statistics = registry.statistics(sample);
			return statistics && {kind, statistics};
		}
		case 'pooler-pause':
		case 'pooler-resume':
		case 'pooler-reconnect': {
			const {pooler} = situationOf(registry, state);
			return pooler && {kind, pool: pooler.pool};
		}
		case 'pooler-kill-client': {
			const {pooler} = situationOf(registry, state);
			return pooler?.client && {kind, client: pooler.client};
		}
		default:
			return kind satisfies never;
	}
};
