import {clockSince, type Destination, neighborOf} from '../history/destination.ts';
import {append, newest} from '../history/timeline.ts';
import {type Sample, sentences} from '../sample/sample.ts';
import type {Effect} from '../state/effect.ts';
import {say, sayLasting, type Updated} from '../state/pane-state.ts';
import type {Registry} from '../state/registry.ts';
import {samplesPerRead} from '../state/source.ts';
import type {Link, Replay, State} from '../state/state.ts';
import {shownSample} from '../state/view.ts';
import {msOf} from '../values/instant.ts';
import {showSample} from './follow.ts';

const speeds: readonly number[] = [1, 2, 5, 10, 30, 60];
// A continued recording may have hours between two runs.
const maxGapMs = 60_000;
const toastSamples = 5;

/** Playback before anything of the recording is read. */
export const replayFrom = (from: Destination | undefined): Replay => ({
	playing: true,
	speed: 1,
	from,
	goal: undefined,
	complete: false,
	pending: samplesPerRead,
});

const withReplay = (state: State, changes: Partial<Replay>): State =>
	state.replay ? {...state, replay: {...state.replay, ...changes}} : state;

const goalOf = (from: Destination | undefined, first: Sample): number | undefined => {
	if (from?.kind === 'clock') return clockSince(from.time, first.at);
	return from?.kind === 'moment' ? from.ms : undefined;
};

/** The state with one more sample of its recording; shows it while reading to a goal. */
export const appendRead = (registry: Registry, before: State, replay: Replay, sample: Sample): State => {
	const previous = newest(before.timeline);
	const pending = replay.pending - 1;
	const goal = previous ? replay.goal : goalOf(replay.from, sample);
	const state = withReplay({...before, timeline: append(before.timeline, sample)}, {pending, goal});
	if (goal === undefined) return previous ? state : showSample(registry, state, sample);
	const at = msOf(sample.at);
	if (at < goal) return showSample(registry, state, sample);
	return showSample(registry, withReplay(state, {goal: undefined}), at === goal || !previous ? sample : previous);
};

/** The state of a recording read to its end; reports the link's failure, such as unreadable lines. */
export const endOfRecording = (registry: Registry, before: State, {goal}: Replay, {failure}: Link): State => {
	const last = newest(before.timeline);
	const state = withReplay({...before, link: {state: 'closed'}}, {complete: true, pending: 0, goal: undefined});
	const ended = goal === undefined || !last ? state : stopAtEnd(showSample(registry, state, last));
	return failure ? sayLasting(ended, sentences(failure), 'warn') : ended;
};

const stopAtEnd = (state: State): State =>
	say(withReplay(state, {playing: false}), 'End of the recording: { returns to its start.', 'calm');

/** Plays or pauses; at the end of the recording it remains paused. */
export const togglePlaying = (state: State, replay: Replay): State =>
	!replay.playing && isAtEnd(state, replay) ? stopAtEnd(state) : withReplay(state, {playing: !replay.playing});

/** Pauses a recording; leaves a live state as it is. */
export const pause = (state: State): State => withReplay(state, {playing: false});

/** Reads on to a moment, in milliseconds since 1970. */
export const readTo = (state: State, goal: number): State => withReplay(state, {goal});

/** Plays faster or slower by one step. */
export const changeSpeed = (state: State, {speed}: Replay, by: 1 | -1): State => {
	const next = speeds[Math.max(0, Math.min(speeds.indexOf(speed) + by, speeds.length - 1))] ?? 1;
	return say(withReplay(state, {speed: next}), `Playing at ${next}x.`, 'calm');
};

const isAtEnd = (state: State, {complete}: Replay): boolean => complete && shownSample(state) === newest(state.timeline);

const gapMs = (from: Sample, to: Sample): number => Math.max(0, Math.min(msOf(to.at) - msOf(from.at), maxGapMs));

/** Advances playback by the elapsed time, at least by one sample. */
export const play = (registry: Registry, state: State, replay: Replay, elapsedMs: number): State => {
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
	const next = showSample(registry, state, to);
	const isRecent = toast && to.seq - toast.seq < toastSamples * replay.speed;
	return isAtEnd(next, replay) ? stopAtEnd(next) : {...next, toast: isRecent || toast?.stays ? toast : undefined};
};

/** The next timer: for the next sample to play, or at once for the next step of a search. */
const alarmOf = ({replay, search, timeline, ...state}: State): {readonly of: string; readonly afterMs: number} | undefined => {
	const last = newest(timeline)?.seq ?? -1;
	if (search) return search.seq < last || (replay?.complete ?? true) ? {of: `${search.seq} of ${last}`, afterMs: 0} : undefined;
	const shown = state.frozen?.sample;
	if (!replay?.playing || replay.goal !== undefined || !shown) return undefined;
	const next = neighborOf(timeline.samples, shown.seq, true);
	return next && {of: `${next.seq} at ${replay.speed}`, afterMs: gapMs(shown, next) / replay.speed};
};

// The rest of the budget is more than one read takes, so that no sample is dropped before it is played.
const fullPart = 7 / 8;

/** True if more should be read: while memory has room, then once the older half of it has been played and can be dropped. */
const wantsMore = ({timeline, search, frozen}: State, {goal, complete, pending}: Replay): boolean => {
	if (complete || pending > 0) return false;
	if (goal !== undefined || timeline.bytes < timeline.budget * fullPart) return true;
	const {samples} = timeline;
	const middle = samples.at(samples.length >> 1)?.seq ?? 0;
	return Math.max(frozen?.sample.seq ?? 0, search?.seq ?? 0) >= middle;
};

/** Adds the effects of time to an update: the next timer, and the next read of a recording. */
export const schedule = (before: State, [state, ...effects]: Updated, woken: boolean): Updated => {
	const alarm = alarmOf(state);
	const wakes: readonly Effect[] = woken || alarm?.of !== alarmOf(before)?.of ? [{type: 'wake', afterMs: alarm?.afterMs}] : [];
	const {replay} = state;
	if (!replay) return [state, ...effects, ...wakes];
	// For a recording, 'refresh' means reading on, which only wantsMore() decides.
	const others = effects.filter(({type}) => type !== 'refresh');
	if (!wantsMore(state, replay)) return [state, ...others, ...wakes];
	return [withReplay(state, {pending: samplesPerRead}), ...others, ...wakes, {type: 'refresh'}];
};
