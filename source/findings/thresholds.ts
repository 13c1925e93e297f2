import type {Severity} from '../core/pane/finding.ts';

/**
 * From where on a figure is trouble, in its unit, and why there; a level that is null is never reached, one of a notice has to be
 * given. `below` has the smaller be the worse.
 */
export type Threshold = {
	readonly unit:
		| 'seconds'
		| 'sessions'
		| 'transactions'
		| 'rows'
		| 'times'
		| 'bytes'
		| 'ratio'
		| 'per second'
		| 'bytes per second';
	readonly notice?: number;
	readonly warning: number | null;
	readonly critical: number | null;
	readonly below?: true;
	readonly why: string;
};

/** Every figure that decides a finding. The configuration file may name other levels. */
export const thresholds = {
	blocked_sessions: {
		unit: 'sessions',
		warning: 1,
		critical: 5,
		why: 'One waiter is often over in a moment; five behind one root are an application that stands still.',
	},
	blocked_seconds: {
		unit: 'seconds',
		warning: 2,
		critical: 60,
		why: 'Waits of all sessions behind a root together: below two seconds is everyday contention.',
	},
	idle_in_transaction_seconds: {
		unit: 'seconds',
		warning: 60,
		critical: 900,
		why: 'No application thinks for a minute between two statements; from a quarter of an hour on bloat grows that stays.',
	},
	deadlock_seconds: {
		unit: 'seconds',
		warning: 3,
		critical: 60,
		why: 'The server looks for deadlocks after deadlock_timeout, one second unless it was changed.',
	},
	runaway_query_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: 3600,
		why: 'What a person or an application waits for is over in five minutes; what works for an hour was forgotten.',
	},
	heavy_query_seconds: {
		unit: 'seconds',
		warning: 10,
		critical: null,
		why: 'A statement that is most of what the server does is told of sooner, if it is more than a moment.',
	},
	heavy_query_ratio: {
		unit: 'ratio',
		warning: 0.5,
		critical: null,
		why: 'Half of the processes that work: everybody else has to share the other half.',
	},
	connections_ratio: {
		unit: 'ratio',
		warning: 0.8,
		critical: 0.95,
		why: 'Of those that are not reserved: pools grow in steps of a fifth, and at the end only superusers can come to help.',
	},
	connections_end_seconds: {
		unit: 'seconds',
		warning: 600,
		critical: 60,
		below: true,
		why: 'At the pace of the last two minutes: ten minutes are time to act, one is not.',
	},
	sync_wait_seconds: {
		unit: 'seconds',
		warning: 2,
		critical: 30,
		why: 'A commit waits for a round trip and a write of the standby: seconds are a standby that is gone.',
	},
	own_cost_seconds: {
		unit: 'seconds',
		warning: 0.25,
		critical: null,
		why: 'A list of sessions takes milliseconds; where it takes a quarter of a second it is part of the load.',
	},
	horizon_transactions: {
		unit: 'transactions',
		warning: 1_000_000,
		critical: 100_000_000,
		why: 'A standby in good health keeps the transactions of seconds, a dump those of minutes: a million is left over from something.',
	},
	horizon_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: null,
		why: 'A prepared transaction is decided at once, and a standby restarts in minutes.',
	},
	horizon_dead_rows: {
		unit: 'rows',
		warning: 1000,
		critical: 10_000_000,
		why: 'Kept by what nobody works with any more, in tables that autovacuum came for: they only become more.',
	},
	futile_dead_rows: {
		unit: 'rows',
		warning: 1000,
		critical: null,
		why: 'Fewer are read over without notice; more than that autovacuum should have removed, and could not.',
	},
	slot_fills_seconds: {
		unit: 'seconds',
		warning: 21_600,
		critical: 3600,
		below: true,
		why: 'Six hours are a night to act in; within one the slot is lost, or the disk is full.',
	},
	slot_used_ratio: {
		unit: 'ratio',
		warning: 0.5,
		critical: 0.9,
		why: 'Of the WAL that the slot may keep: a consumer that works stays near none of it.',
	},
	slot_retained_bytes: {
		unit: 'bytes',
		notice: 1_048_576,
		warning: 1_073_741_824,
		critical: null,
		why: 'Kept for nobody: worth knowing at once, and max_wal_size is a gigabyte unless it was changed.',
	},
	slot_inactive_seconds: {
		unit: 'seconds',
		warning: 3600,
		critical: null,
		why: 'A standby or subscriber that restarts is back in minutes.',
	},
	standby_lag_bytes: {
		unit: 'bytes',
		warning: 104_857_600,
		critical: 1_073_741_824,
		why: 'A second of heavy writing is not yet behind; a gigabyte is lost, or has to be waited for, in a failover.',
	},
	standby_lag_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: null,
		why: 'While replay moves: who reads there sees what was true five minutes ago.',
	},
	standby_stuck_bytes: {
		unit: 'bytes',
		warning: 1_048_576,
		critical: null,
		why: 'Replay that stands still over seconds is paused or held up, however little waits as yet.',
	},
	standby_lost_seconds: {
		unit: 'seconds',
		warning: 600,
		critical: null,
		below: true,
		why: 'It is told for so long that a standby is gone that was seen to stream.',
	},
	wraparound_ratio: {
		unit: 'ratio',
		warning: 0.15,
		critical: 0.7,
		why: 'Of the way from the forced vacuum to the end of the ids, by the server’s own limits: 500 million by default, and about where the failsafe begins.',
	},
	wraparound_seconds: {
		unit: 'seconds',
		warning: 604_800,
		critical: 86_400,
		below: true,
		why: 'Until the server gives out no more ids: to vacuum the largest tables takes days.',
	},
	archive_failing_seconds: {
		unit: 'seconds',
		warning: 0,
		critical: 3600,
		why: 'Since something was last archived, while it fails: what is not archived by now a restore does not have.',
	},
	archive_backlog_bytes: {
		unit: 'bytes',
		warning: 1_677_721_600,
		critical: 17_179_869_184,
		why: 'A hundred segments wait after a burst; a thousand are an archive that does not keep up, and a disk that fills.',
	},
	temp_bytes_per_second: {
		unit: 'bytes per second',
		warning: 104_857_600,
		critical: null,
		why: 'Over half a minute: one sort on disk is nothing, this is what a disk can bear.',
	},
	deadlocks: {
		unit: 'times',
		notice: 1,
		warning: 3,
		critical: null,
		why: 'Within five minutes: one is an accident, more are an order of locks that will do it again.',
	},
	rollbacks_per_second: {
		unit: 'per second',
		warning: 10,
		critical: null,
		why: 'Where they are three times as many of all transactions as in the minutes before, something has begun to fail.',
	},
	checkpoints_requested: {
		unit: 'times',
		warning: 5,
		critical: null,
		why: 'Within ten minutes: each checkpoint makes WAL larger and writes again what the one before wrote.',
	},
	unused_index_bytes: {
		unit: 'bytes',
		notice: 104_857_600,
		warning: null,
		critical: null,
		why: 'All unused indexes together: a small one costs less than the thought about it.',
	},
	unanalyzed_rows: {
		unit: 'rows',
		notice: 100_000,
		warning: 10_000_000,
		critical: null,
		why: 'Plans for small tables are good enough without statistics; those for large ones are not.',
	},
	disk_used_ratio: {
		unit: 'ratio',
		notice: 0.7,
		warning: 0.85,
		critical: 0.95,
		why: 'Many disks are well used for years: it is alarming where what is left is little, or is gone soon.',
	},
	disk_fills_seconds: {
		unit: 'seconds',
		warning: 86_400,
		critical: 3600,
		below: true,
		why: 'At the pace of the last minutes, and only of a disk that is half full: growth comes in bursts.',
	},
} as const satisfies Readonly<Record<string, Threshold>>;

