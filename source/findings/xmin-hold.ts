import type {Past} from '../core/history/past.ts';
import type {Severity} from '../core/pane/finding.ts';
import type {RowRef} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {type Culprit, culpritOf} from '../panes/horizon/culprit.ts';
import {type Holder, holderName} from '../panes/horizon/holders.ts';
import {sessionsByPid} from '../panes/reading/answers.ts';
import {type DeadTable, deadRowsOf, deadTables} from './dead-tables.ts';
import {type Limits, severityOf, worstOf} from './thresholds.ts';

/** Holder of the xmin horizon, its severity if it is trouble, and the tables whose dead rows survived a vacuum since. */
export type XminHold = {
	readonly culprit: Culprit;
	readonly severity: Severity | undefined;
	readonly tables: readonly DeadTable[];
};

/** Holder of the xmin horizon in a sample; undefined if none holds it back. */
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

// Least age of a holder without a start time: a healthy standby is a few transactions behind.
const leastAge = 1000;

/** True if a vacuum ran since the holder holds xmin back and the dead rows of the table survived it. */
const isKeptBy =
	(holder: Holder) =>
	({vacuumed, stayed}: DeadTable): boolean =>
		holder.since === null && !isAbandonedHolder(holder)
			? stayed && (holder.xmin_age ?? 0) >= leastAge
			: vacuumed !== null && (holder.since === null || vacuumed > holder.since);

/** True if a holder has no session that will end it: a prepared transaction or an inactive slot. */
const isAbandonedHolder = ({kind, state}: Holder): boolean =>
	kind === 'prepared transaction' || (state === 'inactive' && (kind === 'physical slot' || kind === 'logical slot'));

/** Severity by the rule idle-in-transaction; undefined if the holder is not a session idle in its transaction. */
export const idleSeverity = ({kind, pid, state}: Holder, sample: Sample, limits: Limits): Severity | undefined => {
	const session = kind === 'session' && pid !== null ? sessionsByPid(sample).get(pid) : undefined;
	if (!session || state?.startsWith('idle in transaction') !== true) return undefined;
	return severityOf(secondsBetween(session.state_change, sample.at), limits.idle_in_transaction_seconds);
};

/** A holder in few words: `prepared transaction payout-2291`, `slot standby_berlin`. */
export const holderTitle = ({kind, holder, application_name}: Holder): string =>
	kind === 'standby feedback' ? `standby ${application_name ?? holder}` : `${kind.replace(/^\w+ slot$/, 'slot')} ${holder}`;

/** Row of a holder in the Horizon pane. */
export const holderRef = (holder: Holder): RowRef => ({pane: 'horizon', identity: `${holder.section} ${holderName(holder)}`});

/** Action that ends a holder, with its keys. */
export const holderRemedy = ({gid, remedy}: Holder): string =>
	gid === null ? remedy : 'F9 offers ROLLBACK PREPARED; its owner may still want to commit it.';
