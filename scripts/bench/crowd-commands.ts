/** Commands for a crowd of sessions; each is answered when it is done. */
export type CrowdCommand =
	| {readonly type: 'connect'; readonly host: string; readonly port: number}
	/** Adds sessions: half of them idle, a quarter active, the rest idle in transaction. */
	| {readonly type: 'gather'; readonly size: number}
	/** Adds sessions that change constantly. */
	| {readonly type: 'bustle'; readonly size: number}
	/** Runs short statements in idle sessions at this rate. */
	| {readonly type: 'churn'; readonly perSecond: number}
	/** Runs small transactions in twenty sessions at this total rate. */
	| {readonly type: 'trade'; readonly perSecond: number}
	/** Runs statements with a timestamp, ten a second, in a transaction older than all others. */
	| {readonly type: 'beat'}
	/** Adds sessions that will queue. */
	| {readonly type: 'line-up'; readonly size: number}
	/** Locks a row in one session and lets all of the line wait for it. Answered with the pid of the first. */
	| {readonly type: 'storm'}
	/** Releases the row; answered when the queue is gone. */
	| {readonly type: 'calm'};

/** Answer to a command; `ended` is the time the session with the row lock was gone, in milliseconds of `Date.now()`. */
export type CrowdReply =
	| {readonly type: 'done'; readonly pid?: number}
	| {readonly type: 'failed'; readonly message: string}
	| {readonly type: 'ended'; readonly at: number};

/** Role of the sessions of a crowd. */
export const crowdRole = 'bench_crowd';
