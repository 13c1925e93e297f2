import type {Bulk} from '../actions/bulk.ts';
import type {MaintenanceRun} from '../actions/maintenance.ts';
import type {PoolRef} from '../actions/pooler.ts';
import type {Question, QuestionContext} from '../actions/question.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {Plan} from '../explain/plan.ts';
import type {Explained, ExplainOutcome, ExplainRequest} from '../explain/request.ts';
import type {HistoryCodec} from '../history/compression.ts';
import type {Destination} from '../history/destination.ts';
import type {Bookmark, Moment} from '../history/moment.ts';
import {emptyTimeline, type Timeline} from '../history/timeline.ts';
import type {Options} from '../pane/options.ts';
import type {Sort} from '../pane/pane.ts';
import type {Failure, Row, Sample} from '../sample/sample.ts';
import type {Scopes} from '../sample/scope.ts';
import type {ServerIdentity} from '../sample/server-identity.ts';
import type {Instant} from '../values/instant.ts';
import type {Size} from './key.ts';
import type {Settling} from './settling.ts';

/** State of the connection to the server. */
export type Link = {
	readonly state: 'connecting' | 'ready' | 'waiting' | 'lost' | 'closed';
	readonly failure?: Failure;
	/** What a log-in that takes long is doing, as in `waiting for its answer`. */
	readonly phase?: string;
	/** Set while attempts to connect are so rare that asking for one is worth it. */
	readonly isRare?: true;
	/** `user@host:port/database`, while a session is open. */
	readonly place?: string;
	/** How long there was no session before this one and why, as a sentence: a crash may be over before the next refresh. */
	readonly outage?: string;
	/** Failure of a connection other than that of the sessions: the data of other panes gets old. */
	readonly beside?: {readonly state: Link['state']; readonly failure: Failure};
	/** Set while samples come less often than requested, to limit their cost to the server. */
	readonly pace?: Pace;
};

/** Interval of samples, and the server time that one costs. */
export type Pace = {readonly everyMs: number; readonly costMs: number};

/** Role of a server in replication. */
export type ServerRole = 'primary' | 'standby';

/** The cursor: its row as last seen, and the row order that it keeps. */
export type Cursor = {
	readonly identity: string;
	readonly index: number;
	readonly row: Row;
	readonly order: readonly string[];
	/** The row as last seen live, while an earlier moment is shown. */
	readonly latest?: Row;
	/** Live refreshes since its row ended; 0 while it exists. */
	readonly endedFor: number;
};

/** State of one pane: sort order, filter, scrolling, cursor and tagged rows. */
export type PaneState = {
	readonly sort: Sort | undefined;
	readonly filter: string;
	readonly column: number;
	readonly top: number;
	readonly cursor: Cursor | undefined;
	readonly tagged: ReadonlySet<string>;
	/** Memory of its last refreshes, for the layout; undefined before it is shown. */
	readonly settling: Settling | undefined;
};

/** Dialog or menu over the table, or page in place of it. */
export type Overlay =
	/** The keys that match a search, which is being typed or not. */
	| {readonly kind: 'help'; readonly top: number; readonly search: string; readonly isTyping: boolean}
	/** A row, and the number of the sample it was seen in. */
	| {readonly kind: 'inspect'; readonly identity: string; readonly row: Row; readonly seq: number; readonly top: number}
	| {
			readonly kind: 'prompt';
			/** Input of a filter or of a command. */
			readonly asks: 'filter' | 'command';
			readonly text: string;
			readonly caret: number;
			readonly previous: string;
			readonly error: string | undefined;
			/** Completions of the last word of a command. */
			readonly words: readonly string[];
	  }
	/** The sort columns or the actions, and the index of the selected one. */
	| {readonly kind: 'menu' | 'action-menu'; readonly place: number}
	| {readonly kind: 'results'; readonly top: number}
	| PlanPage
	| Question;

/** A sent signal, watched until its effect is seen; `late` after the missing effect was noted in the journal. */
export type Watch = {readonly signal: Signal; readonly target: KnownTarget; readonly sentAt: Instant; readonly late?: true};

/** A dropped slot, watched until it is gone and pg_wal falls: bytes of WAL at the drop, null if unknown. */
export type SlotWatch = {
	readonly name: string;
	readonly sentAt: Instant;
	readonly bySlots: number | null;
	readonly directory: number | null;
	readonly isGone: boolean;
};

