import {newest} from '../history/timeline.ts';
import type {Effect} from './effect.ts';
import type {PaneState, State, Toast} from './state.ts';

/** A new state and the effects it asks for. */
export type Updated = readonly [State, ...Effect[]];

/** What is particular to the pane that is looked at. */
export const paneState = (state: State): PaneState => state.panes[state.pane] as PaneState;

/** The state with that changed. */
export const withPaneState = (state: State, changed: Partial<PaneState>): State => ({
	...state,
	panes: {...state.panes, [state.pane]: {...paneState(state), ...changed}},
});

// A recording is read ahead of what it shows.
const seqOf = ({replay, frozen, timeline}: State): number => (replay ? frozen?.sample.seq : newest(timeline)?.seq) ?? 0;

/** The state with a sentence at its foot. */
export const say = (state: State, text: string, tone: Toast['tone'] = 'warn'): State => ({
	...state,
	toast: {text, tone, seq: seqOf(state)},
});

/** The state with a sentence at its foot that somebody waited for: it stands until a key is pressed. */
export const sayLasting = (state: State, text: string, tone: Toast['tone']): State => ({
	...state,
	toast: {text, tone, seq: seqOf(state), stays: true},
});
