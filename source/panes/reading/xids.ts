import {oncePerSample} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {pulse} from '../../queries/server/server.ts';
import {rowsOf} from './answers.ts';

const nextXidOf = oncePerSample((sample: Sample) => rowsOf(sample, pulse)[0]?.next_xid ?? null);

/**
 * Transactions since a transaction id was assigned, as age() counts them; null while the next id is unknown. It is computed here
 * because the age in an answer would make every row that has one a new row with each transaction of others.
 */
export const ageOfXid = (xid: string | null | undefined, sample: Sample): number | null => {
	if (xid == null) return null;
	const next = nextXidOf(sample);
	if (next === null) return null;
	const age = (next - Number(xid) + 2 ** 32) % 2 ** 32;
	// The next id may have been read before this one was assigned.
	return age < 2 ** 31 ? age : 0;
};
