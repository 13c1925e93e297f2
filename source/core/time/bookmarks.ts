import {type Bookmark, type Moment, momentOf} from '../history/moment.ts';
import {say} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {timeOfDay} from '../values/instant.ts';
import {showMoment} from './follow.ts';

const maxBookmarks = 10;

const bySeq = (a: Moment, b: Moment): number => a.sample.seq - b.sample.seq;

/** The bookmarks in the order of their moments. */
export const bookmarksOf = ({bookmarks}: State): readonly Bookmark[] => bookmarks.toSorted(bySeq);

/** Marks the shown moment or, without a name, removes its mark. */
export const toggleBookmark = (state: State, name: string | undefined): State => {
	const shown = shownSample(state);
	const moment = state.frozen ?? (shown && momentOf(state.timeline, shown));
	if (!moment) return state;
	const {sample, before} = moment;
	const rest = state.bookmarks.filter(mark => mark.sample.seq !== sample.seq);
	const time = timeOfDay(sample.at);
	if (rest.length < state.bookmarks.length && name === undefined)
		return say({...state, bookmarks: rest}, `Mark at ${time} removed.`, 'calm');
	if (rest.length >= maxBookmarks) return say(state, `${maxBookmarks} marks are set: press ' on one to remove it.`);
	const bookmarks = [...rest, {sample, before, name}];
	return say({...state, bookmarks}, `Marked ${time}: ( and ) go to marks, d compares.`, 'calm');
};

/** Goes to the next or previous bookmark. */
export const goToBookmark = (registry: Registry, state: State, forward: boolean): State => {
	const seq = shownSample(state)?.seq ?? 0;
	const marks = bookmarksOf(state);
	if (marks.length === 0) return say(state, "No marks: ' marks the shown moment.");
	const next = forward ? marks.find(({sample}) => sample.seq > seq) : marks.findLast(({sample}) => sample.seq < seq);
	return next ? showMoment(registry, state, next) : say(state, `No ${forward ? 'later' : 'earlier'} mark.`);
};

/** Goes to the bookmark with a name. */
export const goToNamedBookmark = (registry: Registry, state: State, name: string): State => {
	const mark = state.bookmarks.findLast(each => each.name === name);
	return mark ? showMoment(registry, state, mark) : say(state, `No mark named ${name}.`);
};
