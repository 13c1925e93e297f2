import {grantOf} from '../../core/memberships.ts';
import type {Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {hiddenText} from '../../core/sql/hidden-text.ts';
import type {Session} from '../../queries/activity/sessions.ts';
import {rights} from '../../queries/server/roles.ts';
import {factsOf, rowsOf} from './answers.ts';

/** Number of rows whose details the connected role cannot see, with the grant that shows them; undefined if there are none. */
export const hiddenAmong = (sample: Sample, rows: readonly Pick<Session, 'query'>[]): Hidden | undefined => {
	const masked = rows.filter(({query}) => query === hiddenText).length;
	return masked === 0 ? undefined : {rows: masked, hint: monitorGrant(sample)};
};

/** Statement that gives the connected role the privileges of a predefined role. */
export const grantIn = (sample: Sample, role: string): string => {
	const facts = factsOf(sample);
	const belonging = rowsOf(sample, rights).find(({rolname}) => rolname === role);
	if (!facts) return `GRANT ${role} TO CURRENT_USER`;
	return grantOf(role, facts.user, facts.version, belonging);
};

/** Statement that shows the connected role what is hidden from it. */
export const monitorGrant = (sample: Sample): string => grantIn(sample, 'pg_monitor');

/**
 * Hidden rows among those that lack a value, with the statement that shows them; undefined without one, and for a role from which
 * nothing is hidden: a process that starts lacks values too.
 */
export const hiddenRows = (sample: Sample, lacking: number): Hidden | undefined =>
	lacking === 0 || factsOf(sample)?.read_all_stats === true ? undefined : {rows: lacking, hint: monitorGrant(sample)};
