import type {Severity} from '../core/finding.ts';

/** From where on a figure is trouble, in its unit, and why there; a level that is null is never reached. `below` has the smaller be the worse. */
export type Threshold = {
	readonly unit: 'seconds' | 'sessions' | 'transactions' | 'bytes' | 'ratio' | 'per second';
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
} as const satisfies Readonly<Record<string, Threshold>>;

/** The levels of one figure. */
export type Limit = Pick<Threshold, 'warning' | 'critical' | 'below'>;

/** The levels by which rules decide. */
export type Limits = Readonly<Record<keyof typeof thresholds, Limit>>;

/** How bad a figure is by its levels; undefined where it is not known, or no trouble. */
export const severityOf = (value: number | null, {warning, critical, below}: Limit): Severity | undefined => {
	if (value === null) return undefined;
	const reaches = (level: number | null): boolean => level !== null && (below ? value <= level : value >= level);
	return reaches(critical) ? 'critical' : reaches(warning) ? 'warning' : undefined;
};

/** The worse of some severities; undefined where none is known. */
export const worst = (...given: readonly (Severity | undefined)[]): Severity | undefined =>
	given.includes('critical') ? 'critical' : given.includes('warning') ? 'warning' : given.find(each => each !== undefined);
