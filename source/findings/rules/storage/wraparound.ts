import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {relationName} from '../../../core/values/quote.ts';
import {duration, shortCount} from '../../../core/values/units.ts';
import {type Culprit, culpritOf} from '../../../panes/horizon/culprit.ts';
import {type DatabaseAge, databaseAges, overdueRatio, stopAge, tableAges} from '../../../panes/horizon/wraparound.ts';
import {factsOf} from '../../../panes/reading/answers.ts';
import {horizon} from '../../../queries/activity/horizon.ts';
import {pulse} from '../../../queries/server/server.ts';
import {freezeAges, oldestTables} from '../../../queries/storage/freeze.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';

import {type Limits, severityOf, worstOf} from '../../thresholds.ts';
import {holderRemedy, holderTitle} from '../../xmin-hold.ts';

/** Transaction or multixact IDs that run out because they are not frozen. */
export const wraparound = defineRule({
	id: 'wraparound',
	help: 'Databases that run out of transaction or multixact IDs because they are not frozen in time; then the server refuses writes.',
	queries: [freezeAges, pulse, oldestTables, horizon],
	find: (sample, past, limits) => {
		const old = agedDatabases(sample, past, limits);
		if (old.length === 0) return [];
		return kinds.flatMap(kind =>
			findingsOf(
				kind,
				old.filter(({of}) => of === kind),
				sample,
			),
		);
	},
});

type IdKind = {
	readonly what: string;
	readonly id: string;
	readonly age: (row: DatabaseAge) => number;
	readonly forced: (row: DatabaseAge) => number;
};

const kinds: readonly IdKind[] = [
	{what: 'transaction', id: 'XID', age: ({xid_age}) => xid_age, forced: ({freeze_max_age}) => freeze_max_age},
	{
		what: 'multixact',
		id: 'multixact ID',
		age: ({mxid_age}) => mxid_age,
		forced: ({multixact_freeze_max_age}) => multixact_freeze_max_age,
	},
];

type AgedDatabase = {
	readonly of: IdKind;
	readonly row: DatabaseAge;
	readonly severity: Severity;
	readonly stopsIn: number | null;
};

const agedDatabases = oncePerAnswers([freezeAges], (sample, past, limits): readonly AgedDatabase[] =>
	// The past is read for a rate only if a database is old.
	databaseAges(sample, []).some(row =>
		kinds.some(kind => severityOf(overdueRatio(kind.age(row), kind.forced(row)), limits.wraparound_ratio)),
	)
		? databaseAges(sample, past).flatMap(row => kinds.flatMap(kind => agedBy(kind, row, limits)))
		: [],
);

const agedBy = (of: IdKind, row: DatabaseAge, limits: Limits): readonly AgedDatabase[] => {
	const severity = severityOf(overdueRatio(of.age(row), of.forced(row)), limits.wraparound_ratio);
	if (!severity) return [];
	const stopsIn = of === kinds[0] ? row.stops_in_seconds : null;
	const byTime = severityOf(stopsIn, limits.wraparound_seconds);
	return [{of, row, severity: worstOf(severity, byTime) ?? severity, stopsIn: byTime ? stopsIn : null}];
};

const findingsOf = (kind: IdKind, old: readonly AgedDatabase[], sample: Sample): readonly Found[] => {
	const current = factsOf(sample)?.database;
	const rank = ({row}: AgedDatabase): number => Number(row.datname === current);
	// Databases of the same age have the same cause; prefer the current one, in which actions work.
	const [worstOne] = old.toSorted((a, b) => kind.age(b.row) - kind.age(a.row) || rank(b) - rank(a));
	const named = old.find(one => rank(one) === 1 && worstOne && kind.age(one.row) >= kind.age(worstOne.row) * 0.99) ?? worstOne;
	if (!named) return [];
	const left = Math.max(0, stopAge - kind.age(named.row));
	const end = named.stopsIn === null ? '' : `, gone in ${duration(named.stopsIn)} at this rate`;
	const others = old.length > 1 ? ` +${old.length - 1}` : '';
	const culprit = kind.what === 'transaction' ? freezeBlocker(named.row, sample) : undefined;
	const cause = culprit ? `: ${holderTitle(culprit.holder)} holds xmin` : '';
	return [
		{
			subject: `${kind.what} ids`,
			severity: named.severity,
			weight: kind.age(named.row),
			summary: clean(`${shortCount(left)} ${kind.id}s left before shutdown (${named.row.datname}${others})${end}${cause}.`),
			evidence: clean(evidenceOf(kind, named.row, current, sample)),
			pid: culprit?.holder.kind === 'session' ? culprit.holder.pid : null,
			leads: {pane: 'horizon', identity: `wraparound ${named.row.datid}`},
			action: clean(`${culprit ? `${holderRemedy(culprit.holder)} Then ` : ''}VACUUM (FREEZE) the oldest tables; b lists them.`),
		},
	];
};

/** Holder that keeps VACUUM from freezing: its xmin is at least half as old as the database. */
const freezeBlocker = (row: DatabaseAge, sample: Sample): Culprit | undefined => {
	const culprit = culpritOf(sample);
	return (culprit?.holder.xmin_age ?? 0) * 2 >= row.xid_age ? culprit : undefined;
};

const evidenceOf = (kind: IdKind, row: DatabaseAge, current: string | undefined, sample: Sample): string => {
	const age = `The oldest ${kind.id} has age ${shortCount(kind.age(row))}; autovacuum is forced at ${shortCount(kind.forced(row))}.`;
	const [oldest] = row.datname === current ? tableAges(sample) : [];
	return oldest ? `${age} The oldest table is ${oldest.toast_of ?? relationName(oldest.schemaname, oldest.relname)}.` : age;
};