/** The levels of one figure. */
export type Limit = Pick<Threshold, 'notice' | 'warning' | 'critical' | 'below'>;

/** The levels by which rules decide. */
export type Limits = Readonly<Record<keyof typeof thresholds, Limit>>;

/** The levels that stand, with those in their place that a configuration names. */
export const limitsWith = (named: Readonly<Record<string, Partial<Pick<Limit, 'warning' | 'critical'>>>>): Limits =>
	Object.fromEntries(Object.entries<Limit>(thresholds).map(([name, levels]) => [name, {...levels, ...named[name]}])) as Limits;

/** How bad a figure is by its levels; undefined where it is not known, or no trouble. */
export const severityOf = (value: number | null, {notice, warning, critical, below}: Limit): Severity | undefined => {
	if (value === null) return undefined;
	const reaches = (level: number | null | undefined): boolean =>
		level !== null && level !== undefined && (below ? value <= level : value >= level);
	return reaches(critical) ? 'critical' : reaches(warning) ? 'warning' : reaches(notice) ? 'notice' : undefined;
};

/** The worse of some severities; undefined where none is known. */
export const worstOf = (...given: readonly (Severity | undefined)[]): Severity | undefined =>
	given.includes('critical') ? 'critical' : given.includes('warning') ? 'warning' : given.find(each => each !== undefined);
