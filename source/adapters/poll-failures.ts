import type {Query} from '../core/query.ts';
import type {Failure} from '../core/sample.ts';
import type {Reply} from './lane.ts';

/** Why something was not read while the locks had to be. */
export const putOff: Failure = {
	code: 'put_off',
	message: 'This takes longer than a second to read and was put off, because sessions wait for locks.',
	hint: 'It is read again once nobody waits.',
};

/** Whether a poll that failed says nothing of the server that the next one will not: cancelled, late or cut off. */
export const passing = ({code}: Failure): boolean =>
	code === '57014' || code === 'deadline' || code.startsWith('08') || code === '57P01';

const leastRestMs = 5000;
// What failed cost the server all the same: a tenth of its time at most.
const restFactor = 9;

/** Milliseconds by which a failed answer counts as older than it is: what failed in passing is not left alone for minutes. */
export const agedBy = ({everyMs}: Query, {at, tookMs, error}: Extract<Reply, {ok: false}>): number =>
	at === undefined || passing(error) || error === putOff ? Math.max(0, everyMs - Math.max(leastRestMs, restFactor * tookMs)) : 0;
