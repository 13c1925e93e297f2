import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {shortCount} from '../../../core/values/units.ts';
import type {Holder} from '../../../panes/horizon/holders.ts';
import {horizon} from '../../../queries/activity/horizon.ts';
import {databaseNames, sessions} from '../../../queries/activity/sessions.ts';
import {pulse} from '../../../queries/server/server.ts';
import {autovacuum} from '../../../queries/storage/autovacuum.ts';
import {tables} from '../../../queries/storage/tables.ts';
import {deadRowsOf, deadTables} from '../../dead-tables.ts';
import {defineRule} from '../../rule.ts';

import {type Limits, severityOf} from '../../thresholds.ts';
import {holderRef, holderRemedy, holderTitle, idleSeverity, xminHold} from '../../xmin-hold.ts';

/** Autovacuum that runs again and again and removes nothing, because xmin is held back. */
export const futileAutovacuum = defineRule({
	id: 'futile-autovacuum',
	help: 'Autovacuum that runs on a table and removes nothing, because a snapshot may still see the dead rows.',
	queries: [tables, autovacuum, horizon, sessions, pulse, databaseNames],
	find: (sample, past, limits) => {
		const futile = deadTables(sample, past, limits).filter(({removesNothing}) => removesNothing);
		const hold = futile.length > 0 ? xminHold(sample, past, limits) : undefined;
		if (!hold) return [];
		const {holder} = hold.culprit;
		// A table with many writes has new dead rows at once: only a holder older than the vacuum can be the cause.
		const kept = futile.filter(({relid}) => hold.tables.some(table => table.relid === relid));
		const [most] = kept;
		const severity = severityOf(deadRowsOf(kept), limits.futile_dead_rows);
		if (!most || !severity) return [];
		const isReported = hold.severity !== undefined || idleSeverity(holder, sample, limits) !== undefined;
		const others = kept.length > 1 ? ` and ${plural(kept.length - 1, 'other table')}` : '';
		return [
			{
				subject: most.name,
				severity: isReported || isRecentSession(holder, sample, limits) ? 'notice' : severity,
				weight: deadRowsOf(kept),
				summary: clean(`Autovacuum on ${most.name}${others} removes nothing: ${holderTitle(holder)} holds xmin back.`),
				evidence: `${shortCount(deadRowsOf(kept))} dead rows, as many as before it ran.`,
				pid: holder.kind === 'session' ? holder.pid : null,
				leads: holderRef(holder),
				action: clean(holderRemedy(holder)),
			},
		];
	},
});

/** True if a session has held xmin back no longer than an ordinary dump or report, as far as that is known. */
const isRecentSession = ({kind, since}: Holder, {at}: Sample, {horizon_seconds}: Limits): boolean => {
	const seconds = secondsBetween(since, at);
	return kind === 'session' && severityOf(seconds, horizon_seconds) === undefined;
};
