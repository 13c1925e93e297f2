import type {Query} from '../../../core/sample/query.ts';
import {sentences} from '../../../core/sample/sample.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {horizon} from '../../../queries/activity/horizon.ts';
import {locks} from '../../../queries/activity/locks.ts';
import {sessions} from '../../../queries/activity/sessions.ts';
import {statementNorms} from '../../../queries/activity/statements.ts';
import {directories, host} from '../../../queries/beside/host.ts';
import {patroniCluster, patroniMembers} from '../../../queries/beside/patroni.ts';
import {poolerConnections, poolerPools, poolers} from '../../../queries/beside/pgbouncer.ts';
import {senders, slots, standby} from '../../../queries/replication/replication.ts';
import {subscriptions} from '../../../queries/replication/subscriptions.ts';
import {archiveBacklog, archiver, wal, walDirectory} from '../../../queries/replication/wal.ts';
import {databaseSizes, databases} from '../../../queries/server/databases.ts';
import {limitedRoles} from '../../../queries/server/roles.ts';
import {pulse} from '../../../queries/server/server.ts';
import {configFiles, settings} from '../../../queries/server/settings.ts';
import {autovacuum} from '../../../queries/storage/autovacuum.ts';
import {freezeAges, oldestTables} from '../../../queries/storage/freeze.ts';
import {indexUsage, scanCounters} from '../../../queries/storage/index-usage.ts';
import {indexes, invalidIndexes} from '../../../queries/storage/indexes.ts';
import {sequences} from '../../../queries/storage/sequences.ts';
import {tables} from '../../../queries/storage/tables.ts';
import {tempFiles, tempFilesets} from '../../../queries/storage/temp-files.ts';
import {type Gap, gapsOf} from '../../coverage.ts';
import {defineRule, type Rule} from '../../rule.ts';

/** Panes with what rules read, most specific first. */
const places: readonly (readonly [pane: string, queries: readonly Query[]])[] = [
	['locks', [locks]],
	['sessions', [sessions, tempFiles, tempFilesets, statementNorms, poolerConnections]],
	[
		'replication',
		[senders, standby, slots, subscriptions, wal, archiver, archiveBacklog, walDirectory, patroniCluster, patroniMembers],
	],
	['bloat', [tables, autovacuum]],
	['indexes', [indexes, invalidIndexes, indexUsage, scanCounters]],
	['databases', [databases, databaseSizes, directories, host, sequences]],
	['horizon', [horizon, freezeAges, oldestTables, pulse]],
	['settings', [settings, configFiles]],
	['roles', [limitedRoles]],
	['pooler', [poolerPools, poolers]],
];

/** Pane that shows what a query reads; the list of sessions for what has no pane of its own. */
export const paneOf = (query: Query | undefined): string =>
	places.find(([, queries]) => query !== undefined && queries.includes(query))?.[0] ?? 'sessions';

/** What triage could not see, so that "no trouble found" is never said of what was not read. Rests on the other rules. */
export const notRead = (others: readonly Rule[]): Rule =>
	defineRule({
		id: 'not-read',
		help: 'Data that could not be read, the reason, and the rules that could not be checked without it.',
		queries: [],
		find: sample =>
			gapsOf(others, sample).map(gap => ({
				subject: gap.what,
				severity: gap.isVital ? 'warning' : 'notice',
				weight: gap.rules.length,
				summary: clean(`Not read: ${gap.what}. ${sentences(gap.failure)}`),
				evidence: evidenceOf(gap),
				pid: null,
				leads: {pane: paneOf(gap.query), identity: null},
				action: null,
			})),
	});

const evidenceOf = ({rules}: Gap): string =>
	rules.length === 0 ? '' : `${plural(rules.length, 'rule')} could not be checked, or only in part: ${rules.join(', ')}.`;
