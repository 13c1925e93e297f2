import type {Past} from '../core/history/past.ts';
import type {Severity} from '../core/pane/finding.ts';
import type {RowRef} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {type Culprit, culpritOf} from '../panes/horizon/culprit.ts';
import {type Holder, holderName} from '../panes/horizon/holders.ts';
import {sessionsByPid} from '../panes/reading/reading.ts';
import {type DeadTable, deadRowsOf, deadTables} from './dead-tables.ts';
import {type Limits, severityOf, worstOf} from './thresholds.ts';

/** Who holds VACUUM back, how bad that is if it is, and the tables that had a vacuum since and still wait for one. */
export type XminHold = {
	readonly culprit: Culprit;
	readonly severity: Severity | undefined;
	readonly tables: readonly DeadTable[];
};

/** Who holds VACUUM back in a sample; undefined where nobody does. */
export const xminHold = (sample: Sample, past: Past, limits: Limits): XminHold | undefined => {
	const culprit = culpritOf(sample);
	if (!culprit) return undefined;
	const {holder} = culprit;
	const kept = deadTables(sample, past, limits).filter(isKeptBy(holder));
	const byAge = severityOf(holder.xmin_age, limits.horizon_transactions);
	if (holder.kind === 'session') return {culprit, severity: byAge, tables: kept};
	const byTime = isAbandonedHolder(holder)
		? severityOf(secondsBetween(holder.since, sample.at), limits.horizon_seconds)
		: undefined;
	return {culprit, severity: worstOf(byAge, byTime, severityOf(deadRowsOf(kept), limits.horizon_dead_rows)), tables: kept};
};

// Of who does not say since when it holds: a standby in good health is a moment behind.
const leastAge = 1000;

/** Whether a vacuum came by since somebody holds it back, and what is dead in a table stayed. */
const isKeptBy =
	(holder: Holder) =>
	({vacuumed, stayed}: DeadTable): boolean =>
		holder.since === null && !isAbandonedHolder(holder)
			? stayed && (holder.xmin_age ?? 0) >= leastAge
			: vacuumed !== null && (holder.since === null || vacuumed > holder.since);

/** Whether nobody works with a holder any more, so that it ends only if somebody ends it. */
const isAbandonedHolder = ({kind, state}: Holder): boolean =>
	kind === 'prepared transaction' || (state === 'inactive' && (kind === 'physical slot' || kind === 'logical slot'));

/** How bad it is by another rule that a holder is a session that does nothing in its transaction; undefined where it is not one. */
export const idleSeverity = ({kind, pid, state}: Holder, sample: Sample, limits: Limits): Severity | undefined => {
	const session = kind === 'session' && pid !== null ? sessionsByPid(sample).get(pid) : undefined;
	if (!session || state?.startsWith('idle in transaction') !== true) return undefined;
	return severityOf(secondsBetween(session.state_change, sample.at), limits.idle_in_transaction_seconds);
};

/** A holder in few words: `the prepared transaction payout-2291`. */
export const holderTitle = ({kind, holder, application_name}: Holder): string =>
	kind === 'standby feedback' ? `the standby ${application_name ?? holder}` : `the ${kind} ${holder}`;

/** Where a holder stands among all. */
export const holderRef = (holder: Holder): RowRef => ({pane: 'horizon', identity: `${holder.section} ${holderName(holder)}`});

/** What ends a holder, by the keys that do it. */
export const holderRemedy = ({kind, gid, state, remedy}: Holder): string => {
	if (gid !== null) return 'F9 offers ROLLBACK PREPARED; whoever prepared it may yet want to commit it.';
	const isStandby = kind === 'standby feedback' || (kind === 'physical slot' && state === 'active');
	return isStandby ? 'On the standby: end whom the horizon pane names there, or set hot_standby_feedback = off.' : remedy;
};
