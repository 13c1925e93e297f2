import {followBatch, stopBatch} from '../actions/flow/batch.ts';
import {endMaintenance, sayAdminResult, setMaintenancePid} from '../actions/flow/jobs.ts';
import {followTargets} from '../actions/flow/news.ts';
import {endPause} from '../actions/flow/pause.ts';
import {saySaved, showPlan, showPlanProgress} from '../actions/flow/plan-page.ts';
import {newRoleOf, otherServerToast, roleToast} from '../actions/flow/promotion.ts';
import {followSlots} from '../actions/flow/slot-watch.ts';
import {applySignalResult, checkWatches} from '../actions/flow/watch.ts';
import {append, newest} from '../history/timeline.ts';
import type {Sample} from '../sample/sample.ts';
import {signOfAnother} from '../sample/server-identity.ts';
import {chartHeight, isTiny} from '../state/frame.ts';
import type {Key} from '../state/key.ts';
import type {Message} from '../state/message.ts';
import {paneState, sayLasting, type Updated} from '../state/pane-state.ts';
import {detailedSession} from '../state/referred.ts';
import type {Registry} from '../state/registry.ts';
import {settleColumns} from '../state/settling.ts';
import type {Link, State} from '../state/state.ts';
import {ageEndedRow, followCursor, followCursorLive, withoutEnded} from '../time/follow.ts';
import {appendRead, endOfRecording, play, schedule} from '../time/replay.ts';
import {searchOn} from '../time/search.ts';
import {createCommands} from './commands.ts';
import {sayWritten} from './output-commands.ts';
import {panesToWatch} from './pane-commands.ts';
import {createPress} from './press.ts';

export type {Updated} from '../state/pane-state.ts';

// A toast is shown for this many samples, and for at least this long if samples come faster than once a second.
const toastSamples = 5;
const toastMs = 5000;

/** Closes an open question: its target is no longer certain. */
const closeQuestion = (state: State): State => (state.overlay?.kind === 'confirm' ? {...state, overlay: undefined} : state);

/** Closes an open question and stops unsent signals: the server may have changed. */
const dropPending = (state: State, reason: string): State => stopBatch(closeQuestion(state), reason);

/** True if the toast stays until a key is pressed; in a paused recording every toast does. */
const hasLastingToast = ({toast, replay}: State): boolean =>
	toast !== undefined && (toast.stays === true || replay?.playing === false);

/** Clears a lasting toast and stops a search, at a key press. */
const clearToast = (state: State): State =>
	state.search || hasLastingToast(state) ? {...state, search: undefined, toast: undefined} : state;

const anotherServer = 'another server answers';

/** Clears the sentence about the outage before, which another one makes old. */
const withoutOutage = (state: State): State =>
	state.toast !== undefined && state.toast.text === state.link.outage ? {...state, toast: undefined} : state;

/** Applies the state of the connection; at another server, the effects of earlier signals can no longer be seen. */
const applyLink = (state: State, link: Link): State => {
	if (link.state !== 'ready') return dropPending({...withoutOutage(state), link}, 'the connection was lost');
	const place = link.place ?? state.place;
	const home = state.home ?? link.place;
	if (state.home === undefined || place === state.place) {
		const next = {...state, link, place, home};
		const isBack = state.link.state !== 'ready' && link.outage !== undefined && !state.toast?.stays;
		return isBack ? sayLasting(next, link.outage, 'warn') : next;
	}
	return sayLasting(
		dropPending({...state, link, place, home, watches: [], slotWatches: []}, anotherServer),
		`Connected to another server: ${place}`,
		'warn',
	);
};

/** Appends a live sample: checks for a role change and for effects of signals. */
const applySample = (registry: Registry, state: State, sample: Sample): Updated => {
	const timeline = append(state.timeline, sample);
	const isOld =
		state.toast !== undefined &&
		!state.toast.stays &&
		sample.seq - state.toast.seq >= Math.max(toastSamples, toastMs / state.options.intervalMs);
	const newRole = newRoleOf(registry, state.timeline, sample);
	const identity = registry.server(sample);
	const sign = identity && state.server && signOfAnother(state.server.now, identity);
	const isAnother = state.server?.isAnother === true || sign !== undefined;
	const server = identity ? {now: identity, isAnother} : state.server;
	const toast =
		sign !== undefined
			? otherServerToast(state.place, sign, sample.seq)
			: newRole !== undefined
				? roleToast(newRole, sample.seq)
				: isOld
					? undefined
					: state.toast;
	const role = state.role ?? registry.role(sample);
	// A second sample of one list of sessions is as old as the first.
	const staleMs = newest(state.timeline)?.at === sample.at ? state.staleMs : 0;
	// A confirmation given before a promotion is void; a role that is read for the first time is none.
	const base =
		newRole === undefined && sign === undefined
			? state
			: dropPending(state, sign === undefined ? 'the server changed its role' : anotherServer);
	const [watched, ...effects] = checkWatches(
		registry,
		// At another server, the effects of earlier signals can no longer be seen.
		{...base, timeline, role, server, staleMs, toast, ...(sign !== undefined && {watches: [], slotWatches: []})},
		sample,
	);
	const [dropped, ...seen] = followSlots(registry, watched, sample);
	const [next, ...sent] = followBatch(registry, dropped, sample);
	const notes = [...effects, ...seen, ...sent];
	const followed = followTargets(registry, next, sample);
	// A frozen screen keeps the row as shown; its latest state is kept for the return to live.
	const aged = ageEndedRow(registry, followed, sample);
	const shown = state.frozen ? followCursorLive(registry, aged, sample) : followCursor(registry, aged);
	if (needsReread(shown, sample)) return [shown, ...notes, {type: 'refresh'}];
	if (state.rereadAt === undefined || sample.seq < state.rereadAt) return [shown, ...notes];
	return [{...shown, rereadAt: undefined}, ...notes, {type: 'refresh'}];
};

