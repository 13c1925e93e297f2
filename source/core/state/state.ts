import type {MaintenanceRun} from '../actions/maintenance.ts';
import type {Question} from '../actions/question.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {Plan} from '../explain/plan.ts';
import type {ExplainOutcome, ExplainRequest} from '../explain/request.ts';
import type {Destination} from '../history/destination.ts';
import type {Bookmark, Moment} from '../history/moment.ts';
import {emptyTimeline, type Timeline} from '../history/timeline.ts';
import type {Options} from '../pane/options.ts';
import type {Sort} from '../pane/pane.ts';
import type {Failure, Row} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import type {Size} from './key.ts';

/** How a lane to the server stands. */
export type Link = {
	readonly state: 'connecting' | 'ready' | 'waiting' | 'lost' | 'closed';
	readonly failure?: Failure;
	/** Who is logged in where, while a session stands. */
	readonly place?: string;
	/** Why connections beside that of the sessions are missing: what is shown of the rest grows old. */
	readonly beside?: {readonly state: Link['state']; readonly failure: Failure};
	/** Samples come less often than asked for, because the server would spend too much on them. */
	readonly pace?: Pace;
};

/** How often samples come, and what one costs the server. */
export type Pace = {readonly everyMs: number; readonly costMs: number};

/** What a server is to others. */
export type ServerRole = 'primary' | 'standby';

/** The engaged cursor: which row it is on, that row as last seen, and the order of the rows that it holds. */
export type Cursor = {
	readonly identity: string;
	readonly index: number;
	readonly row: Row;
	readonly order: readonly string[];
	/** The row as it was last seen in a live sample, while an earlier one is shown. */
	readonly latest?: Row;
};

/** What is particular to one pane: its order, filter, scrolling, cursor and tagged rows. */
export type PaneState = {
	readonly sort: Sort | undefined;
	readonly filter: string;
	readonly column: number;
	readonly top: number;
	readonly cursor: Cursor | undefined;
	readonly tagged: ReadonlySet<string>;
};

/** What lies over the table or stands in its place. */
export type Overlay =
	| {readonly kind: 'help'; readonly top: number}
	/** A row, and the number of the sample that it was seen in. */
	| {readonly kind: 'inspect'; readonly identity: string; readonly row: Row; readonly seq: number; readonly top: number}
	| {
			readonly kind: 'prompt';
			/** A filter that is typed, or a command. */
			readonly asks: 'filter' | 'command';
			readonly text: string;
			readonly caret: number;
			readonly previous: string;
			readonly error: string | undefined;
			/** What the last word of a command may become. */
			readonly words: readonly string[];
	  }
	/** The columns to sort by, or the actions, and the place of the one that is marked. */
	| {readonly kind: 'menu' | 'action-menu'; readonly place: number}
	| {readonly kind: 'results'; readonly top: number}
	| PlanPage
	| Question;

/** A signal that was sent, watched until its effect is seen; `late` once it was noted that there is none yet. */
export type Watch = {readonly signal: Signal; readonly target: KnownTarget; readonly sentAt: Instant; readonly late?: true};

/** Signals to several sessions, sent one at a time; `said` is what became of each, `begun` how many were sent or tried. */
export type Batch = {
	readonly signal: Signal;
	readonly targets: readonly KnownTarget[];
	readonly results: readonly (Pick<Toast, 'text' | 'tone'> | undefined)[];
	readonly attempts: number;
	readonly stopped: boolean;
};

/** One sentence at the foot of the screen, shown for a few samples, or until a key is pressed where it `stays`. */
export type Toast = {
	readonly text: string;
	readonly tone: 'calm' | 'good' | 'warn' | 'danger';
	readonly seq: number;
	readonly stays?: boolean;
};

