import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {literal} from '../../core/values/quote.ts';
import {duration, shortCount} from '../../core/values/units.ts';
import {type Holder, holdersOf} from './holders.ts';

/** Xmin ages, in transactions, for a warning and for danger. */
export const troubleAges = [1_000_000, 100_000_000] as const;
/** Seconds for a warning and for danger. */
export const troubleSeconds = [300, 3600] as const;

/** Worst holder of xmin in the connected database, with a sentence on it; `isTrouble` is true past the warning thresholds. */
export type Culprit = {readonly holder: Holder; readonly sentence: string; readonly isTrouble: boolean};

/**
 * Culprit of a sample; undefined if nothing keeps dead rows in tables of the connected database. It can be in another database,
 * if the snapshots in this one only follow it.
 */
export const culpritOf: (sample: Sample) => Culprit | undefined = oncePerSample(sample => {
	const [worst] = holdersOf(sample);
	if (!worst || !holdsTables(worst) || !worst.xmin_age) return undefined;
	const holder = worst.reachesTo ?? worst;
	return {holder, sentence: sentenceOf(holder, sample.at), isTrouble: isOld(holder, sample.at)};
});

/** True if a holder keeps dead rows in user tables. */
export const holdsTables = ({effect}: Holder): boolean =>
	effect === 'all tables of this database' || effect === 'tables of the primary';

// The small xmin age of a healthy standby is not a problem.
const isOld = ({xmin_age, since}: Holder, now: Instant): boolean =>
	(xmin_age ?? 0) > troubleAges[0] || ((xmin_age ?? 0) > 0 && (secondsBetween(since, now) ?? 0) > troubleSeconds[0]);

const sentenceOf = (holder: Holder, now: Instant): string => {
	const xmin = holder.effect === 'tables of the primary' ? "the primary's xmin" : 'xmin';
	const transactions = holder.xmin_age === 1 ? '1 transaction' : `${shortCount(holder.xmin_age ?? 0)} transactions`;
	return clean(`${subjectOf(holder, now)} holds ${xmin} back by ${transactions}.`);
};

const subjectOf = (holder: Holder, now: Instant): string => {
	const seconds = secondsBetween(holder.since, now);
	const aside = (text: (time: string) => string): string => (seconds === null ? '' : `, ${text(duration(seconds))},`);
	switch (holder.kind) {
		case 'session': {
			const state = holder.state === null ? '' : `, ${holder.state}`;
			return `Session ${holder.holder}${state}${aside(time => `transaction open for ${time}`)}`;
		}
		case 'prepared transaction':
			return `Prepared transaction ${literal(holder.holder)} in ${holder.datname ?? '?'}${aside(time => `prepared ${time} ago`)}`;
		case 'standby feedback':
			return `Standby ${holder.application_name ?? '?'} behind walsender ${holder.pid}`;
		case 'physical slot':
		case 'logical slot': {
			const state = holder.state === 'active' ? 'Active' : 'Inactive';
			return `${state} ${holder.kind} ${holder.holder}${aside(time => `unused for ${time}`)}`;
		}
	}
};
