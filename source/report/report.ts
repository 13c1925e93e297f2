import type {Severity} from '../core/pane/finding.ts';
import type {Instant} from '../core/values/instant.ts';

/** Sessions that have something in common, and how many they were. */
export type Group = {
	readonly application: string | null;
	readonly user: string | null;
	readonly database: string | null;
	readonly sessions: number;
};

/** What was recorded of which server. */
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
	/** Seconds from a sample to the next, in the middle of all; null where there is one. */
	readonly interval_seconds: number | null;
	/** Times of which nothing is known. */
	readonly gaps: readonly {readonly from: Instant; readonly to: Instant; readonly seconds: number}[];
	readonly damaged_lines: number;
	/** Whether literals in statements were replaced. */
	readonly redacted: boolean;
	/** Sessions that our role saw only in part, at most. */
	readonly hidden_sessions: number;
};

/** Something that happened at a moment. */
export type Happening = {
	readonly at: Instant;
	readonly kind: 'begin' | 'end' | 'action' | 'effect' | 'server' | 'gap' | 'mark';
	readonly severity: Severity | null;
	readonly text: string;
};

/** How many sessions were active in each cell of the time, null where nothing is known; and at most, and on average over all. */
export type Series = {
	readonly name: string;
	readonly cells: readonly (number | null)[];
	readonly peak: number;
	readonly peak_at: Instant;
	readonly average: number;
};

/** Average active sessions over the time, all of them and by what they waited for. */
export type LoadChart = {
	readonly seconds_per_cell: number;
	readonly active: Series;
	readonly waits: readonly Series[];
};

/** The moment at which most sessions were active. */
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

/** Who others waited for, and what that cost them. */
export type Root = {
	/** `pid@start` of a session, `prepared NAME` of a prepared transaction. */
	readonly identity: string;
	readonly name: string;
	/** Since when others waited for it, and when they were last seen to. */
	readonly first: Instant;
	readonly last: Instant;
	readonly sessions_peak: number;
	readonly peak_at: Instant;
	/** What all who were seen to wait behind it waited, added up. */
	readonly wait_seconds: number;
	readonly holds: string;
	readonly state: string | null;
	readonly xact_start: Instant | null;
	/** Its statement at the worst moment; of a session that ran none its last. */
	readonly query: string | null;
	readonly ended_at: Instant | null;
	readonly ended: string;
	/** All who waited behind it at one time or another. */
	readonly blast_radius: readonly Group[];
	readonly blast_sessions: number;
};

/** Something that was wrong, over all the time in which it was. */
export type Trouble = {
	readonly rule: string;
	readonly subject: string;
	readonly severity: Severity;
	readonly first: Instant;
	readonly last: Instant;
	/** Seconds in which it was seen; pauses count that are shorter than five. */
	readonly seconds: number;
	readonly times: readonly {readonly from: Instant; readonly to: Instant}[];
	/** It was there in the first sample, and in the last. */
	readonly from_start: boolean;
	readonly to_end: boolean;
	readonly worst_at: Instant;
	/** What was found at first, and at the worst. */
	readonly first_summary: string;
	readonly summary: string;
	readonly evidence: string;
};

/** What somebody did with this program, and what was seen of it. */
export type ReportedAction = {
	readonly at: Instant;
	readonly target: string | null;
	readonly statement: string | null;
	readonly outcome: string;
	readonly effects: readonly {readonly at: Instant; readonly outcome: string}[];
};

/** What statements did according to pg_stat_statements; why that is not known where it is not. */
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

/** Statements of a kind that ran longest, as sessions were seen to run them. */
export type Longest = {
	readonly query: string;
	readonly user: string | null;
	readonly database: string | null;
	readonly application: string | null;
	readonly seconds: number;
	readonly at: Instant;
	readonly wait: string;
	/** How many sessions ran it at once, at most. */
	readonly sessions: number;
};

/** The settings that are not as the server was built, or why they are not known. */
export type ReportedSettings =
	| {
			readonly ok: true;
			readonly rows: readonly {
				readonly name: string;
				readonly setting: string;
				readonly boot_val: string | null;
				readonly source: string | null;
				readonly pending_restart: boolean;
				/** What the file says, where that is something else. */
				readonly file_setting: string | null;
				/** What it was at the beginning, where it was changed meanwhile. */
				readonly before: string | null;
				/** It bears on safety or performance. */
				readonly matters: boolean;
				readonly error: string | null;
			}[];
			/** Limits on how long something may take that were not set. */
			readonly no_limits: readonly string[];
	  }
	| {readonly ok: false; readonly why: string};

/** What happened on a server between two moments: what `--format json` prints, and what the Markdown is made of. */
export type Report = {
	readonly head: Head;
	readonly summary: readonly string[];
	readonly load: LoadChart;
	readonly events: readonly Happening[];
	readonly peak: Peak;
	readonly root_blockers: readonly Root[];
	/** Those that are not among them, because so much was not worth keeping. */
	readonly other_root_blockers: {readonly count: number; readonly wait_seconds: number};
	readonly findings: readonly Trouble[];
	readonly actions: readonly ReportedAction[];
	readonly statements: Statements;
	readonly longest: readonly Longest[];
	readonly settings: ReportedSettings;
};
