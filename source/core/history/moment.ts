import type {Sample} from '../sample/sample.ts';
import {lastUntil, type Past} from './past.ts';
import type {Timeline} from './timeline.ts';

/** A moment kept when memory drops its samples: its sample, and the ones just before it, from which rates are computed. */
export type Moment = {readonly sample: Sample; readonly before: readonly Sample[]};

/** A marked moment and its name. */
export type Bookmark = Moment & {readonly name: string | undefined};

// Rates look back 15 seconds.
const mostBefore = 16;

/** The moment of a sample in the timeline. */
export const momentOf = ({samples}: Timeline, sample: Sample): Moment => {
	const place = lastUntil(samples, sample.seq - 1) + 1;
	return {sample, before: samples.slice(Math.max(0, place - mostBefore), place)};
};

/** The samples before a moment in a past, or those kept with the moment if memory has dropped more. */
export const pastBefore = (past: Past, {sample, before}: Moment): Past =>
	lastUntil(past, sample.seq - 1) + 1 < before.length ? before : past;

/** The past of a moment: all samples of the timeline, or those kept with the moment if memory has dropped more. */
export const pastOf = ({samples}: Timeline, moment: Moment | undefined): Past => (moment ? pastBefore(samples, moment) : samples);
