import type {Severity} from '../core/pane/finding.ts';

/**
 * Levels at which a figure becomes trouble, in its unit, with the reason. A null level is never reached; without `notice` there is
 * no notice. With `below`, smaller is worse.
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

/** Every figure that decides a finding. The configuration file may override the levels. */
export const thresholds = {
	blocked_sessions: {
		unit: 'sessions',
		warning: 1,
		critical: 5,
		why: 'One waiter is often gone in a moment; five behind one root mean a stalled application.',
	},
	blocked_seconds: {
		unit: 'seconds',
		warning: 2,
		critical: 60,
		why: 'Total wait of all sessions behind a root; less than two seconds is ordinary contention.',
	},
	idle_in_transaction_seconds: {
		unit: 'seconds',
		warning: 60,
		critical: 900,
		why: 'No application pauses for a minute between statements; after 15 minutes bloat becomes permanent.',
	},
	deadlock_seconds: {
		unit: 'seconds',
		warning: 3,
		critical: 60,
		why: 'The server checks for deadlocks after deadlock_timeout, one second by default.',
	},
	runaway_query_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: 3600,
		why: 'People and applications give up within five minutes; a statement that runs for an hour was forgotten.',
	},
	heavy_query_seconds: {
		unit: 'seconds',
		warning: 40,
		critical: null,
		why: 'A report of half a minute is an everyday thing, on a server with little else to do too; what takes most of a server for longer is looked at.',
	},
	unusual_query_seconds: {
		unit: 'seconds',
		warning: 5,
		critical: null,
		why: 'A statement that usually takes milliseconds and runs for five seconds has a bad plan or a value that fits everything.',
	},
	unusual_query_ratio: {
		unit: 'ratio',
		warning: 10,
		critical: null,
		why: 'Compared with its mean plus two standard deviations in pg_stat_statements: a busy server doubles a time, a bad plan multiplies it.',
	},
	heavy_query_ratio: {
		unit: 'ratio',
		warning: 0.5,
		critical: null,
		why: 'Half of the active processes: everyone else shares the other half.',
	},
	herd_sessions: {
		unit: 'sessions',
		warning: 8,
		critical: 40,
		why: 'Sessions that run one statement, each for a second or more: a pool of eight that works on nothing else serves nobody.',
	},
	cpu_ratio: {
		unit: 'ratio',
		warning: 3,
		critical: null,
		why: 'Sessions that compute for a second or more, per CPU: each gets a third of one, and is three times slower.',
	},
	idle_crowd_sessions: {
		unit: 'sessions',
		warning: 10,
		critical: null,
		why: 'Ten sessions of an application that stay idle in their transactions for two seconds have a common cause.',
	},
	connections_ratio: {
		unit: 'ratio',
		warning: 0.8,
		critical: 0.95,
		why: 'Share of the unreserved connections: pools grow in steps of a fifth, and at the limit only superusers can log in.',
	},
	connections_end_seconds: {
		unit: 'seconds',
		warning: 600,
		critical: 60,
		below: true,
		why: 'At the rate of the last two minutes: ten minutes leave time to act, one does not.',
	},
	logins_per_second: {
		unit: 'per second',
		warning: 50,
		critical: null,
		why: 'A log-in costs 2 to 10 ms of CPU: at 50 a second up to half a CPU. A pool that renews a thousand connections a minute stays at 17.',
	},
	sync_wait_seconds: {
		unit: 'seconds',
		warning: 2,
		critical: 30,
		why: 'A commit waits for a round trip and a write on the standby; seconds mean the standby is gone.',
	},
	own_cost_seconds: {
		unit: 'seconds',
		warning: 0.25,
		critical: null,
		why: 'A list of sessions takes milliseconds; at a quarter of a second it is part of the load.',
	},
	horizon_transactions: {
		unit: 'transactions',
		warning: 1_000_000,
		critical: 100_000_000,
		why: 'A healthy standby holds back seconds of transactions, a dump minutes; a million means a leftover.',
	},
	horizon_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: null,
		why: 'A prepared transaction is resolved at once, and a standby restarts within minutes.',
	},
	horizon_dead_rows: {
		unit: 'rows',
		warning: 1000,
		critical: 10_000_000,
		why: 'Dead rows that an abandoned holder keeps from autovacuum only grow in number.',
	},
	futile_dead_rows: {
		unit: 'rows',
		warning: 1000,
		critical: null,
		why: 'Fewer cost nothing noticeable; more should have been removed by autovacuum.',
	},
	sequence_ratio: {
		unit: 'ratio',
		warning: 0.85,
		critical: 0.95,
		why: 'Used share of the values. An integer then has 320 million left, at 100 inserts a second 37 days: time to plan a rewrite.',
	},
	slot_fills_seconds: {
		unit: 'seconds',
		warning: 21_600,
		critical: 3600,
		below: true,
		why: 'Six hours are a night to act in; in one the slot is lost or the disk is full.',
	},
	slot_used_ratio: {
		unit: 'ratio',
		warning: 0.5,
		critical: 0.9,
		why: 'Share of the WAL that the slot may retain; a working consumer stays close to zero.',
	},
	slot_retained_bytes: {
		unit: 'bytes',
		notice: 1_048_576,
		warning: 1_073_741_824,
		critical: null,
		why: 'Retained for no consumer: worth knowing at once; max_wal_size is one gigabyte by default.',
	},
	slot_inactive_seconds: {
		unit: 'seconds',
		warning: 3600,
		critical: null,
		why: 'A standby or subscriber that restarts is back within minutes.',
	},
	standby_lag_bytes: {
		unit: 'bytes',
		warning: 104_857_600,
		critical: 1_073_741_824,
		why: 'A second of heavy writes is not yet lag; a failover loses a gigabyte, or waits for it.',
	},
	standby_lag_seconds: {
		unit: 'seconds',
		warning: 300,
		critical: null,
		why: 'While replay advances: readers on the standby see data from five minutes ago.',
	},
	standby_stuck_bytes: {
		unit: 'bytes',
		warning: 1_048_576,
		critical: null,
		why: 'Replay that does not move for seconds is paused or blocked, however little WAL is waiting.',
	},
	standby_lost_seconds: {
		unit: 'seconds',
		warning: 600,
		critical: null,
		below: true,
		why: 'A standby that stopped streaming is reported for this long.',
	},
	no_leader_seconds: {
		unit: 'seconds',
		warning: 0,
		critical: 0,
		why: 'Clients find no primary from the first second on. A planned switchover takes two to three: higher levels let it pass.',
	},
	second_primary_seconds: {
		unit: 'seconds',
		warning: 10,
		critical: 10,
		why: 'Two answers of Patroni: after a switchover the list of members is a few seconds older than the role of the server.',
	},
	patroni_paused_seconds: {
		unit: 'seconds',
		warning: 0,
		critical: null,
		why: 'A pause is set by hand for maintenance, and easily forgotten after it.',
	},
	timeline_differs_seconds: {
		unit: 'seconds',
		warning: 30,
		critical: null,
		why: 'A replica that returns is on the new timeline within seconds, and publishes it every loop_wait, 10 seconds by default.',
	},
	wraparound_ratio: {
		unit: 'ratio',
		warning: 0.15,
		critical: 0.7,
		why: 'Share of the way from the forced autovacuum to the last ID: by default 500 million, and about where the failsafe starts.',
	},
	wraparound_seconds: {
		unit: 'seconds',
		warning: 604_800,
		critical: 86_400,
		below: true,
		why: 'Time until the server assigns no new IDs; vacuuming the largest tables takes days.',
	},
	archive_failing_seconds: {
		unit: 'seconds',
		warning: 0,
		critical: 3600,
		why: 'Time since the last archived segment while archiving fails; a restore cannot recover later changes.',
	},
	backup_age_seconds: {
		unit: 'seconds',
		warning: 691_200,
		critical: null,
		why: 'A weekly backup and a day: longer means that one was left out, and a restore replays all WAL since.',
	},
	backup_running_seconds: {
		unit: 'seconds',
		warning: 86_400,
		critical: null,
		why: 'A backup that runs for a day meets the next one; an exclusive one that is never stopped keeps a crashed server from starting.',
	},
	archive_backlog_bytes: {
		unit: 'bytes',
		warning: 1_677_721_600,
		critical: 17_179_869_184,
		why: 'A burst leaves a hundred segments; a thousand mean an archive that cannot keep up and a disk that fills.',
	},
	pool_wait_seconds: {
		unit: 'seconds',
		warning: 2,
		critical: 15,
		why: 'Longest wait of a client for a server of PgBouncer; under load it is milliseconds, and applications give up after seconds.',
	},
	temp_bytes_per_second: {
		unit: 'bytes per second',
		warning: 104_857_600,
		critical: null,
		why: 'Average over half a minute: a single sort on disk is harmless, this is the limit of a disk.',
	},
	temp_file_bytes: {
		unit: 'bytes',
		warning: 1_073_741_824,
		critical: null,
		why: 'Temporary files on disk now, of all sessions: 256 times the default work_mem, and written again with every run.',
	},
	temp_fills_seconds: {
		unit: 'seconds',
		warning: 3600,
		critical: 300,
		below: true,
		why: 'Time until temporary files fill the disk, once they have taken a tenth of the space they found: then every session fails.',
	},
	temp_leftover_bytes: {
		unit: 'bytes',
		notice: 104_857_600,
		warning: null,
		critical: null,
		why: 'Files that a crash left behind do not grow; less is not worth a restart.',
	},
	deadlocks: {
		unit: 'times',
		notice: 1,
		warning: 3,
		critical: null,
		why: 'Within five minutes: one is an accident, more mean an inconsistent lock order.',
	},
	rollbacks_per_second: {
		unit: 'per second',
		warning: 10,
		critical: null,
		why: 'Together with three times the share of rollbacks of the minutes before: something has started to fail.',
	},
	rollback_ratio: {
		unit: 'ratio',
		warning: 0.5,
		critical: null,
		why: 'Together with the rate above: half of the work is thrown away.',
	},
	wal_bytes_per_second: {
		unit: 'bytes per second',
		warning: 8_388_608,
		critical: null,
		why: 'Half a segment a second; less is ordinary, however small max_wal_size is.',
	},
	wal_fills_seconds: {
		unit: 'seconds',
		warning: 60,
		critical: null,
		below: true,
		why: 'At that rate: time in which WAL fills max_wal_size, which should last from one timed checkpoint to the next: five minutes by default.',
	},
	checkpoints_requested: {
		unit: 'times',
		warning: 5,
		critical: null,
		why: 'Within ten minutes: each checkpoint adds full-page images to WAL and rewrites pages written just before.',
	},
	unused_index_bytes: {
		unit: 'bytes',
		notice: 104_857_600,
		warning: null,
		critical: null,
		why: 'All unused indexes together; a small one is not worth the effort.',
	},
	unanalyzed_rows: {
		unit: 'rows',
		notice: 100_000,
		warning: 10_000_000,
		critical: null,
		why: 'Plans for small tables are good enough without statistics; plans for large ones are not.',
	},
	disk_used_ratio: {
		unit: 'ratio',
		notice: 0.7,
		warning: 0.85,
		critical: 0.95,
		why: 'Many disks stay well filled for years; little space left, or space that is gone soon, is alarming.',
	},
	disk_fills_seconds: {
		unit: 'seconds',
		warning: 86_400,
		critical: 3600,
		below: true,
		why: 'At the rate of the last minutes, and only for disks at least half full: growth comes in bursts.',
	},
} as const satisfies Readonly<Record<string, Threshold>>;

