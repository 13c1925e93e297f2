import {type Instant, laterBy} from '../core/values/instant.ts';
import type {Head} from './report.ts';

/** A timestamp in UTC: the time of day, after the date if the report spans several days. */
export const reportClock = (at: Instant, {from, to}: Pick<Head, 'from' | 'to'>): string => {
	const [moment, begin, end] = [at, from, to].map(each => laterBy(each, 0)) as [string, string, string];
	const isOneDay = [begin, end].every(each => each.slice(0, 10) === moment.slice(0, 10));
	return isOneDay ? moment.slice(11, 19) : `${moment.slice(0, 10)} ${moment.slice(11, 19)}`;
};

/** Date and time of a timestamp in UTC. */
export const dayOf = (at: Instant): string => `${laterBy(at, 0).slice(0, 19).replace('T', ' ')} UTC`;

/** A sentence with its timestamps in the format of the report. */
export const withClocks = (text: string, head: Pick<Head, 'from' | 'to'>): string =>
	text.replace(/\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d/g, at => reportClock(at, head));
