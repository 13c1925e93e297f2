import {clockSince, clockUntil, type Destination, neighborOf, sampleAt} from '../history/destination.ts';
import {type Bookmark, type Moment, momentOf, pastOf} from '../history/moment.ts';
import {newest} from '../history/timeline.ts';
import type {Sample} from '../sample/sample.ts';
import {comparisonOf} from '../state/compare.ts';
import type {Command} from '../state/message.ts';
import {say} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {Search, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {msOf, timeOfDay} from '../values/instant.ts';
import {showLive, showMoment, showSample} from './follow.ts';
import {changeSpeed, pause, readTo, togglePlaying} from './replay.ts';

/** What goes to another moment, or marks and compares moments. */
type Travel = Extract<
	Command,
	{type: 'freeze' | 'step' | 'leap' | 'bookmark' | 'go-bookmark' | 'compare' | 'at' | 'find' | 'speed'}
>;

const mostBookmarks = 10;

const bySeq = (a: Moment, b: Moment): number => a.sample.seq - b.sample.seq;

/** The bookmarks in the order of their moments. */
export const bookmarksOf = ({bookmarks}: State): readonly Bookmark[] => bookmarks.toSorted(bySeq);

/** Makes what carries out the commands that are about time. */
export const createTravel = ({panes, alarm}: Registry): ((state: State, command: Travel) => State) => {
	const momentShown = (state: State): Moment | undefined => {
		const sample = shownSample(state);
		return state.frozen ?? (sample && momentOf(state.timeline, sample));
	};

	const freeze = (state: State): State => {
		if (state.replay) return togglePlaying(state, state.replay);
		const sample = newest(state.timeline);
		return state.frozen || !sample ? showLive(panes, state) : showSample(panes, state, sample);
	};

	const oldest = (state: State): string => {
		const first = state.timeline.samples.at(0);
		const more = state.replay && first && first.seq > 0 ? ': --at begins elsewhere, --history holds more' : '';
		return first ? `The oldest sample in memory is that of ${timeOfDay(first.at)}${more}.` : '';
	};

	const step = (given: State, forward: boolean): State => {
		const state = pause(given);
		const shown = shownSample(state);
		if (!shown) return state;
		const next = neighborOf(state.timeline.samples, shown.seq, forward);
		if (next) return showSample(panes, state, next);
		if (!forward) return say(state, oldest(state));
		if (state.replay) return say(state, state.replay.complete ? 'This is the end of the recording.' : 'No more is read by now.');
		return say(state, state.frozen ? 'This is the newest sample: } goes back to live.' : 'The screen is live: [ goes back.');
	};

	const leap = (state: State, forward: boolean): State => {
		const [first, last] = [state.timeline.samples.at(0), newest(state.timeline)];
		if (!first || !last) return state;
		if (!forward) return shownSample(state) === first ? say(state, oldest(state)) : showSample(panes, state, first);
		if (!state.replay) return showLive(panes, state);
		return state.replay.complete ? showSample(panes, pause(state), last) : readTo(pause(state), Number.POSITIVE_INFINITY);
	};

	const bookmark = (state: State, name: string | undefined): State => {
		const moment = momentShown(state);
		if (!moment) return state;
		const rest = state.bookmarks.filter(({sample}) => sample.seq !== moment.sample.seq);
		const time = timeOfDay(moment.sample.at);
		if (rest.length < state.bookmarks.length && name === undefined)
			return say({...state, bookmarks: rest}, `${time} is marked no more.`, 'calm');
		if (rest.length >= mostBookmarks) return say(state, `${mostBookmarks} moments are marked: ' on one of them unmarks it.`);
		const {sample, before} = moment;
		return say(
			{...state, bookmarks: [...rest, {sample, before, name}]},
			`${time} is marked: ( and ) go to marks, d compares.`,
			'calm',
		);
	};

	const goBookmark = (state: State, forward: boolean): State => {
		const seq = shownSample(state)?.seq ?? 0;
		const marks = bookmarksOf(state);
		if (marks.length === 0) return say(state, "No moment is marked: ' marks the one that is shown.");
		const next = forward ? marks.find(({sample}) => sample.seq > seq) : marks.findLast(({sample}) => sample.seq < seq);
		return next ? showMoment(panes, state, next) : say(state, `No mark is ${forward ? 'later' : 'earlier'} than this moment.`);
	};

	const compare = (state: State): State => {
		if (state.compares) return {...state, compares: false};
		if (comparisonOf({...state, compares: true})) return {...state, compares: true};
		return say(state, `${state.replay ? 'M' : 'Go back with [, or m'}ark a moment with ': d shows what changed since.`);
	};

	const msTo = (state: State, to: Destination, first: Sample, last: Sample): number | undefined => {
		switch (to.kind) {
			case 'clock':
				return state.replay ? clockSince(to.time, first.at) : clockUntil(to.time, last.at);
			case 'moment':
				return to.ms;
			case 'shift':
				return msOf(to.ms < 0 && !state.replay ? last.at : (shownSample(state) ?? last).at) + to.ms;
			case 'bookmark':
				return undefined;
		}
	};

	const goTo = (state: State, to: Destination): State => {
		const [first, last] = [state.timeline.samples.at(0), newest(state.timeline)];
		if (!first || !last) return state;
		if (to.kind === 'bookmark') {
			const mark = state.bookmarks.findLast(({name}) => name === to.name);
			return mark ? showMoment(panes, state, mark) : say(state, `No moment is marked ${to.name}.`);
		}
		const ms = msTo(state, to, first, last) ?? 0;
		const found = sampleAt(state.timeline.samples, ms);
		if (!found) return say(showSample(panes, state, first), oldest(state));
		if (found !== last || ms === msOf(last.at)) return showSample(panes, state, found);
		if (!state.replay) return showLive(panes, state);
		return state.replay.complete
			? say(showSample(panes, pause(state), last), `The recording ends at ${timeOfDay(last.at)}.`)
			: readTo(state, ms);
	};

	const find = (state: State): State => {
		const shown = shownSample(state);
		if (!shown) return state;
		const search: Search = {
			origin: state.frozen,
			seq: shown.seq,
			alarm: alarm(shown, pastOf(state.timeline, state.frozen)),
		};
		return pause({...state, search});
	};

	return (state, command) => {
		switch (command.type) {
			case 'freeze':
				return freeze(state);
			case 'step':
				return step(state, command.forward);
			case 'leap':
				return leap(state, command.forward);
			case 'bookmark':
				return bookmark(state, command.name);
			case 'go-bookmark':
				return goBookmark(state, command.forward);
			case 'compare':
				return compare(state);
			case 'at':
				return goTo(state, command.to);
			case 'find':
				return find(state);
			case 'speed':
				return state.replay ? changeSpeed(state, state.replay, command.by) : state;
		}
	};
};

// A sample's findings take a few milliseconds, and keys wait for no longer than a few of them.
const lookedAtOnce = 10;

/** Looks at some more samples for one in which the worst finding begins or is another one. */
export const searchOn = ({panes, alarm}: Registry, state: State, search: Search): State => {
	const {samples} = state.timeline;
	let {seq, alarm: before} = search;
	let at = shownSample(state)?.at ?? '';
	for (let looked = 0; looked < lookedAtOnce; looked++) {
		const next = neighborOf(samples, seq, true);
		if (!next) {
			if (state.replay && !state.replay.complete) break;
			const from = shownSample(state);
			return say({...state, search: undefined}, `No finding begins after ${timeOfDay(from?.at ?? '')}.`, 'calm');
		}
		const worst = alarm(next, samples);
		if (worst !== undefined && worst !== before) return showSample(panes, {...state, search: undefined}, next);
		before = worst;
		({seq, at} = next);
	}
	const looking = {...state, search: {...search, seq, alarm: before}};
	return say(looking, `Looking for the next finding, ${timeOfDay(at)} by now; any key stops.`, 'calm');
};
