import {newest} from '../history/timeline.ts';
import type {Replay, State} from '../state/state.ts';
import {type Span, span} from '../text/line.ts';
import {plural} from '../text/words.ts';
import {bookmarksOf} from '../time/bookmarks.ts';
import {secondsBetween, timeOfDay} from '../values/instant.ts';
import {duration} from '../values/units.ts';

/** A word of the header that changes the meaning of the whole screen; mere help is dropped first if space is short. */
type Flag = {readonly span: Span; readonly helps: boolean};

const flag = (text: string, tone: 'warn' | 'danger' | 'dim', helps = false): Flag => ({span: span(text, tone), helps});

/** Length of the history in memory, from a minute on. */
const historyOf = ({timeline}: State): readonly Flag[] => {
	const seconds = secondsBetween(timeline.samples.at(0)?.at ?? null, newest(timeline)?.at ?? '') ?? 0;
	return seconds < 60 ? [] : [flag(`history ${duration(seconds)}`, 'dim', true)];
};

/** Number and name of the mark at the shown moment, else the number of marks. */
const marksOf = (state: State): readonly Flag[] => {
	const marks = bookmarksOf(state);
	const seq = (state.frozen?.sample ?? newest(state.timeline))?.seq;
	const place = marks.findIndex(({sample}) => sample.seq === seq);
	const name = marks[place]?.name;
	if (place >= 0) return [flag(`MARK ${place + 1}${name === undefined ? '' : ` ${name}`}`, 'warn')];
	return marks.length === 0 ? [] : [flag(plural(marks.length, 'mark'), 'dim', true)];
};

const replayFlags = ({frozen, timeline}: State, {playing, speed, goal, complete: whole}: Replay): readonly Flag[] => {
	if (!frozen) return [];
	const {sample} = frozen;
	const last = newest(timeline)?.seq ?? 0;
	const pace = goal !== undefined ? 'reading' : playing ? `${speed}x` : 'paused';
	return [
		flag(`REPLAY ${timeOfDay(sample.at)} ${pace}`, 'warn'),
		flag(`${sample.seq + 1} of ${last + 1}${whole ? '' : '+'}`, 'dim'),
		...(playing || goal !== undefined ? [] : [flag('p = play', 'dim', true)]),
	];
};

const heldFlags = (state: State): readonly Flag[] => {
	const {frozen, timeline} = state;
	if (!frozen) return [];
	if (!frozen.rewound) return [flag('PAUSED', 'warn'), flag('p = resume', 'dim', true)];
	const {at} = frozen.sample;
	const ago = duration(secondsBetween(at, newest(timeline)?.at ?? '') ?? 0);
	return [flag(`REWOUND ${timeOfDay(at)} ${ago} ago`, 'warn'), flag('} = live', 'dim', true)];
};

// Cells left to the first line of the header.
const minRoom = 20;

/** States that change the meaning of the whole screen, in words. */
export const flagsOf = (state: State): readonly Span[] => {
	const {replay, readOnly, recording, staleMs, fleet} = state;
	const flags: readonly Flag[] = [
		// The servers of a fleet are not acted on from there, whatever the options say.
		...(readOnly && fleet !== 'overview' ? [flag('READ-ONLY', 'dim')] : []),
		...(recording === 'on' ? [flag('REC', 'dim')] : recording ? [flag('NOT RECORDING', 'danger')] : []),
		...(replay ? replayFlags(state, replay) : heldFlags(state)),
		...marksOf(state),
		...(!replay && state.frozen?.rewound ? historyOf(state) : []),
		...(staleMs > 0 && newest(state.timeline) ? [flag(`STALE ${duration(staleMs / 1000)}`, 'danger')] : []),
	];
	const width = (list: readonly Flag[]): number => list.reduce((sum, {span: {text}}) => sum + text.length + 1, 0);
	let shown = flags;
	while (width(shown) > state.size.columns - minRoom) {
		const last = shown.findLastIndex(({helps}) => helps);
		if (last < 0) break;
		shown = shown.toSpliced(last, 1);
	}
	return shown.flatMap(({span: words}, index) => (index === 0 ? [words] : [span(' '), words]));
};

/** Length of the history in memory, as an optional part of the header. */
export const historyPart = (state: State): readonly Span[] =>
	state.frozen || state.replay ? [] : historyOf(state).map(({span: words}) => words);
