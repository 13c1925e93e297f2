import type {Sample} from '../sample/sample.ts';
import {lastUntil, type Past} from './past.ts';
import type {Timeline} from './timeline.ts';

/** A moment that is kept whatever memory drops: its sample, and those just before it, against which its rates are taken. */
export type Moment = {readonly sample: Sample; readonly before: readonly Sample[]};

/** A moment that somebody marked, and what it was called. */
export type Bookmark = Moment & {readonly name: string | undefined};

// Rates look back fifteen seconds.
const mostBefore = 16;

/** The moment of a sample that the timeline has. */
export const momentOf = ({samples}: Timeline, sample: Sample): Moment => {
	const place = lastUntil(samples, sample.seq - 1) + 1;
	return {sample, before: samples.slice(Math.max(0, place - mostBefore), place)};
};

/** The past of a moment: all that the timeline has, or what was kept with it once memory has lost more than that. */
export const pastOf = ({samples}: Timeline, moment: Moment | undefined): Past =>
	moment && lastUntil(samples, moment.sample.seq - 1) + 1 < moment.before.length ? moment.before : samples;
