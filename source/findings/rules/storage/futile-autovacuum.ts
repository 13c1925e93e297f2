import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {shortCount} from '../../../core/values/units.ts';
import type {Holder} from '../../../panes/horizon/holders.ts';
import {autovacuum} from '../../../queries/autovacuum.ts';
import {horizon} from '../../../queries/horizon.ts';
import {pulse} from '../../../queries/server.ts';
import {databaseNames, sessions} from '../../../queries/sessions.ts';
import {tables} from '../../../queries/tables.ts';
import {deadRowsOf, deadTables} from '../../dead-tables.ts';
import {defineRule} from '../../rule.ts';

import {type Limits, severityOf} from '../../thresholds.ts';
import {holderRef, holderRemedy, holderTitle, idleSeverity, xminHold} from '../../xmin-hold.ts';

/** Autovacuum comes by again and again and removes nothing, because of somebody who holds it back. */
export const futileAutovacuum = defineRule({
	id: 'futile-autovacuum',
	help: 'Autovacuum runs on a table and removes nothing, because somebody may still need what is dead.',
	queries: [tables, autovacuum, horizon, sessions, pulse, databaseNames],
	find: (sample, past, limits) => {
		const futile = deadTables(sample, past, limits).filter(({removesNothing}) => removesNothing);
		const held = futile.length > 0 ? xminHold(sample, past, limits) : undefined;
		if (!held) return [];
		const {holder} = held.culprit;
		// A table that is much written has new dead rows as soon as the old ones are gone: only who was there before holds them.
		const kept = futile.filter(({relid}) => held.tables.some(table => table.relid === relid));
		const [most] = kept;
		const severity = severityOf(deadRowsOf(kept), limits.futile_dead_rows);
		if (!most || !severity) return [];
		const isTold = held.severity !== undefined || idleSeverity(holder, sample, limits) !== undefined;
		const others = kept.length > 1 ? ` and ${plural(kept.length - 1, 'other table')}` : '';
		return [
			{
				subject: most.name,
				severity: isTold || isRecentSession(holder, sample, limits) ? 'notice' : severity,
				weight: deadRowsOf(kept),
				summary: clean(`Autovacuum runs on ${most.name}${others} and removes nothing: ${holderTitle(holder)} holds it back.`),
				evidence: `${shortCount(deadRowsOf(kept))} rows are dead, as many as before it ran.`,
				pid: holder.kind === 'session' ? holder.pid : null,
				leads: holderRef(holder),
				action: clean(holderRemedy(holder)),
			},
		];
	},
});

/** Whether a session has held it for so short a time as a dump or a report of everyday does, as far as that is known. */
const isRecentSession = ({kind, since}: Holder, {at}: Sample, {horizon_seconds}: Limits): boolean => {
	const seconds = secondsBetween(since, at);
	return kind === 'session' && severityOf(seconds, horizon_seconds) === undefined;
};
