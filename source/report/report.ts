import type {Severity} from '../core/pane/finding.ts';
import type {Instant} from '../core/values/instant.ts';

/** Number of sessions with the same application, role and database. */
export type Group = {
	readonly application: string | null;
	readonly user: string | null;
	readonly database: string | null;
	readonly sessions: number;
};

/** The recorded server and the extent of the recording. */
export type Head = {
	readonly server: {
		readonly version: string | null;
		readonly role: 'primary' | 'standby' | null;
		readonly started: Instant | null;
		readonly database: string | null;
		readonly user: string | null;
	};
	readonly from: Instant;
	readonly to: Instant;
	readonly seconds: number;
	readonly samples: number;
	/** Median seconds between samples; null with a single sample. */
	readonly interval_seconds: number | null;
	/** Times without samples. */
	readonly gaps: readonly {readonly from: Instant; readonly to: Instant; readonly seconds: number}[];
	readonly damaged_lines: number;
	/** True if literals in statements were replaced. */
	readonly redacted: boolean;
	/** Highest number of sessions that our role saw only in part. */
	readonly hidden_sessions: number;
};

/** An event of the timeline. */
export type Happening = {
	readonly at: Instant;
	readonly kind: 'begin' | 'end' | 'action' | 'effect' | 'server' | 'gap' | 'mark';
	readonly severity: Severity | null;
	readonly text: string;
};

/** Active sessions in each cell of time, at the peak, and on average: null without samples that show the activity of any session. */
export type Series = {
	readonly name: string;
	readonly cells: readonly (number | null)[];
	readonly peak: number | null;
	readonly peak_at: Instant | null;
	readonly average: number | null;
};

/** Average active sessions over time, in total and by wait class. */
export type LoadChart = {
	readonly seconds_per_cell: number;
	readonly active: Series;
	readonly waits: readonly Series[];
};

/** The sample with the most active sessions. */
export type Peak = {
	readonly at: Instant;
	readonly active: number;
	readonly connections: number;
	readonly idle_in_transaction: number;
	readonly waits: readonly {readonly wait: string; readonly sessions: number}[];
	readonly who: readonly Group[];
	readonly statements: readonly {
		readonly query: string;
		readonly sessions: number;
		readonly longest_seconds: number | null;
		readonly wait: string;
	}[];
};

/** A root blocker and the waits behind it. */
export type Root = {
	/** `pid@start` of a session, `prepared NAME` of a prepared transaction. */
	readonly identity: string;
	readonly name: string;
	/** First and last time that it blocked others. */
	readonly first: Instant;
	readonly last: Instant;
	readonly sessions_peak: number;
	readonly peak_at: Instant;
	/** Sessions that it blocked from each time to the next; in a long blocking only the highest of some changes. */
	readonly blocked: readonly {readonly at: Instant; readonly sessions: number}[];
	/** Total wait of all sessions behind it. */
	readonly wait_seconds: number;
	readonly holds: string;
	readonly state: string | null;
	readonly xact_start: Instant | null;
	/** Statement at the worst moment: the current one, else the last. */
	readonly query: string | null;
	readonly ended_at: Instant | null;
	readonly ended: string;
	/** Sessions that it blocked at any time. */
	readonly blast_radius: readonly Group[];
	readonly blast_sessions: number;
};

/** A finding over all the time it was present. */
export type Trouble = {
	readonly rule: string;
	readonly subject: string;
	readonly severity: Severity;
	/** False if it was seen only when it was over. */
	readonly ongoing: boolean;
	/** Sessions that suffered from it at its worst. */
	readonly sessions: number;
	readonly first: Instant;
	readonly last: Instant;
	/** Seconds during which it was present; pauses below five seconds count. */
	readonly seconds: number;
	readonly times: readonly {readonly from: Instant; readonly to: Instant}[];
	/** True if it was present in the first sample, and in the last. */
	readonly from_start: boolean;
	readonly to_end: boolean;
	readonly worst_at: Instant;
	/** Summary at the beginning, then summary and evidence at the worst. */
	readonly first_summary: string;
	readonly summary: string;
	readonly evidence: string;
};

/** An action of pgtriage and its observed effects. */
export type ReportedAction = {
	readonly at: Instant;
	readonly target: string | null;
	readonly statement: string | null;
	readonly outcome: string;
	readonly effects: readonly {readonly at: Instant; readonly outcome: string}[];
};

/** Statements by pg_stat_statements, or the reason why they are unknown. */
export type Statements =
	| {
			readonly ok: true;
			readonly from: Instant;
			readonly to: Instant;
			readonly rows: readonly {
				readonly queryid: string | null;
				readonly query: string | null;
				readonly user: string;
				readonly database: string;
				readonly calls: number;
				readonly total_exec_seconds: number;
				readonly mean_exec_ms: number | null;
				readonly rows: number;
				readonly shared_blks_read: number;
				readonly load_share: number | null;
			}[];
	  }
	| {readonly ok: false; readonly why: string};

/** A mark set by the user. */
export type Mark = {readonly at: Instant; readonly name: string | undefined};

/** The statements before and after a mark, the most additional time first. */
export type Deploy = {
	readonly at: Instant;
	readonly name: string | null;
	/** Beginning of the span before; null if its figures are those since the statistics began. */
	readonly from: Instant | null;
	readonly to: Instant | null;
	/** Sentences about resets and evictions. */
	readonly doubts: readonly string[];
	readonly rows: readonly {
		readonly queryid: string | null;
		readonly query: string | null;
		readonly user: string;
		readonly database: string;
		readonly change: 'NEW' | 'NEW?' | 'GONE' | 'GONE?' | null;
		readonly factor: number | null;
		readonly mean_exec_ms_before: number | null;
		readonly mean_exec_ms_after: number | null;
		readonly calls_per_second_before: number | null;
		readonly calls_per_second_after: number | null;
		readonly running: number | null;
	}[];
};

/** A statement by its longest observed run. */
export type Longest = {
	readonly query: string;
	readonly user: string | null;
	readonly database: string | null;
	readonly application: string | null;
	readonly seconds: number;
	readonly at: Instant;
	readonly wait: string;
	/** Highest number of sessions that ran it at once. */
	readonly sessions: number;
};

/** Settings, or the reason why they are unknown. */
export type ReportedSettings =
	| {
			readonly ok: true;
			readonly rows: readonly {
				readonly name: string;
				readonly setting: string;
				readonly boot_val: string | null;
				readonly source: string | null;
				readonly pending_restart: boolean;
				/** Value in the file, if it waits for a restart. */
				readonly file_setting: string | null;
				/** Value at the beginning, if it changed since. */
				readonly before: string | null;
				/** True if it affects safety or performance. */
				readonly matters: boolean;
				readonly error: string | null;
			}[];
			/** Timeouts that are not set. */
			readonly no_limits: readonly string[];
	  }
	| {readonly ok: false; readonly why: string};

/** Report of a period on a server: printed by `--format json`, and the source of the Markdown. */
export type Report = {
	readonly head: Head;
	readonly summary: readonly string[];
	readonly load: LoadChart;
	readonly events: readonly Happening[];
	/** Null if no sample shows the activity of any session. */
	readonly peak: Peak | null;
	readonly root_blockers: readonly Root[];
	/** Minor root blockers that were not kept. */
	readonly other_root_blockers: {readonly count: number; readonly wait_seconds: number};
	readonly findings: readonly Trouble[];
	readonly actions: readonly ReportedAction[];
	readonly statements: Statements;
	/** One for each mark in the period. */
	readonly marks: readonly Deploy[];
	readonly longest: readonly Longest[];
	readonly settings: ReportedSettings;
};