/** Everything that decides what the screen shows. */
export type State = {
	readonly size: Size;
	/** Where we are connected, or what is replayed, in words safe to show. */
	readonly place: string;
	/** Where we came first; actions need stronger words at another server. */
	readonly home: string | undefined;
	/** Why no action exists in this process, or undefined where they do. */
	readonly readOnly: string | undefined;
	readonly pane: string;
	readonly panes: Readonly<Record<string, PaneState>>;
	readonly options: Options;
	readonly timeline: Timeline;
	/** The moment that is held on the screen, `rewound` where it was gone back to; undefined while the screen is live. */
	readonly frozen: (Moment & {readonly rewound: boolean}) | undefined;
	/** Moments that were marked, in the order in which that was done. */
	readonly bookmarks: readonly Bookmark[];
	/** What changed is marked: to now where the screen is held, else since the last bookmark. */
	readonly compares: boolean;
	/** How a recording is played; undefined where a server is watched. */
	readonly replay: Replay | undefined;
	/** The next finding is being looked for. */
	readonly search: Search | undefined;
	/** Milliseconds since the last sample arrived, counted in steps that the header shows. */
	readonly staleMs: number;
	readonly link: Link;
	/** Whether the server was a primary or a standby when we came; actions need stronger words once that changes. */
	readonly role: ServerRole | undefined;
	readonly overlay: Overlay | undefined;
	readonly toast: Toast | undefined;
	readonly watches: readonly Watch[];
	readonly batch: Batch | undefined;
	/** Maintenance that the server works on for us. */
	readonly maintenance: MaintenanceRun | undefined;
	readonly recording: Failure | 'on' | undefined;
	/** The incident bundle is being written. */
	readonly bundling: boolean;
};

/** Whether we are at another server than the one we came to first. */
export const isMoved = ({home, place}: State): boolean => home !== undefined && place !== home;

/** A pane as it is first shown. */
export const paneStateOf = (sort: Sort | undefined): PaneState => ({
	sort,
	filter: '',
	column: 0,
	top: 0,
	cursor: undefined,
	tagged: new Set(),
});

/** The state before the first sample. */
export const initialState = (start: {
	readonly size: Size;
	readonly place: string;
	readonly readOnly: string | undefined;
	readonly pane: string;
	readonly panes: Readonly<Record<string, PaneState>>;
	readonly options: Options;
	readonly historyBytes: number;
	readonly recording: boolean;
	readonly replay?: Replay;
}): State => ({
	size: start.size,
	place: start.place,
	home: undefined,
	readOnly: start.readOnly,
	pane: start.pane,
	panes: start.panes,
	options: start.options,
	timeline: emptyTimeline(start.historyBytes),
	frozen: undefined,
	bookmarks: [],
	compares: false,
	replay: start.replay,
	search: undefined,
	staleMs: 0,
	link: {state: 'connecting'},
	role: undefined,
	overlay: undefined,
	toast: undefined,
	watches: [],
	batch: undefined,
	maintenance: undefined,
	recording: start.recording ? 'on' : undefined,
	bundling: false,
});

/** The page of a plan: it is waited for, or there, or there is none. */
export type PlanPage = {
	readonly kind: 'plan';
	readonly top: number;
	readonly request: ExplainRequest;
	readonly askedAt: Instant;
	readonly openedBy: string;
	/** Milliseconds that it has been waited for. */
	readonly waitedMs: number;
	/** What was answered; undefined while it is waited for. */
	readonly outcome: ExplainOutcome | undefined;
	readonly plan: Plan | undefined;
	/** The page to go back to, or undefined for the table. */
	readonly previous: Overlay | undefined;
};

/** How a recording is played, and how far it is read. */
export type Replay = {
	readonly playing: boolean;
	readonly speed: number;
	/** Where playing begins; undefined at the start. */
	readonly from: Destination | undefined;
	/** The moment, in milliseconds since 1970, that is read on to before anything is played. */
	readonly goal: number | undefined;
	/** It was read to its end. */
	readonly complete: boolean;
	/** Samples that were asked for and have not come yet. */
	readonly pending: number;
};

/** The next finding is looked for: where that began, the sample that was looked at last, the worst finding until then. */
export type Search = {readonly origin: State['frozen']; readonly seq: number; readonly alarm: string | undefined};
