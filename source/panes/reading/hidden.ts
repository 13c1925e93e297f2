import type {Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {identifier} from '../../core/values/quote.ts';
import type {Session} from '../../queries/sessions.ts';
import {factsOf} from './answers.ts';

/** The rows of which the server tells our role only that they exist, and the grant that shows them; undefined where all are whole. */
export const hiddenAmong = (sample: Sample, rows: readonly Pick<Session, 'query'>[]): Hidden | undefined => {
	const masked = rows.filter(({query}) => query === '<insufficient privilege>').length;
	return masked === 0 ? undefined : {rows: masked, hint: monitorGrant(sample)};
};

/** The statement that lets our role see what is hidden from it. */
export const monitorGrant = (sample: Sample): string => {
	const role = factsOf(sample)?.user;
	return `GRANT pg_monitor TO ${role === undefined ? 'CURRENT_USER' : identifier(role)}`;
};
