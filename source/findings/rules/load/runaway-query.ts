import type {Severity} from '../../../core/pane/finding.ts';
import type {Sample} from '../../../core/sample/sample.ts';
import {statementHeadOf} from '../../../core/sql/statement-head.ts';
import {clean} from '../../../core/text/clean.ts';
import {plural} from '../../../core/text/words.ts';
import {secondsBetween} from '../../../core/values/instant.ts';
import {duration, milliseconds, percent} from '../../../core/values/units.ts';
import {rowsOf} from '../../../panes/reading/answers.ts';
import {type Norm, normOf} from '../../../panes/reading/usual-time.ts';
import {type Session, sessions} from '../../../queries/activity/sessions.ts';
import {statementNorms} from '../../../queries/activity/statements.ts';
import {defineRule} from '../../rule.ts';
import {clientsOf, sessionName, sessionRef, sessionRemedy} from '../../session.ts';
import {type Limits, severityOf, worstOf} from '../../thresholds.ts';
import {timeoutAdvice} from '../../timeouts.ts';
import {isUsual, longestBefore} from './usual-time.ts';

const mostFindings = 3;

// Long by nature, and intended; if they block others, root-blocker reports them.
const longByNature =
	/^(?:vacuum|analyze|reindex|cluster|repack|create\s+(?:unique\s+)?index|copy|listen|start_replication|base_backup)\b/i;

/** Statements that run for too long, or that take most of a shared server for a while. */
export const runawayQuery = defineRule({
	id: 'runaway-query',
	help: 'A statement that has been executing (not waiting) for far too long, for much longer than it usually takes, or that takes most of the active time of a shared server. Silent while a statement takes its usual time, by pg_stat_statements or by what was seen before.',
	queries: [sessions, statementNorms],
	find: (sample, past, limits) => {
		const working = runningStatements(sample);
		const busy = working.reduce((sum, {backends}) => sum + backends, 0);
		return working
			.flatMap(({session, backends}) => {
				const seconds = secondsBetween(session.query_start, sample.at) ?? 0;
				const share = backends / busy;
				const norm = normOf(session, sample);
				const plain = severityIn(seconds, share, !isAsleep(session) && isShared(session, sample), limits);
				const severity = worstOf(plain, isAsleep(session) ? undefined : unusualIn(seconds, norm, limits));
				// What was seen before is only looked up for what would be reported.
				if (!severity || isUsual(seconds, norm, () => longestBefore(session, sample, past))) return [];
				return [{session, backends, seconds, share, severity, norm}];
			})
			.sort((a, b) => b.seconds - a.seconds)
			.slice(0, mostFindings)
			.map(({session, backends, seconds, share, severity, norm}) => {
				const {sentence, copies} = timeoutAdvice('statement_timeout', session, sample);
				return {
					subject: `${session.pid}@${session.backend_start} ${session.query_start}`,
					severity,
					weight: seconds,
					summary: clean(
						`${sessionName(session, sample)} has been running ${statementHeadOf(session.query ?? 'a statement')} for ${duration(seconds)}.`,
					),
					evidence: clean(
						`Uses ${percent(share)} of active time${backends > 1 ? ` (${backends} processes)` : ''}, ${waitOf(session)}.${norm ? ` Its mean is ${milliseconds(norm.meanMs)} over ${plural(norm.calls, 'call')}.` : ''}`,
					),
					pid: session.pid,
					leads: sessionRef(session),
					action: clean(`${sessionRemedy(session)} e explains it.${sentence}`),
					copies,
				};
			});
	},
});

type RunningStatement = {readonly session: Session; readonly backends: number};

/** Clients that execute a statement and do not wait for others, each with the number of its processes. */
const runningStatements = (sample: Sample): readonly RunningStatement[] => {
	const workers = new Map<number, number>();
	for (const {backend_type, leader_pid} of rowsOf(sample, sessions))
		if (backend_type === 'parallel worker' && leader_pid !== null) workers.set(leader_pid, (workers.get(leader_pid) ?? 0) + 1);
	return clientsOf(sample)
		.filter(
			session =>
				session.state === 'active' && !waitsForOthers(session) && !longByNature.test(statementHeadOf(session.query ?? '')),
		)
		.map(session => ({session, backends: 1 + (workers.get(session.pid) ?? 0)}));
};

const waitsForOthers = ({wait_event_type, wait_event}: Session): boolean =>
	wait_event_type === 'Lock' || wait_event_type === 'Client' || wait_event === 'SyncRep' || wait_event === 'SafeSnapshot';

// A statement that only sleeps takes nothing from others.
const isAsleep = ({wait_event}: Session): boolean => wait_event === 'PgSleep';

const recentSeconds = 10;

/** True if another client was active in the last seconds, so that a heavy statement can slow it down. */
const isShared = ({pid}: Session, sample: Sample): boolean =>
	clientsOf(sample).some(other => {
		const seconds = other.pid === pid ? null : secondsBetween(other.state_change, sample.at);
		return other.state === 'active' ? other.pid !== pid : seconds !== null && seconds <= recentSeconds;
	});

const severityIn = (seconds: number, share: number, isHeavy: boolean, limits: Limits): Severity | undefined => {
	const heavy = isHeavy ? severityOf(share, limits.heavy_query_ratio) : undefined;
	return worstOf(severityOf(seconds, limits.runaway_query_seconds), heavy && severityOf(seconds, limits.heavy_query_seconds));
};

/** A statement whose usual time is known and that has run for many times that. */
const unusualIn = (seconds: number, norm: Norm | undefined, limits: Limits): Severity | undefined =>
	norm && severityOf(seconds, limits.unusual_query_seconds) && severityOf(seconds / norm.mostSeconds, limits.unusual_query_ratio);

const waitOf = ({wait_event_type, wait_event}: Session): string =>
	wait_event_type === null ? 'on CPU' : `waits for ${wait_event_type} ${wait_event ?? ''}`.trimEnd();
