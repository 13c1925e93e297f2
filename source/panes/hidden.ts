import type {Hidden} from '../core/pane.ts';
import type {Sample} from '../core/sample.ts';
import type {Session} from '../queries/sessions.ts';
import {factsOf} from './reading.ts';

/** The rows of which the server tells our role only that they exist, and the grant that shows them; undefined where all are whole. */
export const hiddenAmong = (sample: Sample, rows: readonly Pick<Session, 'query'>[]): Hidden | undefined => {
	const masked = rows.filter(({query}) => query === '<insufficient privilege>').length;
	const role = factsOf(sample)?.user;
	return masked === 0
		? undefined
		: {rows: masked, hint: `GRANT pg_monitor TO ${role === undefined ? 'CURRENT_USER' : identifier(role)}`};
};

/** A name as SQL takes it: in quotes where it is more than a plain word. */
const identifier = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