/** Levels of one figure. */
export type Limit = Pick<Threshold, 'notice' | 'warning' | 'critical' | 'below'>;

/** Levels that the rules use. */
export type Limits = Readonly<Record<keyof typeof thresholds, Limit>>;

/** Built-in levels, overridden by those of a configuration. */
export const limitsWith = (overrides: Readonly<Record<string, Partial<Pick<Limit, 'warning' | 'critical'>>>>): Limits =>
	Object.fromEntries(
		Object.entries<Limit>(thresholds).map(([name, levels]) => [name, {...levels, ...overrides[name]}]),
	) as Limits;

/** Severity of a figure; undefined if it is unknown or below all levels. */
export const severityOf = (value: number | null, {notice, warning, critical, below}: Limit): Severity | undefined => {
	if (value === null) return undefined;
	const reaches = (level: number | null | undefined): boolean =>
		level !== null && level !== undefined && (below ? value <= level : value >= level);
	return reaches(critical) ? 'critical' : reaches(warning) ? 'warning' : reaches(notice) ? 'notice' : undefined;
};

/** Worst of some severities; undefined if none is known. */
export const worstOf = (...severities: readonly (Severity | undefined)[]): Severity | undefined =>
	severities.includes('critical')
		? 'critical'
		: severities.includes('warning')
			? 'warning'
			: severities.find(each => each !== undefined);
