import {type Moment, momentOf, pastOf} from '../history/moment.ts';
import {newest} from '../history/timeline.ts';
import type {Pane} from '../pane/pane.ts';
import type {Sample} from '../sample/sample.ts';
import {cursorInSample} from '../state/cursor.ts';
import {paneState, withPaneState} from '../state/pane-state.ts';
import type {Cursor, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';

const paneOf = (panes: readonly Pane[], id: string): Pane => panes.find(pane => pane.id === id) as Pane;

/**
 * The state with its cursor on the row as it is in the sample that is shown, or as it was last seen. While the screen is held
 * what the row was last in a live sample is kept for the return.
 */
export const followCursor = (panes: readonly Pane[], state: State): State => {
	const {cursor} = paneState(state);
	const sample = shownSample(state);
	if (!cursor || !sample) return state;
	const {latest = cursor.row, ...rest} = cursor;
	const now: Cursor = state.frozen ? {...rest, latest} : {...rest, row: latest};
	return withPaneState(state, {
		cursor: cursorInSample(now, paneOf(panes, state.pane), sample, pastOf(state.timeline, state.frozen)),
	});
};

/** The state with its cursor's row as a new sample has it, which is shown once the screen is live again. */
export const followCursorLive = (panes: readonly Pane[], state: State, sample: Sample): State => {
	const {cursor} = paneState(state);
	if (!cursor) return state;
	const found = cursorInSample(cursor, paneOf(panes, state.pane), sample, state.timeline.samples);
	return !found || found === cursor ? state : withPaneState(state, {cursor: {...cursor, latest: found.row}});
};

/** The state without what was said about the moment that it shows. */
const left = (state: State): State => ({...state, toast: state.toast?.stays ? state.toast : undefined});

/** The state that shows a moment, with what was said about another one put away. */
export const showMoment = (panes: readonly Pane[], state: State, moment: Moment): State => {
	const rewound = moment.sample !== newest(state.timeline);
	return followCursor(panes, {...left(state), frozen: {...moment, rewound}});
};

/** The state that shows a sample that the timeline has. */
export const showSample = (panes: readonly Pane[], state: State, sample: Sample): State =>
	showMoment(panes, state, momentOf(state.timeline, sample));

/** The state that shows what is now, with what was said about a moment before put away. */
export const showLive = (panes: readonly Pane[], state: State): State =>
	followCursor(panes, {...(state.frozen ? left(state) : state), frozen: undefined});
