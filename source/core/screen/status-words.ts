import {newest} from '../history/timeline.ts';
import type {Replay, State} from '../state/state.ts';
import {type Span, span} from '../text/line.ts';
import {plural} from '../text/words.ts';
import {bookmarksOf} from '../time/travel.ts';
import {secondsBetween, timeOfDay} from '../values/instant.ts';
import {duration} from '../values/units.ts';

/** Words of the header that change the meaning of all that is shown; those that only help go first where there is no room. */
type Flag = {readonly span: Span; readonly helps: boolean};

const flag = (text: string, tone: 'warn' | 'danger' | 'dim', helps = false): Flag => ({span: span(text, tone), helps});

/** How far back memory reaches, from a minute on. */
const historyOf = ({timeline}: State): readonly Flag[] => {
	const seconds = secondsBetween(timeline.samples.at(0)?.at ?? null, newest(timeline)?.at ?? '') ?? 0;
	return seconds < 60 ? [] : [flag(`history ${duration(seconds)}`, 'dim', true)];
};

/** Whether the moment that is shown is marked, and as which of the marks; else how many there are. */
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
	const pace = goal !== undefined ? 'reading on' : playing ? `${speed}x` : 'paused';
	return [
		flag(`REPLAY ${timeOfDay(sample.at)} ${pace}`, 'warn'),
		flag(`${sample.seq + 1} of ${last + 1}${whole ? '' : '+'}`, 'dim'),
		...(playing || goal !== undefined ? [] : [flag('p plays', 'dim', true)]),
	];
};

const heldFlags = (state: State): readonly Flag[] => {
	const {frozen, timeline} = state;
	if (!frozen) return [];
	if (!frozen.rewound) return [flag('PAUSED', 'warn'), flag('p goes on', 'dim', true)];
	const {at} = frozen.sample;
	const ago = duration(secondsBetween(at, newest(timeline)?.at ?? '') ?? 0);
	return [flag(`REWOUND ${timeOfDay(at)} ${ago} ago`, 'warn'), flag('} returns', 'dim', true)];
};

// Less room is left to the header's first line than the time of day takes.
const leastRoom = 20;

/** The states that change the meaning of all that is shown, in words. */
export const flagsOf = (state: State): readonly Span[] => {
	const {replay, readOnly, recording, staleMs} = state;
	const flags: readonly Flag[] = [
		...(readOnly ? [flag('READ-ONLY', 'dim')] : []),
		...(recording === 'on' ? [flag('REC', 'dim')] : recording ? [flag('NOT RECORDING', 'danger')] : []),
		...(replay ? replayFlags(state, replay) : heldFlags(state)),
		...marksOf(state),
		...(!replay && state.frozen?.rewound ? historyOf(state) : []),
		...(staleMs > 0 ? [flag(`STALE ${duration(staleMs / 1000)}`, 'danger')] : []),
	];
	const width = (kept: readonly Flag[]): number => kept.reduce((sum, {span: {text}}) => sum + text.length + 1, 0);
	let kept = flags;
	while (width(kept) > state.size.columns - leastRoom) {
		const last = kept.findLastIndex(({helps}) => helps);
		if (last < 0) break;
		kept = kept.toSpliced(last, 1);
	}
	return kept.flatMap(({span: words}, index) => (index === 0 ? [words] : [span(' '), words]));
};

/** How far back memory reaches, as a part of the header that stands where there is room. */
export const historyPart = (state: State): readonly Span[] =>
	state.frozen || state.replay ? [] : historyOf(state).map(({span: words}) => words);
