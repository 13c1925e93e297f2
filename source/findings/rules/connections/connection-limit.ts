import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {percent} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {isClient} from '../../../panes/reading/load.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {databases} from '../../../queries/server/databases.ts';
import {limitedRoles} from '../../../queries/server/roles.ts';
import {defineRule, type Found} from '../../rule.ts';
import {type Limits, severityOf} from '../../thresholds.ts';
import {actionFor, add, emptyTally, idleWords, type Tally} from './tally.ts';

// A limit of a few connections is there to be reached: one job at a time.
const leastLimit = 5;

/** A role or a database whose connections are limited, and those that it has. */
type Limited = Tally & {readonly kind: 'role' | 'database'; readonly name: string; readonly most: number};

const limitsIn = (kind: Limited['kind'], rows: readonly (readonly [oid: number, name: string | null, most: number | null])[]) =>
	new Map(
		rows.flatMap(([oid, name, most]): readonly [number, Limited][] =>
			name === null || most === null || most < leastLimit ? [] : [[oid, {kind, name, most, ...emptyTally()}]],
		),
	);

/** What is limited in a sample, with its connections. Our own count too, but nobody is led to them. */
const limitedIn = (sample: Sample): readonly Limited[] => {
	const byRole = limitsIn(
		'role',
		rowsOf(sample, limitedRoles).map(({oid, rolname, rolconnlimit}) => [oid, rolname, rolconnlimit]),
	);
	const byDatabase = limitsIn(
		'database',
		rowsOf(sample, databases).map(({datid, datname, datconnlimit}) => [datid, datname, datconnlimit]),
	);
	if (byRole.size + byDatabase.size === 0) return [];
	const own = new Set(sample.own);
	for (const session of rowsOf(sample, sessions).filter(isClient)) {
		for (const each of [byRole.get(session.usesysid ?? 0), byDatabase.get(session.datid ?? 0)]) {
			if (each && own.has(session.pid)) each.count++;
			else if (each) add(each, session);
		}
	}
	return [...byRole.values(), ...byDatabase.values()];
};

/** Roles and databases close to a CONNECTION LIMIT of their own. */
export const connectionLimit = defineRule({
	id: 'connection-limit',
	help: 'A role or a database close to its own CONNECTION LIMIT, from 5 on: at it, further log-ins are refused. Superusers have none.',
	queries: [sessions, limitedRoles, databases],
	find: (sample, _, limits) =>
		sample.results[sessions.name]?.ok === true ? limitedIn(sample).flatMap(each => findingOn(each, limits)) : [],
});

const findingOn = (tally: Limited, limits: Limits): readonly Found[] => {
	const {kind, name, most} = tally;
	const ratio = tally.count / most;
	const severity = softened(severityOf(ratio, limits.connections_ratio), tally);
	if (!severity) return [];
	const column = kind === 'role' ? 'user' : 'database';
	const whose = `${column}="${name.replaceAll('"', '""')}"`;
	const left = tally.count >= most ? 'Further log-ins are refused.' : 'At the limit, log-ins are refused.';
	return [
		{
			subject: `${kind} ${name}`,
			severity,
			weight: ratio,
			summary: clean(`The ${kind} ${name} has ${tally.count} of its ${most} connections${idleWords(tally)}.`),
			evidence: `${percent(ratio)} of its CONNECTION LIMIT. ${left}`,
			pid: tally.longest?.pid ?? null,
			leads: {pane: 'sessions', identity: null, filter: tally.idle ? `${whose} state=idle` : whose},
			action: actionFor(tally, kind),
		},
	];
};

/** While some sessions are idle, those who are refused may be few: a pool may just be as large as its limit. */
const softened = (severity: Severity | undefined, {count, idle}: Tally): Severity | undefined => {
	if (severity === undefined || idle === 0) return severity;
	return idle !== null && idle > count / 2 ? 'notice' : 'warning';
};