// An open question about a relation is about tables that are read every ten seconds: they are read with every other sample, as far
// as their cost allows.
const needsReread = ({overlay}: State, {seq}: Sample): boolean =>
	overlay?.kind === 'confirm' && overlay.action.kind === 'maintain' && seq % 2 === 0;

const samplesUntilReread = 2;

/** Reads the figures that maintenance changed, instead of waiting until they are due. */
const reread = ([state, ...effects]: Updated): Updated => {
	const seq = newest(state.timeline)?.seq ?? 0;
	return [{...state, rereadAt: seq + samplesUntilReread}, ...effects, {type: 'refresh'}];
};

/** Has the locks of the session read whose details are shown. */
const aimAtDetails = (registry: Registry, [state, ...effects]: Updated): Updated => {
	const details = detailedSession(registry, state);
	if (details === state.scopes.details) return [state, ...effects];
	const scopes = {...state.scopes, details};
	return [{...state, scopes}, ...effects, {type: 'aim', scopes}];
};

/** Judges some of the samples in the chart, while one is shown. */
const judgeChart = (registry: Registry, state: State): State => {
	const judged = chartHeight(state) > 0 ? registry.judged(state) : state.judged;
	return judged === state.judged ? state : {...state, judged};
};

/** Creates the pure update: the state after a message, and the effects to run. */
export const createUpdate = (registry: Registry): ((state: State, message: Message) => Updated) => {
	const act = createCommands(registry);
	const press = createPress(registry, act);
	const withWatch = (state: State): Updated => [state, {type: 'watch', panes: panesToWatch(registry.panes, state)}];

	const pressKey = (state: State, key: Key): Updated => {
		const cleared = clearToast(state);
		// Esc has then something to leave: the sentence or the search.
		const isDone = cleared !== state && key.name === 'esc' && !state.overlay && !paneState(state).cursor;
		return isDone ? [cleared] : press(cleared, key);
	};

	const decide = (state: State, message: Message): Updated => {
		const {overlay, replay} = state;
		switch (message.type) {
			case 'sample':
				return replay ? [appendRead(registry, state, replay, message.sample)] : applySample(registry, state, message.sample);
			case 'link':
				return replay && message.link.state !== 'ready'
					? [endOfRecording(registry, state, replay, message.link)]
					: [applyLink(state, message.link)];
			case 'key':
				return pressKey(state, message.key);
			case 'resize': {
				const next = {...state, size: message.size};
				return [isTiny(message.size) ? closeQuestion(next) : next];
			}
			case 'elapsed':
				return [message.staleMs === state.staleMs ? state : {...state, staleMs: message.staleMs}];
			case 'painted':
				return overlay?.kind === 'confirm' && overlay.paintedAt === undefined
					? [{...state, overlay: {...overlay, paintedAt: message.at}}]
					: [state];
			case 'woken':
				if (state.search) return [searchOn(registry, state, state.search)];
				return [replay ? play(registry, state, replay, message.elapsedMs) : state];
			case 'resumed':
				return [dropPending(state, 'pgtriage was in the background')];
			case 'signalled':
				return applySignalResult(registry, state, message);
			case 'maintenance-begun':
				return withWatch(setMaintenancePid(state, message));
			case 'maintenance-ended': {
				const sample = newest(state.timeline);
				return reread(withWatch(endMaintenance(state, message, sample && registry.holder(sample)?.sentence)));
			}
			case 'admin-done':
				return [sayAdminResult(registry, endPause(state, message.command), message.command, message.result), {type: 'refresh'}];
			case 'explaining':
				return [showPlanProgress(state, message)];
			case 'explained': {
				const sample = newest(state.timeline);
				const roleChanged = sample !== undefined && state.role !== undefined && registry.role(sample) !== state.role;
				return [showPlan(state, message, roleChanged)];
			}
			case 'told':
				return [sayLasting(state, message.text, message.tone)];
			case 'saved':
				return [saySaved(state, message)];
			case 'bundling':
				return [sayWritten(state, message.part)];
			case 'bundled':
				return [sayLasting({...state, bundling: undefined}, message.text, message.ok ? 'good' : 'danger')];
			case 'recording':
				return [{...state, recording: message.failure}];
			// All other messages are commands; a message that is neither does not compile here.
			default:
				return act(state, message);
		}
	};
	return (state, message) => {
		const [next, ...effects] = schedule(state, decide(state, message), message.type === 'woken');
		return aimAtDetails(registry, [judgeChart(registry, settleColumns(registry, withoutEnded(registry, next))), ...effects]);
	};
};
