import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {relationName} from '../../../core/values/quote.ts';
import {duration, shortCount} from '../../../core/values/units.ts';
import {type Culprit, culpritOf} from '../../../panes/horizon/culprit.ts';
import {type DatabaseAge, databaseAges, stopAge, tableAges} from '../../../panes/horizon/wraparound.ts';
import {factsOf} from '../../../panes/reading/reading.ts';
import {freezeAges, oldestTables} from '../../../queries/freeze.ts';
import {horizon} from '../../../queries/horizon.ts';
import {pulse} from '../../../queries/server.ts';
import {oncePerAnswers} from '../../once-per-answers.ts';
import {defineRule, type Found} from '../../rule.ts';

import {type Limits, severityOf, worstOf} from '../../thresholds.ts';
import {holderRemedy, holderTitle} from '../../xmin-hold.ts';

/** Ids of transactions or multixacts that come to their end, because they are not frozen. */
export const wraparound = defineRule({
	id: 'wraparound',
	help: 'Databases whose transaction or multixact ids are not frozen in time: at their end the server refuses to write.',
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
	readonly age: (row: DatabaseAge) => number;
	readonly forced: (row: DatabaseAge) => number;
};

const kinds: readonly IdKind[] = [
	{what: 'transaction', age: ({xid_age}) => xid_age, forced: ({freeze_max_age}) => freeze_max_age},
	{what: 'multixact', age: ({mxid_age}) => mxid_age, forced: ({multixact_freeze_max_age}) => multixact_freeze_max_age},
];

type AgedDatabase = {
	readonly of: IdKind;
	readonly row: DatabaseAge;
	readonly severity: Severity;
	readonly stopsIn: number | null;
};

/** How far the age is on its way from where autovacuum is forced to where the server stops. */
const overdueRatio = (age: number, forced: number): number => (age - forced) / Math.max(1, stopAge - forced);

const agedDatabases = oncePerAnswers([freezeAges], (sample, past, limits): readonly AgedDatabase[] =>
	// The pace is only asked of a past where somebody is old.
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
	const ours = factsOf(sample)?.database;
	const rank = ({row}: AgedDatabase): number => Number(row.datname === ours);
	// Those of one age have one cause: ours is the one where something can be done.
	const [worstOne] = old.toSorted((a, b) => kind.age(b.row) - kind.age(a.row) || rank(b) - rank(a));
	const told = old.find(one => rank(one) === 1 && worstOne && kind.age(one.row) >= kind.age(worstOne.row) * 0.99) ?? worstOne;
	if (!told) return [];
	const left = Math.max(0, stopAge - kind.age(told.row));
	const end = told.stopsIn === null ? '' : `, gone in ${duration(told.stopsIn)} at this pace`;
	const whose = `${told.row.datname}${old.length > 1 ? ` and ${plural(old.length - 1, 'other database')}` : ''}`;
	const ids = `${shortCount(left)} ${kind.what} ids`;
	const culprit = kind.what === 'transaction' ? freezeBlocker(told.row, sample) : undefined;
	const summary = culprit
		? `${upperFirst(holderTitle(culprit.holder))} leaves ${whose} only ${ids}${end}.`
		: `${whose} ha${old.length > 1 ? 've' : 's'} only ${ids} left${end}.`;
	return [
		{
			subject: `${kind.what} ids`,
			severity: told.severity,
			weight: kind.age(told.row),
			summary: clean(summary),
			evidence: clean(evidenceOf(kind, told.row, ours, sample)),
			pid: culprit?.holder.kind === 'session' ? culprit.holder.pid : null,
			leads: {pane: 'horizon', identity: `wraparound ${told.row.datid}`},
			action: clean(`${culprit ? `${holderRemedy(culprit.holder)} Then ` : ''}VACUUM (FREEZE) the oldest tables; b lists them.`),
		},
	];
};

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Who lets VACUUM freeze nothing of what makes a database old: somebody nearly as old as it. */
const freezeBlocker = (row: DatabaseAge, sample: Sample): Culprit | undefined => {
	const culprit = culpritOf(sample);
	return (culprit?.holder.xmin_age ?? 0) * 2 >= row.xid_age ? culprit : undefined;
};

const evidenceOf = (kind: IdKind, row: DatabaseAge, ours: string | undefined, sample: Sample): string => {
	const age = `Its oldest ${kind.what} id is ${shortCount(kind.age(row))} old; autovacuum is forced from ${shortCount(kind.forced(row))} on.`;
	const [oldest] = row.datname === ours ? tableAges(sample) : [];
	return oldest ? `${age} The oldest table is ${oldest.toast_of ?? relationName(oldest.schemaname, oldest.relname)}.` : age;
};