/**
 * What became of a target of a batch: `sent` and not seen to have an effect yet, `late` after some seconds without one, `done` once
 * it is seen; `ended` by itself before its turn; `spared` because it no longer matched; `failed` if nothing was sent; `unknown`
 * without an answer.
 */
export type BatchStatus = 'sent' | 'late' | 'done' | 'ended' | 'spared' | 'failed' | 'unknown';

/** Result of one target of a batch; `sentAt` is null if nothing was sent. */
export type BatchResult = Sentence & {readonly status: BatchStatus; readonly sentAt: Instant | null};

/**
 * Signals to several sessions, sent one at a time: `results` by target, `attempts` counts those sent, tried or passed over. In rounds:
 * `left` signals may be sent before a sample newer than the one that it `awaits` shows the sessions again.
 */
export type Batch = {
	readonly signal: Signal;
	readonly targets: readonly KnownTarget[];
	readonly bulk: Bulk | undefined;
	readonly results: readonly (BatchResult | undefined)[];
	readonly attempts: number;
	readonly left: number;
	readonly awaits: number | undefined;
	readonly stopped: boolean;
	/** Reason why it stopped, if it was not the user. */
	readonly reason?: string;
	/** Sessions that connected as ended ones did, by identity. */
	readonly comebacks: ReadonlyMap<string, Comeback>;
	/** True once the summary was given. */
	readonly isTold: boolean;
};

/** A session that connected within seconds after one with the same name and client was terminated: the index of that one. */
export type Comeback = {readonly of: number; readonly name: string};

/** A sentence for the user and its tone. */
export type Sentence = {readonly text: string; readonly tone: 'calm' | 'good' | 'warn' | 'danger'};

/** A sentence at the foot of the screen, shown for a few samples, or until a key is pressed if it `stays`. */
export type Toast = Sentence & {readonly seq: number; readonly stays?: boolean};

/** What was shown before Enter went into a row: the pane, the filter of the pane that was gone to, and whether idle sessions were shown. */
export type Drilled = {
	readonly pane: string;
	readonly filter: string;
	readonly idle: boolean;
	/** The way back from there. */
	readonly before: Drilled | undefined;
};

/** Complete state of the program; the screen is a function of it. */
export type State = {
	readonly size: Size;
	/** Connected server or replayed file, without secrets. */
	readonly place: string;
	/** Label of the server from the configuration, such as PROD. */
	readonly label: string | undefined;
	/** What is shown of a fleet: all its servers, or one of them; undefined without a fleet. */
	readonly fleet: 'overview' | 'member' | undefined;
	/** First server of this process; at another one, every action needs a typed word. */
	readonly home: string | undefined;
	/** Reason why all actions are disabled; undefined if they are enabled. */
	readonly readOnly: string | undefined;
	readonly pane: string;
	readonly panes: Readonly<Record<string, PaneState>>;
	/** What the panes about locks show. */
	readonly scopes: Scopes;
	readonly options: Options;
	readonly timeline: Timeline;
	/** The frozen moment, `rewound` unless it was the newest; undefined while live. */
	readonly frozen: (Moment & {readonly rewound: boolean}) | undefined;
	/** Marked moments, in the order of marking. */
	readonly bookmarks: readonly Bookmark[];
	/** Diff mode: marks changes until now if frozen, else since the last bookmark. */
	readonly compares: boolean;
	/** Number of the sample whose mark the statements are compared around; undefined for the last mark. */
	readonly comparedMark: number | undefined;
	/** The way back from the rows of a group or a class of load; undefined outside of one. */
	readonly drilled: Drilled | undefined;
	/** Names of the worst findings of the samples in the chart that were judged so far. */
	readonly judged: ReadonlyMap<Sample, string | undefined>;
	/** Playback of a recording; undefined for a live server. */
	readonly replay: Replay | undefined;
	/** Running search for the next change of the worst finding. */
	readonly search: Search | undefined;
	/** Milliseconds since the last sample, or since the start before one, in steps of seconds; 0 while that is not long. */
	readonly staleMs: number;
	readonly link: Link;
	/** Identity of the server, and whether another one answered before at the same address; undefined before it is known. */
	readonly server: {readonly now: ServerIdentity; readonly isAnother: boolean} | undefined;
	/** Server role at first connection; after a change, every action needs a typed word. */
	readonly role: ServerRole | undefined;
	readonly overlay: Overlay | undefined;
	readonly toast: Toast | undefined;
	readonly watches: readonly Watch[];
	readonly batch: Batch | undefined;
	readonly slotWatches: readonly SlotWatch[];
	/** The running maintenance of this process. */
	readonly maintenance: MaintenanceRun | undefined;
	/** Database of a PgBouncer whose PAUSE by this process still waits for its servers. */
	readonly pausing: PoolRef | undefined;
	/** Number of the sample at which figures are read once more after maintenance; the server can report them late. */
	readonly rereadAt: number | undefined;
	readonly recording: Failure | 'on' | undefined;
	/** Plan to compare the next ones with. */
	readonly kept: KeptPlan | undefined;
	/** Part of the incident bundle that is written, 0 to 1; undefined while none is being written. */
	readonly bundling: number | undefined;
};

