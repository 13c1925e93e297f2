import type {Query} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {Reply} from '../session/answering.ts';

/** Why something was not read while the locks had to be. */
export const putOff: Failure = {
	code: 'put_off',
	message: 'This takes longer than a second to read and was put off, because sessions wait for locks.',
	hint: 'It is read again once nobody waits.',
};

// What a standby replays took precedence: the next attempt meets another moment of it.
const conflict = '40001';

/** Whether a poll that failed says nothing of the server that the next one will not: cancelled, late or cut off. */
export const passing = ({code}: Failure): boolean =>
	code === '57014' || code === conflict || code === 'deadline' || code.startsWith('08') || code === '57P01';

/** The reply to what is asked, and where the replay of a standby cancelled that, to what is asked once more. */
export const askedAgain = async (ask: () => Promise<Reply>): Promise<Reply> => {
	const reply = await ask();
	return !reply.ok && reply.error.code === conflict ? ask() : reply;
};

const leastRestMs = 5000;
// What failed cost the server all the same: a tenth of its time at most.
const restFactor = 9;

/** Milliseconds by which a failed answer counts as older than it is: what failed in passing is not left alone for minutes. */
export const agedBy = ({everyMs}: Query, {at, tookMs, error}: Extract<Reply, {ok: false}>): number =>
	at === undefined || passing(error) || error === putOff ? Math.max(0, everyMs - Math.max(leastRestMs, restFactor * tookMs)) : 0;
