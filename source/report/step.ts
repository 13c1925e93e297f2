import type {Past} from '../core/history/past.ts';
import type {Finding} from '../core/pane/finding.ts';
import type {Sample} from '../core/sample/sample.ts';

/** One sample of the reported period. */
export type Step = {
	readonly sample: Sample;
	readonly past: Past;
	/** All findings in it. */
	readonly findings: readonly Finding[];
	/** Previous sample; undefined for the first. */
	readonly before: Sample | undefined;
	/** Seconds since the previous sample that this one stands for; 0 for the first. */
	readonly seconds: number;
	/** True if the time since the previous sample is unknown but for its last seconds. */
	readonly gap: boolean;
};

/** Pauses below this many seconds do not interrupt a finding. */
export const pauseSeconds = 5;
