import {pastOf} from '../core/history/moment.ts';
import type {Past} from '../core/history/past.ts';
import {alarmsOf, type Finder, finderOf} from '../core/pane/finding.ts';
import type {Pane} from '../core/pane/pane.ts';
import type {Sample} from '../core/sample/sample.ts';
import type {Registry} from '../core/state/registry.ts';
import {shownPane} from '../core/state/view.ts';
import {pendingIn, rulesMeasuring, rulesThatLooked} from '../findings/coverage.ts';
import {fleetFindings} from '../findings/fleet.ts';
import {rules} from '../findings/index.ts';
import {type Limits, thresholds} from '../findings/thresholds.ts';
import {bloatPane} from './bloat/bloat.ts';
import {databasesPane} from './databases/databases.ts';
import {fleetPaneWith} from './fleet/fleet.ts';
import {groupsPane} from './groups/groups.ts';
import {tagNamesIn} from './groups/rows.ts';
import {fleetHeader} from './header/fleet-header.ts';
import {header, roleOf} from './header/header.ts';
import {heldPane} from './held.ts';
import {culpritOf} from './horizon/culprit.ts';
import {horizonPane} from './horizon/horizon.ts';
import {indexesPane} from './indexes/indexes.ts';
import {pendingChanges, progressOf} from './job.ts';
import {locksPane} from './locks.ts';
import {logPane} from './log.ts';
import {delay, outcome} from './outcome.ts';
import {poolerPane} from './pooler/pooler.ts';
import {poolClientNow, poolNow} from './pooler/pools.ts';
import {preflightPane} from './preflight/preflight.ts';
import {progressPane} from './progress.ts';
import {factsOf} from './reading/answers.ts';
import {relationNow, statementNow} from './reading/relation-now.ts';
import {serverOf} from './reading/server.ts';
import {connectedSince, targetNow} from './reading/target.ts';
import {replicationPane} from './replication/replication.ts';
import {preparedNow, slotNow, walKept} from './replication/slot-ref.ts';
import {rolesPane} from './roles.ts';
import {serverLogPane} from './serverlog/serverlog.ts';
import {sessionsPane} from './sessions/sessions.ts';
import {settingsPane} from './settings.ts';
import {statementStatistics} from './statements/entry.ts';
import {statementsPane} from './statements/statements.ts';
import {judgedOf, timelineChart} from './timeline/chart.ts';
import {timelinePane} from './timeline/timeline.ts';
import {triagePane} from './triage.ts';
import {waitsPane} from './waits/waits.ts';

/** Registry of the panes, in the order of their tabs, and of the header; `limits` are the thresholds of the rules. */
export const registryWith = (limits: Limits): Registry => {
	const limited = rules.map(rule => ({...rule, find: (sample: Sample, past: Past) => rule.find(sample, past, limits)}));
	const finder = finderOf(limited);
	const {find, ...alarms} = alarmsOf(finder.find);
	const findInFleet = fleetFindings(limits);
	const panes: readonly Pane[] = [
		triagePane({
			rules: limited,
			find,
			coverage: sample => rulesThatLooked(limited, sample),
			measuring: (sample, past) => rulesMeasuring(limited, sample, past),
		}),
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
		timelinePane,
		settingsPane,
		rolesPane,
		logPane,
		heldPane,
		preflightPane,
		serverLogPane,
		groupsPane,
		fleetPaneWith(findInFleet),
		poolerPane,
	];
	const byId = new Map(panes.map(pane => [pane.id, pane]));
	const paneOf = (id: string): Pane => {
		const pane = byId.get(id);
		if (!pane) throw new RangeError(`There is no pane ${id}.`);
		return pane;
	};
	return {
		panes,
		pane: paneOf,
		prepare: preparing(paneOf, finder.step),
		header: (state, sample) => {
			const past = pastOf(state.timeline, state.frozen);
			if (state.fleet === 'overview') return fleetHeader(state, sample, past, findInFleet);
			return header(state, sample, {
				findings: sample ? find(sample, past) : [],
				pending: sample ? pendingIn(sample) : [],
				measuring: sample ? rulesMeasuring(limited, sample, past) : 0,
			});
		},
		alarm: alarms.of,
		judged: state => judgedOf(state, alarms),
		chart: timelineChart,
		outcome,
		delay,
		targetNow,
		connectedSince,
		role: roleOf,
		server: serverOf,
		database: sample => factsOf(sample)?.database,
		statistics: statementStatistics,
		slotNow,
		poolNow,
		poolClientNow,
		walKept,
		preparedNow,
		relationNow,
		statementNow,
		version: sample => factsOf(sample)?.version,
		holder: culpritOf,
		pending: pendingChanges,
		progress: progressOf,
		tags: tagNamesIn,
	};
};

/** The rows of the shown pane, then one rule after the other: those of a server, which have nothing to find in a list of servers. */
const preparing = (pane: Registry['pane'], step: Finder['step']): Registry['prepare'] =>
	function* (state, sample) {
		const past = state.timeline.samples;
		yield shownPane({pane}, state).rows(sample, past);
		if (state.fleet === 'overview') return;
		while (step(sample, past)) yield;
	};

/** Registry with the default thresholds. */
export const registry: Registry = registryWith(thresholds);
