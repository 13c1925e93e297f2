import type {Past} from '../core/history/past.ts';
import type {Finding} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';

/** One sample of the time that a report is about. */
export type Step = {
	readonly sample: Sample;
	readonly past: Past;
	/** All that the rules find in it. */
	readonly findings: readonly Finding[];
	/** The sample before it; undefined for the first. */
	readonly before: Sample | undefined;
	/** Seconds since that for which this one speaks; 0 for the first. */
	readonly seconds: number;
	/** Nothing is known of the time since the sample before but of its last seconds. */
	readonly gap: boolean;
};

/** What pauses for less than this many seconds goes on. */
export const pauseSeconds = 5;
