/** What a crowd of sessions is told to do; each order is answered once it is carried out. */
export type CrowdCommand =
	| {readonly type: 'connect'; readonly host: string; readonly port: number}
	/** So many sessions more, half of them idle, a quarter active, the rest idle in transaction. */
	| {readonly type: 'gather'; readonly size: number}
	/** So many sessions more that change all the time. */
	| {readonly type: 'bustle'; readonly size: number}
	/** So many of the idle run a short statement each second. */
	| {readonly type: 'churn'; readonly perSecond: number}
	/** Twenty sessions do so many small transactions each second together. */
	| {readonly type: 'trade'; readonly perSecond: number}
	/** One session in a transaction older than all others runs statements that carry the time, ten a second. */
	| {readonly type: 'beat'}
	/** So many sessions more that will queue. */
	| {readonly type: 'line-up'; readonly size: number}
	/** One session locks a row, and all of the line want it. Answered with the pid of the first. */
	| {readonly type: 'storm'}
	/** The row is let go; answered when the queue is gone. */
	| {readonly type: 'calm'};

/** How an order was answered; `ended` is when the session that held the row was gone, in milliseconds of `Date.now()`. */
export type CrowdReply =
	| {readonly type: 'done'; readonly pid?: number}
	| {readonly type: 'failed'; readonly message: string}
	| {readonly type: 'ended'; readonly at: number};

/** The role of a crowd. */
export const crowdRole = 'bench_crowd';
