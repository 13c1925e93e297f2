import type {Query} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import type {Reply} from '../session/answering.ts';

/** Failure of a query that was cancelled so that the locks could be read. */
export const putOff: Failure = {
	code: 'put_off',
	message: 'Skipped: it takes over 1 s to read, and sessions are waiting for locks.',
	hint: 'It is read again when no session waits for a lock.',
};

// A recovery conflict on a standby: the next attempt is likely to succeed.
const conflict = '40001';

/** True if the next poll is likely to heal the failure: cancelled, late or disconnected. */
export const isTransient = ({code}: Failure): boolean =>
	code === '57014' || code === conflict || code === 'deadline' || code.startsWith('08') || code === '57P01';

// Not supported, a bad value, no privilege or no such object, raised by a function, not in this state, internal: the next poll does
// not heal these. A lock that was not free in time does.
const refusal = /^(?:0A|22|42|55|P0|XX)...$/;

/** True if the server refuses a query for a reason that lasts. */
export const isRefused = ({code}: Failure): boolean => refusal.test(code) && code !== '55P03';

/** Sends a request, and once more if a recovery conflict on a standby cancelled it. */
export const askWithRetry = async (ask: () => Promise<Reply>): Promise<Reply> => {
	const reply = await ask();
	return !reply.ok && reply.error.code === conflict ? ask() : reply;
};

const leastRestMs = 5000;
// A failed query cost the server time too: a tenth of its time at most.
const restFactor = 9;

/** Milliseconds to add to the age of a failed answer, so that a transient failure is retried within seconds, not minutes. */
export const extraAgeMs = ({everyMs}: Query, {at, tookMs, error}: Extract<Reply, {ok: false}>): number =>
	at === undefined || isTransient(error) || error === putOff
		? Math.max(0, everyMs - Math.max(leastRestMs, restFactor * tookMs))
		: 0;
