import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {clean} from '../../core/text/clean.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {literal} from '../../core/values/quote.ts';
import {duration, shortCount} from '../../core/values/units.ts';
import {type Holder, holdersOf} from './holders.ts';

/** Transactions from which on a holder is trouble, and a hundred times that. */
export const troubleAges = [1_000_000, 100_000_000] as const;
/** Seconds from which on a holder is trouble, and danger. */
export const troubleSeconds = [300, 3600] as const;

/** The one that holds VACUUM of our database back the most: who, in one sentence, and whether that is trouble yet. */
export type Culprit = {readonly holder: Holder; readonly sentence: string; readonly isTrouble: boolean};

/**
 * The culprit of a sample; undefined where nobody holds a row version of our database's tables back. It may be at work in
 * another database, where those in ours only reach back to it.
 */
export const culpritOf: (sample: Sample) => Culprit | undefined = oncePerSample(sample => {
	const [worst] = holdersOf(sample);
	if (!worst || !holdsTables(worst) || !worst.xmin_age) return undefined;
	const holder = worst.reachesTo ?? worst;
	return {holder, sentence: sentenceOf(holder, sample.at), isTrouble: isOld(holder, sample.at)};
});

/** Whether a holder keeps what died in tables of users. */
export const holdsTables = ({effect}: Holder): boolean =>
	effect === 'all tables of this database' || effect === 'tables of the primary';

// A healthy standby's small age is no trouble.
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
