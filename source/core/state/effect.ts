import type {AdminCommand} from '../actions/admin.ts';
import type {Maintenance, RelationRef} from '../actions/maintenance.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {ExplainRequest} from '../explain/request.ts';
import type {JournalEntry} from '../sample/journal.ts';
import type {Measurement} from '../sample/measurement.ts';
import type {Scopes} from '../sample/scope.ts';
import type {Instant} from '../values/instant.ts';
import type {State} from './state.ts';

/** A file to write: its name without a folder, and its text. */
export type SavedFile = {readonly name: string; readonly text: string};

/** An action that the user confirmed, or its end. */
export type ActionEffect =
	| {readonly type: 'signal'; readonly signal: Signal; readonly target: KnownTarget}
	| {readonly type: 'maintain'; readonly maintenance: Maintenance; readonly relation: RelationRef}
	| {readonly type: 'admin'; readonly command: AdminCommand}
	/** Plans a statement; cancels the previous request. */
	| {readonly type: 'explain'; readonly request: ExplainRequest}
	| {readonly type: 'abandon'}
	/** Cancels the running maintenance. */
	| {readonly type: 'stop'}
	/** Cancels a PAUSE of PgBouncer that still waits, with RESUME. */
	| {readonly type: 'withdraw'};

/** Work for the outside world; its outcome comes back as a message. */
export type Effect =
	| ActionEffect
	| {readonly type: 'note'; readonly entry: JournalEntry}
	/** Starts or stops the exact measurement of a table; `at` is the server's clock. */
	| {readonly type: 'measure'; readonly measurement: Measurement; readonly at: Instant}
	| {readonly type: 'copy'; readonly text: string}
	/** Writes new files into the current folder. */
	| {readonly type: 'save'; readonly files: readonly SavedFile[]}
	/** Writes the incident bundle into a new folder: recording of the history in memory, report, all screens of this state. */
	| {readonly type: 'bundle'; readonly state: State}
	/** Stops writing the incident bundle, which leaves nothing behind. */
	| {readonly type: 'stop-bundle'}
	| {readonly type: 'interval'; readonly intervalMs: number}
	| {readonly type: 'refresh'}
	/** Replaces the timer: wakes after this many milliseconds, or never if undefined. */
	| {readonly type: 'wake'; readonly afterMs: number | undefined}
	| {readonly type: 'watch'; readonly panes: readonly string[]}
	| {readonly type: 'aim'; readonly scopes: Scopes}
	/** Leaves the fleet for one of its servers. */
	| {readonly type: 'focus'; readonly server: string}
	/** Leaves a server for the fleet that it belongs to. */
	| {readonly type: 'fleet'}
	| {readonly type: 'redraw'}
	| {readonly type: 'suspend'}
	| {readonly type: 'quit'; readonly status: number};
