import type {Session} from '../../../queries/activity/sessions.ts';

/** Connections of one owner, counted session by session. */
export type Tally = {
	count: number;
	/** Number of idle sessions; null if our role cannot see the state of each. */
	idle: number | null;
	/** Session that has been idle longest. */
	longest: Session | undefined;
};

/** Nothing counted yet. */
export const emptyTally = (): Tally => ({count: 0, idle: 0, longest: undefined});

/** Counts a session. */
export const add = (tally: Tally, session: Session): void => {
	tally.count++;
	if (session.state === null) tally.idle = null;
	if (session.state !== 'idle') return;
	if (tally.idle !== null) tally.idle++;
	if (!tally.longest || (session.state_change ?? '') < (tally.longest.state_change ?? '')) tally.longest = session;
};

/** The idle ones in words, after a number of connections: ` (12 idle)`; nothing if unknown. */
export const idleWords = ({idle}: Tally): string => (idle === null ? '' : idle === 0 ? ' (none idle)' : ` (${idle} idle)`);

/** What to do about the sessions of an owner, named in a word. */
export const actionFor = ({idle}: Tally, owner: string): string =>
	idle
		? `b lists the idle sessions of that ${owner}: * tags them all, K terminates them.`
		: `b lists the sessions of that ${owner}.`;
