import type {Registry} from '../core/registry.ts';
import {bloatPane} from './bloat.ts';
import {culpritOf} from './culprit.ts';
import {databasesPane} from './databases.ts';
import {header, roleOf} from './header.ts';
import {horizonPane} from './horizon.ts';
import {indexesPane} from './indexes.ts';
import {pendingChanges, progressOf} from './job.ts';
import {locksPane} from './locks.ts';
import {logPane} from './log.ts';
import {delay, outcome} from './outcome.ts';
import {progressPane} from './progress.ts';
import {factsOf} from './reading.ts';
import {replicationPane} from './replication.ts';
import {rolesPane} from './roles.ts';
import {sessionsPane} from './sessions.ts';
import {settingsPane} from './settings.ts';
import {statementsPane} from './statements.ts';
import {waitsPane} from './waits.ts';

/** All that is declared of PostgreSQL: the panes in the order of their tabs, and what stands above them. */
export const registry: Registry = {
	panes: [
		sessionsPane,
		locksPane,
		bloatPane,
		replicationPane,
		statementsPane,
		indexesPane,
		progressPane,
		databasesPane,
		horizonPane,
		waitsPane,
		settingsPane,
		rolesPane,
		logPane,
	],
	header,
	outcome,
	delay,
	role: roleOf,
	database: sample => factsOf(sample)?.database,
	holder: culpritOf,
	pending: pendingChanges,
	progress: progressOf,
};
