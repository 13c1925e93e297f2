import {type Moment, momentOf, pastOf} from '../history/moment.ts';
import {newest} from '../history/timeline.ts';
import {unreadOf} from '../pane/missing.ts';
import type {Pane} from '../pane/pane.ts';
import {remembered} from '../sample/remembered.ts';
import type {Row, Sample} from '../sample/sample.ts';
import {cursorInSample, hasLeft, withCursorAt} from '../state/cursor.ts';
import {paneState, withPaneState} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Cursor, State} from '../state/state.ts';
import {shownPane, shownSample, viewOf} from '../state/view.ts';

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
	return withPaneState(state, {cursor: cursorInSample(current, shownPane(registry, state), sample, past)});
};

/** The state with the cursor's row of a new sample kept for the return to live. */
export const followCursorLive = (registry: Registry, state: State, sample: Sample): State => {
	const {cursor} = paneState(state);
	if (!cursor) return state;
	const next = cursorInSample(cursor, shownPane(registry, state), sample, state.timeline.samples);
	return !next || next === cursor ? state : withPaneState(state, {cursor: {...cursor, latest: next.row}});
};

const identitiesOf = remembered((pane: Pane, rows: readonly Row[]): ReadonlySet<string> => new Set(rows.map(pane.identity)));

/** The state after a live sample, with the number of refreshes since the cursor's row ended; a pane that was not read ends no row. */
export const ageEndedRow = (registry: Registry, state: State, sample: Sample): State => {
	const {cursor} = paneState(state);
	const pane = shownPane(registry, state);
	if (!cursor || unreadOf(pane, sample)) return state;
	const exists = identitiesOf(pane, pane.rows(sample, state.timeline.samples)).has(cursor.identity);
	if (exists && cursor.endedFor === 0) return state;
	return withPaneState(state, {cursor: {...cursor, endedFor: exists ? 0 : cursor.endedFor + 1}});
};

/** The live state without tags of rows that ended. */
const withoutEndedTags = (registry: Registry, state: State, sample: Sample): State => {
	const {tagged} = paneState(state);
	const pane = shownPane(registry, state);
	if (tagged.size === 0 || unreadOf(pane, sample)) return state;
	const identities = identitiesOf(pane, pane.rows(sample, state.timeline.samples));
	const left = [...tagged].filter(identity => identities.has(identity));
	return left.length === tagged.size ? state : withPaneState(state, {tagged: new Set(left)});
};

/**
 * The state without what ended rows leave behind, while it is live: their tags, and in a pane that opens with a cursor, a cursor on
 * none.
 */
export const withoutEnded = (registry: Registry, state: State): State => {
	const sample = shownSample(state);
	if (state.frozen || !sample) return state;
	const next = withoutEndedTags(registry, state, sample);
	const {cursor} = paneState(next);
	if (!cursor || !hasLeft(cursor) || !shownPane(registry, next).pointed) return next;
	const released = withPaneState(next, {cursor: undefined});
	return withPaneState(released, withCursorAt(paneState(released), viewOf(registry, released), 0));
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
