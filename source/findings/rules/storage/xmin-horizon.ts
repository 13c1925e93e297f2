import {type Severity, severities} from '../../../core/pane/finding.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {shortCount} from '../../../core/values/units.ts';
import type {Holder} from '../../../panes/horizon/holders.ts';
import {autovacuum} from '../../../queries/autovacuum.ts';
import {horizon} from '../../../queries/horizon.ts';
import {pulse} from '../../../queries/server.ts';
import {databaseNames, sessions} from '../../../queries/sessions.ts';
import {tables} from '../../../queries/tables.ts';
import {type DeadTable, deadRowsOf} from '../../dead-tables.ts';
import {defineRule} from '../../rule.ts';

import {holderRef, holderRemedy, idleSeverity, xminHold} from '../../xmin-hold.ts';

/** Who keeps VACUUM from removing what is dead. */
export const xminHorizon = defineRule({
	id: 'xmin-horizon',
	help: 'Who keeps VACUUM from removing dead rows: a session, a prepared transaction, a slot, a standby.',
	queries: [horizon, sessions, pulse, databaseNames, tables, autovacuum],
	find: (sample, past, limits) => {
		const held = xminHold(sample, past, limits);
		if (!held?.severity) return [];
		const {holder, sentence} = held.culprit;
		// What a session that only waits does to the horizon is part of what is told of it.
		if (held.severity !== 'critical' && isAsBad(idleSeverity(holder, sample, limits), held.severity)) return [];
		return [
			{
				subject: `${holder.kind} ${holder.holder}`,
				severity: held.severity,
				weight: holder.xmin_age ?? 0,
				summary: clean(sentence),
				evidence: clean(evidenceOf(holder, held.tables)),
				pid: holder.kind === 'session' ? holder.pid : null,
				leads: holderRef(holder),
				action: clean(holderRemedy(holder)),
			},
		];
	},
});

const isAsBad = (a: Severity | undefined, b: Severity): boolean =>
	a !== undefined && severities.indexOf(a) <= severities.indexOf(b);

const evidenceOf = ({oldest}: Holder, dead: readonly DeadTable[]): string => {
	const [most] = dead;
	if (!most) return oldest === null ? '' : `The oldest transaction that it keeps is ${oldest}.`;
	const rows = shortCount(deadRowsOf(dead));
	return dead.length === 1
		? `${rows} dead rows of ${most.name} stayed after a vacuum.`
		: `${rows} dead rows of ${plural(dead.length, 'table')} stayed after a vacuum, ${shortCount(most.n_dead_tup)} of them in ${most.name}.`;
};