/** True at another server than the first one: at another address, or at the same one. */
const isMoved = ({home, place, server}: State): boolean => (home !== undefined && place !== home) || server?.isAnother === true;

/** Circumstances of a question that do not depend on its target. */
export const circumstancesOf = (state: State): Pick<QuestionContext, 'moved' | 'label' | 'server' | 'ascii'> => ({
	moved: isMoved(state),
	label: state.label,
	server: state.fleet === undefined ? undefined : state.place,
	ascii: state.options.ascii,
});

/** Initial state of a pane. */
export const paneStateOf = (sort: Sort | undefined): PaneState => ({
	sort,
	filter: '',
	column: 0,
	top: 0,
	cursor: undefined,
	tagged: new Set(),
	settling: undefined,
});

/** The state before the first sample. */
export const initialState = (start: {
	readonly size: Size;
	readonly place: string;
	readonly label?: string | undefined;
	readonly fleet?: State['fleet'];
	readonly readOnly: string | undefined;
	readonly pane: string;
	readonly panes: Readonly<Record<string, PaneState>>;
	readonly options: Options;
	readonly historyBytes: number;
	readonly codec?: HistoryCodec;
	readonly recording: boolean;
	readonly replay?: Replay;
}): State => ({
	size: start.size,
	place: start.place,
	label: start.label,
	fleet: start.fleet,
	home: undefined,
	server: undefined,
	readOnly: start.readOnly,
	pane: start.pane,
	panes: start.panes,
	scopes: {},
	options: start.options,
	timeline: emptyTimeline(start.historyBytes, start.codec),
	frozen: undefined,
	bookmarks: [],
	compares: false,
	comparedMark: undefined,
	drilled: undefined,
	judged: new Map(),
	replay: start.replay,
	search: undefined,
	staleMs: 0,
	link: {state: 'connecting'},
	role: undefined,
	overlay: undefined,
	toast: undefined,
	watches: [],
	batch: undefined,
	slotWatches: [],
	maintenance: undefined,
	pausing: undefined,
	rereadAt: undefined,
	recording: start.recording ? 'on' : undefined,
	kept: undefined,
	bundling: undefined,
});

/** A plan that was kept, and when it was made. */
export type KeptPlan = {readonly plan: Plan; readonly of: Explained; readonly at: Instant; readonly request: ExplainRequest};

/** The page of a plan: pending, planned or refused. */
export type PlanPage = {
	readonly kind: 'plan';
	readonly top: number;
	readonly request: ExplainRequest;
	readonly askedAt: Instant;
	readonly openedBy: string;
	/** Milliseconds since the request. */
	readonly waitedMs: number;
	/** The answer; undefined while pending. */
	readonly outcome: ExplainOutcome | undefined;
	readonly plan: Plan | undefined;
	/** Text to find on the page, and true while it is typed. */
	readonly search: string;
	readonly isTyping: boolean;
	/** Line of the match last gone to; undefined without one. */
	readonly found: number | undefined;
	/** The page to go back to, or undefined for the table. */
	readonly previous: Overlay | undefined;
};

/** Playback of a recording, and how far it is read. */
export type Replay = {
	readonly playing: boolean;
	readonly speed: number;
	/** Moment to start from; undefined for the first sample. */
	readonly from: Destination | undefined;
	/** Moment to read to before playing, in milliseconds since 1970. */
	readonly goal: number | undefined;
	/** True once read to its end. */
	readonly complete: boolean;
	/** Samples requested and not yet read. */
	readonly pending: number;
};

/** Search for the next finding: its origin, the last checked sample, and the worst finding in it. */
export type Search = {readonly origin: State['frozen']; readonly seq: number; readonly alarm: string | undefined};

/** True if the newest moment is on the screen, and is old because the server does not answer. */
export const isOverdue = ({staleMs, frozen, replay}: State): boolean =>
	staleMs > 0 && frozen === undefined && replay === undefined;
