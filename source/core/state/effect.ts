import type {AdminCommand} from '../actions/admin.ts';
import type {Maintenance, RelationRef} from '../actions/maintenance.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {ExplainRequest} from '../explain/request.ts';
import type {JournalEntry} from '../sample/journal.ts';
import type {Measurement} from '../sample/measurement.ts';
import type {Instant} from '../values/instant.ts';
import type {State} from './state.ts';

/** A file that is to be written: its name without a folder, and its text. */
export type SavedFile = {readonly name: string; readonly text: string};

/** What somebody said yes to, or the end of it. */
export type ActionEffect =
	| {readonly type: 'signal'; readonly signal: Signal; readonly target: KnownTarget}
	| {readonly type: 'maintain'; readonly maintenance: Maintenance; readonly relation: RelationRef}
	| {readonly type: 'admin'; readonly command: AdminCommand}
	/** Plans a statement, which is given up where another one is. */
	| {readonly type: 'explain'; readonly request: ExplainRequest}
	| {readonly type: 'abandon'}
	/** Stops the task that is under way. */
	| {readonly type: 'stop'};

/** What an update asks of the outside world; its outcome comes back as an action. */
export type Effect =
	| ActionEffect
	| {readonly type: 'note'; readonly entry: JournalEntry}
	/** Measures a table exactly, or stops that; `at` is the server's clock. */
	| {readonly type: 'measure'; readonly measurement: Measurement; readonly at: Instant}
	| {readonly type: 'copy'; readonly text: string}
	/** Writes new files into the current folder. */
	| {readonly type: 'save'; readonly files: readonly SavedFile[]}
	/** Writes what is kept in memory into a new folder: the recording, a report, and all screens as this state shows them. */
	| {readonly type: 'bundle'; readonly state: State}
	| {readonly type: 'interval'; readonly intervalMs: number}
	| {readonly type: 'refresh'}
	/** Wakes in so many milliseconds, and not when that was asked before; not at all where it is undefined. */
	| {readonly type: 'wake'; readonly afterMs: number | undefined}
	| {readonly type: 'watch'; readonly panes: readonly string[]}
	| {readonly type: 'redraw'}
	| {readonly type: 'suspend'}
	| {readonly type: 'quit'; readonly status: number};
