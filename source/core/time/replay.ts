import {clockSince, type Destination, neighborOf} from '../history/destination.ts';
import {append, newest} from '../history/timeline.ts';
import type {Pane} from '../pane/pane.ts';
import type {Sample} from '../sample/sample.ts';
import type {Effect} from '../state/effect.ts';
import {say, sayLasting, type Updated} from '../state/pane-state.ts';
import {samplesPerRead} from '../state/source.ts';
import type {Link, Replay, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {msOf} from '../values/instant.ts';
import {showSample} from './follow.ts';

const speeds: readonly number[] = [1, 2, 5, 10, 30, 60];
// Between two runs of a recording that was continued hours may lie.
const longestGapMs = 60_000;
const toastSamples = 5;

/** A recording of which nothing was read. */
export const replayFrom = (from: Destination | undefined): Replay => ({
	playing: true,
	speed: 1,
	from,
	goal: undefined,
	complete: false,
	pending: samplesPerRead,
});

const withReplay = (state: State, changed: Partial<Replay>): State =>
	state.replay ? {...state, replay: {...state.replay, ...changed}} : state;

const goalOf = (from: Destination | undefined, first: Sample): number | undefined => {
	if (from?.kind === 'clock') return clockSince(from.time, first.at);
	return from?.kind === 'moment' ? from.ms : undefined;
};

/** The state with one more sample of its recording; while a moment is read on to, the newest is shown. */
export const appendRead = (panes: readonly Pane[], given: State, replay: Replay, sample: Sample): State => {
	const before = newest(given.timeline);
	const awaited = replay.pending - 1;
	const goal = before ? replay.goal : goalOf(replay.from, sample);
	const state = withReplay({...given, timeline: append(given.timeline, sample)}, {pending: awaited, goal});
	if (goal === undefined) return before ? state : showSample(panes, state, sample);
	const at = msOf(sample.at);
	if (at < goal) return showSample(panes, state, sample);
	return showSample(panes, withReplay(state, {goal: undefined}), at === goal || !before ? sample : before);
};

/** The state once a recording is read to its end; the link says what of it could not be read. */
export const endOfRecording = (panes: readonly Pane[], given: State, {goal}: Replay, {failure}: Link): State => {
	const last = newest(given.timeline);
	const state = withReplay({...given, link: {state: 'closed'}}, {complete: true, pending: 0, goal: undefined});
	const there = goal === undefined || !last ? state : atEnd(showSample(panes, state, last));
	return failure ? sayLasting(there, `${failure.message} ${failure.hint ?? ''}`.trim(), 'warn') : there;
};

const atEnd = (state: State): State =>
	say(withReplay(state, {playing: false}), 'This is the end of the recording: { goes to its beginning.', 'calm');

/** Plays or pauses; at the end there is nothing more to play. */
export const togglePlaying = (state: State, replay: Replay): State =>
	!replay.playing && isAtEnd(state, replay) ? atEnd(state) : withReplay(state, {playing: !replay.playing});

/** The state with its recording standing still. */
export const pause = (state: State): State => withReplay(state, {playing: false});

/** The state that reads its recording on to a moment. */
export const readTo = (state: State, goal: number): State => withReplay(state, {goal});

/** Plays faster or slower. */
export const changeSpeed = (state: State, {speed}: Replay, by: 1 | -1): State => {
	const next = speeds[Math.max(0, Math.min(speeds.indexOf(speed) + by, speeds.length - 1))] ?? 1;
	return say(withReplay(state, {speed: next}), `Plays at ${next} times the pace of the recording.`, 'calm');
};

const isAtEnd = (state: State, {complete: whole}: Replay): boolean => whole && shownSample(state) === newest(state.timeline);

const gapMs = (from: Sample, to: Sample): number => Math.max(0, Math.min(msOf(to.at) - msOf(from.at), longestGapMs));

/** The state after so much time has passed while it played: at least one sample on. */
export const play = (panes: readonly Pane[], state: State, replay: Replay, elapsedMs: number): State => {
	const {samples} = state.timeline;
	const from = shownSample(state);
	let to = from && neighborOf(samples, from.seq, true);
	if (!from || !to) return state;
	let leftMs = elapsedMs * replay.speed - gapMs(from, to);
	for (let next = neighborOf(samples, to.seq, true); next; next = neighborOf(samples, next.seq, true)) {
		leftMs -= gapMs(to, next);
		if (leftMs < 0) break;
		to = next;
	}
	const {toast} = state;
	const there = showSample(panes, state, to);
	const stands = toast && to.seq - toast.seq < toastSamples * replay.speed;
	return isAtEnd(there, replay) ? atEnd(there) : {...there, toast: stands || toast?.stays ? toast : undefined};
};

/** The next sample to play and in how many milliseconds, or that the search goes on at once. */
const alarmOf = ({replay, search, timeline, ...state}: State): {readonly of: string; readonly afterMs: number} | undefined => {
	const last = newest(timeline)?.seq ?? -1;
	if (search) return search.seq < last || (replay?.complete ?? true) ? {of: `${search.seq} of ${last}`, afterMs: 0} : undefined;
	const shown = state.frozen?.sample;
	if (!replay?.playing || replay.goal !== undefined || !shown) return undefined;
	const next = neighborOf(timeline.samples, shown.seq, true);
	return next && {of: `${next.seq} at ${replay.speed}`, afterMs: gapMs(shown, next) / replay.speed};
};

// Below the budget by more than is read at a time, so that nothing is dropped that was not played.
const fullPart = 7 / 8;

/** More is read while there is room, then for what was played of what is held: its oldest half makes room. */
const wantsMore = ({timeline, search, frozen}: State, {goal, complete: whole, pending: awaited}: Replay): boolean => {
	if (whole || awaited > 0) return false;
	if (goal !== undefined || timeline.bytes < timeline.budget * fullPart) return true;
	const {samples} = timeline;
	const middle = samples.at(samples.length >> 1)?.seq ?? 0;
	return Math.max(frozen?.sample.seq ?? 0, search?.seq ?? 0) >= middle;
};

/** What was updated, and what time has to do with it: when to be woken, and that more of a recording is read. */
export const schedule = (before: State, [state, ...effects]: Updated, woken: boolean): Updated => {
	const alarm = alarmOf(state);
	const wakes: readonly Effect[] = woken || alarm?.of !== alarmOf(before)?.of ? [{type: 'wake', afterMs: alarm?.afterMs}] : [];
	const {replay} = state;
	if (!replay) return [state, ...effects, ...wakes];
	// What of a server would be read anew is read on of a recording, and that only where there is room for it.
	const others = effects.filter(({type}) => type !== 'refresh');
	if (!wantsMore(state, replay)) return [state, ...others, ...wakes];
	return [withReplay(state, {pending: samplesPerRead}), ...others, ...wakes, {type: 'refresh'}];
};
