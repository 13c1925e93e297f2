import {type Moment, momentOf, pastOf} from '../history/moment.ts';
import {newest} from '../history/timeline.ts';
import type {Sample} from '../sample/sample.ts';
import {cursorInSample} from '../state/cursor.ts';
import {paneState, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Cursor, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';

/**
 * The state with the cursor's row as in the shown sample, or as last seen. On a frozen screen the row as last seen live is kept
 * for the return.
 */
export const followCursor = (registry: Registry, state: State): State => {
	const {cursor} = paneState(state);
	const sample = shownSample(state);
	if (!cursor || !sample) return state;
	const {latest = cursor.row, ...rest} = cursor;
	const current: Cursor = state.frozen ? {...rest, latest} : {...rest, row: latest};
	const past = pastOf(state.timeline, state.frozen);
	return withPaneState(state, {cursor: cursorInSample(current, registry.pane(state.pane), sample, past)});
};

/** The state with the cursor's row of a new sample kept for the return to live. */
export const followCursorLive = (registry: Registry, state: State, sample: Sample): State => {
	const {cursor} = paneState(state);
	if (!cursor) return state;
	const next = cursorInSample(cursor, registry.pane(state.pane), sample, state.timeline.samples);
	return !next || next === cursor ? state : withPaneState(state, {cursor: {...cursor, latest: next.row}});
};

/** The state without a toast about the shown moment. */
const clearMomentToast = (state: State): State => ({...state, toast: state.toast?.stays ? state.toast : undefined});

/** Shows a moment; clears the toast about the previous one. */
export const showMoment = (registry: Registry, state: State, moment: Moment): State => {
	const rewound = moment.sample !== newest(state.timeline);
	return followCursor(registry, {...clearMomentToast(state), frozen: {...moment, rewound}});
};

/** Shows a sample of the timeline. */
export const showSample = (registry: Registry, state: State, sample: Sample): State =>
	showMoment(registry, state, momentOf(state.timeline, sample));

/** Returns to live; clears the toast about an earlier moment. */
export const showLive = (registry: Registry, state: State): State =>
	followCursor(registry, {...(state.frozen ? clearMomentToast(state) : state), frozen: undefined});
