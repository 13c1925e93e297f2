import type {Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {identifier} from '../../core/values/quote.ts';
import type {Session} from '../../queries/sessions.ts';
import {factsOf} from './answers.ts';

/** Number of rows whose details the connected role cannot see, with the grant that shows them; undefined if there are none. */
export const hiddenAmong = (sample: Sample, rows: readonly Pick<Session, 'query'>[]): Hidden | undefined => {
	const masked = rows.filter(({query}) => query === '<insufficient privilege>').length;
	return masked === 0 ? undefined : {rows: masked, hint: monitorGrant(sample)};
};

/** GRANT that shows the connected role what is hidden from it. */
export const monitorGrant = (sample: Sample): string => {
	const role = factsOf(sample)?.user;
	return `GRANT pg_monitor TO ${role === undefined ? 'CURRENT_USER' : identifier(role)}`;
};
