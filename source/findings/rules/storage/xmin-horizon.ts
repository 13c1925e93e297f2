import {type Severity, severities} from '../../../core/pane/finding.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {shortCount} from '../../../core/values/units.ts';
import type {Holder} from '../../../panes/horizon/holders.ts';
import {horizon} from '../../../queries/activity/horizon.ts';
import {databaseNames, sessions} from '../../../queries/activity/sessions.ts';
import {pulse} from '../../../queries/server/server.ts';
import {autovacuum} from '../../../queries/storage/autovacuum.ts';
import {tables} from '../../../queries/storage/tables.ts';
import {type DeadTable, deadRowsOf} from '../../dead-tables.ts';
import {defineRule} from '../../rule.ts';

import {holderRef, holderRemedy, idleSeverity, xminHold} from '../../xmin-hold.ts';

/** Holder of the xmin horizon that keeps VACUUM from removing dead rows. */
export const xminHorizon = defineRule({
	id: 'xmin-horizon',
	help: 'The session, prepared transaction, slot or standby that holds xmin back, so that VACUUM cannot remove dead rows.',
	queries: [horizon, sessions, pulse, databaseNames, tables, autovacuum],
	find: (sample, past, limits) => {
		const hold = xminHold(sample, past, limits);
		if (!hold?.severity) return [];
		const {holder, sentence} = hold.culprit;
		// For a session idle in its transaction the rule of that name is enough.
		if (hold.severity !== 'critical' && isAsBad(idleSeverity(holder, sample, limits), hold.severity)) return [];
		return [
			{
				subject: `${holder.kind} ${holder.holder}`,
				severity: hold.severity,
				weight: holder.xmin_age ?? 0,
				summary: clean(sentence),
				evidence: clean(evidenceOf(holder, hold.tables)),
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
	if (!most) return oldest === null ? '' : `The oldest XID it holds back is ${oldest}.`;
	const rows = shortCount(deadRowsOf(dead));
	return dead.length === 1
		? `${rows} dead rows of ${most.name} survived a vacuum.`
		: `${rows} dead rows of ${plural(dead.length, 'table')} survived a vacuum, ${shortCount(most.n_dead_tup)} of them in ${most.name}.`;
};
