import {endMaintenance, sayAdminResult, setMaintenancePid} from '../actions/flow/jobs.ts';
import {saySaved, showPlan, showPlanProgress} from '../actions/flow/plan-page.ts';
import {newRoleOf, roleToast} from '../actions/flow/promotion.ts';
import {applySignalResult, checkWatches, stopBatch} from '../actions/flow/watch.ts';
import {append, newest} from '../history/timeline.ts';
import type {Sample} from '../sample/sample.ts';
import {isTiny} from '../state/frame.ts';
import type {Message} from '../state/message.ts';
import {sayLasting, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Link, State} from '../state/state.ts';
import {followCursor, followCursorLive} from '../time/follow.ts';
import {appendRead, endOfRecording, play, schedule} from '../time/replay.ts';
import {searchOn} from '../time/travel.ts';
import {createCommands, panesToWatch} from './commands.ts';
import {createPress} from './press.ts';

export type {Updated} from '../state/pane-state.ts';

// A sentence at the foot stands for this many samples, and for this long where they follow one another quickly.
const toastSamples = 5;
const toastMs = 5000;

/** The state without an open question: what it was asked about is not certain any more. */
const closeQuestion = (state: State): State => (state.overlay?.kind === 'confirm' ? {...state, overlay: undefined} : state);

/** The state without an open question and without what is still to be sent: the server may not be what it was. */
const dropPending = (state: State): State => stopBatch(closeQuestion(state));

/** Whether a sentence stands at the foot until a key is pressed: on a recording that stands still nothing else puts it away. */
const stands = ({toast, replay}: State): boolean => toast !== undefined && (toast.stays === true || replay?.playing === false);

/** The state as a key finds it: it ends a search, and what was to be read until one is pressed was read. */
const clearToast = (state: State): State =>
	state.search || stands(state) ? {...state, search: undefined, toast: undefined} : state;

/** The state as the lanes stand now; at another server nobody can see any more what a signal to the last one did. */
const linked = (state: State, link: Link): State => {
	if (link.state !== 'ready') return dropPending({...state, link});
	const place = link.place ?? state.place;
	const home = state.home ?? link.place;
	if (state.home === undefined || place === state.place) return {...state, link, place, home};
	return sayLasting(dropPending({...state, link, place, home, watches: []}), `This is another server now: ${place}`, 'warn');
};

/** Makes the pure heart of the program: the state after an action, and what the outside world has to do. */
export const createUpdate = (registry: Registry): ((state: State, action: Message) => Updated) => {
	const act = createCommands(registry);
	const press = createPress(registry, act);
	const {panes} = registry;

	const received = (state: State, sample: Sample): Updated => {
		const timeline = append(state.timeline, sample);
		const {toast: said} = state;
		const toast =
			said && !said.stays && sample.seq - said.seq >= Math.max(toastSamples, toastMs / state.options.intervalMs)
				? undefined
				: said;
		const role = state.role ?? registry.role(sample);
		const before = newest(state.timeline);
		const became = newRoleOf(registry, state.timeline, sample);
		// After a promotion everything is asked anew, and what was said yes to before it goes no further.
		const asked = before && registry.role(before) !== registry.role(sample) ? dropPending(state) : state;
		const told = became === undefined ? toast : roleToast(became, sample.seq);
		const [next, ...notes] = checkWatches(registry, {...asked, timeline, role, staleMs: 0, toast: told}, sample);
		// On a held screen a row stands as it is; what became of it is kept for the return to live.
		const follow = state.frozen ? followCursorLive(panes, next, sample) : followCursor(panes, next);
		return [follow, ...notes];
	};

	const decide = (state: State, action: Message): Updated => {
		const {overlay, replay} = state;
		switch (action.type) {
			case 'sample':
				return replay ? [appendRead(panes, state, replay, action.sample)] : received(state, action.sample);
			case 'link':
				return [
					replay && action.link.state !== 'ready'
						? endOfRecording(panes, state, replay, action.link)
						: linked(state, action.link),
				];
			case 'key':
				return press(clearToast(state), action.key);
			case 'resize':
				return [isTiny(action.size) ? closeQuestion({...state, size: action.size}) : {...state, size: action.size}];
			case 'elapsed':
				return action.staleMs === state.staleMs ? [state] : [{...state, staleMs: action.staleMs}];
			case 'painted':
				return overlay?.kind === 'confirm' && overlay.paintedAt === undefined
					? [{...state, overlay: {...overlay, paintedAt: action.at}}]
					: [state];
			case 'woken':
				if (state.search) return [searchOn(registry, state, state.search)];
				return [replay ? play(panes, state, replay, action.elapsedMs) : state];
			case 'resumed':
				return [dropPending(state)];
			case 'signalled':
				return applySignalResult(state, action);
			case 'maintenance-begun': {
				const next = setMaintenancePid(state, action);
				return [next, {type: 'watch', panes: panesToWatch(registry.panes, next)}];
			}
			case 'maintenance-ended': {
				const sample = newest(state.timeline);
				const next = endMaintenance(state, action, sample && registry.holder(sample)?.sentence);
				return [next, {type: 'watch', panes: panesToWatch(registry.panes, next)}];
			}
			case 'admin-done':
				return [sayAdminResult(state, action.command, action.result)];
			case 'explaining':
				return [showPlanProgress(state, action)];
			case 'explained': {
				const sample = newest(state.timeline);
				const roleChanged = sample !== undefined && state.role !== undefined && registry.role(sample) !== state.role;
				return [showPlan(state, action, roleChanged)];
			}
			case 'saved':
				return [saySaved(state, action)];
			case 'bundled':
				return [sayLasting({...state, bundling: false}, action.text, action.ok ? 'good' : 'danger')];
			case 'recording':
				return [{...state, recording: action.failure}];
			default:
				return act(state, action);
		}
	};
	return (state, action) => schedule(state, decide(state, action), action.type === 'woken');
};
