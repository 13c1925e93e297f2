import {newest} from '../history/timeline.ts';
import type {Effect} from './effect.ts';
import type {PaneState, State, Toast} from './state.ts';

/** A new state and its effects. */
export type Updated = readonly [State, ...Effect[]];

/** State of the shown pane. */
export const paneState = (state: State): PaneState => state.panes[state.pane] as PaneState;

/** The state with changes to the shown pane. */
export const withPaneState = (state: State, changes: Partial<PaneState>): State => ({
	...state,
	panes: {...state.panes, [state.pane]: {...paneState(state), ...changes}},
});

// A recording is read ahead of the shown moment.
const seqOf = ({replay, frozen, timeline}: State): number => (replay ? frozen?.sample.seq : newest(timeline)?.seq) ?? 0;

/** The state with a toast, a sentence at the foot. */
export const say = (state: State, text: string, tone: Toast['tone'] = 'warn'): State => ({
	...state,
	toast: {text, tone, seq: seqOf(state)},
});

/** The state with a toast that stays until a key is pressed: the answer to a request. */
export const sayLasting = (state: State, text: string, tone: Toast['tone']): State => ({
	...state,
	toast: {text, tone, seq: seqOf(state), stays: true},
});
