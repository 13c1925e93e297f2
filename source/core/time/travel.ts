import {clockSince, clockUntil, type Destination, neighborOf, sampleAt} from '../history/destination.ts';
import {newest} from '../history/timeline.ts';
import type {Sample} from '../sample/sample.ts';
import {comparisonOf} from '../state/compare.ts';
import type {Command} from '../state/message.ts';
import {say} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import type {State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {msOf, timeOfDay} from '../values/instant.ts';
import {goToBookmark, goToNamedBookmark, toggleBookmark} from './bookmarks.ts';
import {showLive, showSample} from './follow.ts';
import {changeSpeed, pause, readTo, togglePlaying} from './replay.ts';
import {startSearch} from './search.ts';

/** Commands that go to another moment, or mark and compare moments. */
export type TravelCommand = Extract<
	Command,
	{type: 'freeze' | 'step' | 'leap' | 'bookmark' | 'go-bookmark' | 'compare' | 'at' | 'find' | 'speed' | 'shift' | 'zoom'}
>;

/** Executes a command about time. */
export const travel = (registry: Registry, state: State, command: TravelCommand): State => {
	switch (command.type) {
		case 'freeze':
			return toggleFrozen(registry, state);
		case 'step':
			return step(registry, pause(state), command.forward);
		case 'leap':
			return command.forward ? goToEnd(registry, state) : goToOldest(registry, state);
		case 'at':
			return goTo(registry, state, command.to);
		case 'bookmark':
			return toggleBookmark(state, command.name);
		case 'go-bookmark':
			return goToBookmark(registry, state, command.forward);
		case 'compare':
			return toggleCompare(state);
		case 'find':
			return startSearch(registry, state);
		case 'shift':
			return shift(registry, state, command.by);
		case 'zoom':
			return zoom(state, command.by);
		case 'speed':
			return state.replay ? changeSpeed(state, state.replay, command.by) : state;
		default:
			return command satisfies never;
	}
};

const toggleFrozen = (registry: Registry, state: State): State => {
	if (state.replay) return togglePlaying(state, state.replay);
	const sample = newest(state.timeline);
	return state.frozen || !sample ? showLive(registry, state) : showSample(registry, state, sample);
};

const sayOldest = (state: State): State => {
	const first = state.timeline.samples.at(0);
	const more = state.replay && first && first.seq > 0 ? ' Start elsewhere with --at, keep more with --history.' : '';
	return say(state, first ? `Oldest sample in memory: ${timeOfDay(first.at)}.${more}` : '');
};

const step = (registry: Registry, state: State, forward: boolean): State => {
	const shown = shownSample(state);
	if (!shown) return state;
	const next = neighborOf(state.timeline.samples, shown.seq, forward);
	if (next) return showSample(registry, state, next);
	if (!forward) return sayOldest(state);
	if (state.replay) return say(state, state.replay.complete ? 'End of the recording.' : 'Nothing more read yet.');
	return say(state, state.frozen ? 'Newest sample. } = live' : 'Already live ([ goes back)');
};

/** Goes to the last sample of the next cell of the chart, or of the one before. */
const shift = (registry: Registry, state: State, by: 1 | -1): State => {
	const shown = shownSample(state);
	if (!shown) return state;
	const {cellMs} = state.options;
	const end = (Math.floor(msOf(shown.at) / cellMs) + by + 1) * cellMs;
	const next = sampleAt(state.timeline.samples, end - 1);
	if (next === undefined || next === shown) return step(registry, pause(state), by > 0);
	return next === newest(state.timeline) ? goToEnd(registry, state) : showSample(registry, pause(state), next);
};

const cells = [1, 2, 5, 10, 15, 30, 60, 120, 300].map(seconds => seconds * 1000);

const zoom = (state: State, by: 1 | -1): State => {
	const cellMs = cells[cells.indexOf(state.options.cellMs) - by];
	if (cellMs === undefined)
		return say(state, by > 0 ? 'A cell is 1 s: it cannot be shorter.' : 'A cell is 5 min: it cannot be longer.');
	return {...state, options: {...state.options, cellMs}};
};

const goToOldest = (registry: Registry, state: State): State => {
	const first = state.timeline.samples.at(0);
	if (!first) return state;
	return shownSample(state) === first ? sayOldest(state) : showSample(registry, state, first);
};

const goToEnd = (registry: Registry, state: State): State => {
	const last = newest(state.timeline);
	if (!last) return state;
	if (!state.replay) return showLive(registry, state);
	const paused = pause(state);
	return state.replay.complete ? showSample(registry, paused, last) : readTo(paused, Number.POSITIVE_INFINITY);
};

const toggleCompare = (state: State): State => {
	if (state.compares) return {...state, compares: false, comparedMark: undefined};
	if (comparisonOf({...state, compares: true})) return {...state, compares: true};
	return say(
		state,
		state.replay
			? "Mark a moment with ': d shows changes since then."
			: "Go back with [, or mark a moment with ': d shows changes since then.",
	);
};

const msTo = (state: State, to: Exclude<Destination, {kind: 'bookmark'}>, first: Sample, last: Sample): number => {
	switch (to.kind) {
		case 'clock':
			return state.replay ? clockSince(to.time, first.at) : clockUntil(to.time, last.at);
		case 'moment':
			return to.ms;
		case 'shift':
			return msOf(to.ms < 0 && !state.replay ? last.at : (shownSample(state) ?? last).at) + to.ms;
		default:
			return to satisfies never;
	}
};

const goTo = (registry: Registry, state: State, to: Destination): State => {
	const [first, last] = [state.timeline.samples.at(0), newest(state.timeline)];
	if (!first || !last) return state;
	if (to.kind === 'bookmark') return goToNamedBookmark(registry, state, to.name);
	const ms = msTo(state, to, first, last);
	const sample = sampleAt(state.timeline.samples, ms);
	if (!sample) return sayOldest(showSample(registry, state, first));
	if (sample !== last || ms === msOf(last.at)) return showSample(registry, state, sample);
	if (!state.replay) return showLive(registry, state);
	return state.replay.complete
		? say(showSample(registry, pause(state), last), `The recording ends at ${timeOfDay(last.at)}.`)
		: readTo(state, ms);
};
