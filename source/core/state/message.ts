import type {AdminCommand, AdminResult} from '../actions/admin.ts';
import type {Maintenance, MaintenanceResult, RelationRef} from '../actions/maintenance.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {ExplainOutcome, ExplainRequest} from '../explain/request.ts';
import type {Destination} from '../history/destination.ts';
import type {Sort} from '../pane/pane.ts';
import type {Failure, Sample} from '../sample/sample.ts';
import type {LockScope, PreflightScope} from '../sample/scope.ts';
import type {Instant} from '../values/instant.ts';
import type {Key, Size} from './key.ts';
import type {Link, Toast} from './state.ts';

/**
 * Result of a signal: `sent` means only that, its effect has to be watched; `gone`: the backend ended or, for a cancel, runs
 * another statement; `refused`: the server sent none; `failed`: the request could not be made; `unsure`: no answer came.
 */
export type SignalResult = {
	readonly outcome: 'sent' | 'gone' | 'refused' | 'failed' | 'unsure';
	readonly failure?: Failure;
	readonly at?: Instant;
};

/** Message of a sample source: a new sample or the state of its connection. */
export type SourceMessage = {readonly type: 'sample'; readonly sample: Sample} | {readonly type: 'link'; readonly link: Link};

/** Command of a key binding, the command line or a menu. */
export type Command =
	| {readonly type: 'pane'; readonly pane: string; readonly waiting?: boolean; readonly sort?: Sort}
	/** Shows the locks of a scope; without one, those of the selected row. */
	| {readonly type: 'held'; readonly scope: LockScope | undefined}
	| {readonly type: 'preflight'; readonly scope: PreflightScope}
	/** Shows sessions grouped; without a grouping, by the next one. */
	| {readonly type: 'group'; readonly by: string | undefined}
	/** Shows the sessions of the group at the cursor. */
	| {readonly type: 'drill'}
	/** Moves the whole program to the server at the cursor of the fleet. */
	| {readonly type: 'focus'}
	| {readonly type: 'turn'; readonly by: 1 | -1}
	| {readonly type: 'move'; readonly by: 'row' | 'page' | 'half' | 'end'; readonly forward: boolean}
	| {readonly type: 'scroll'; readonly by: 1 | -1}
	| {readonly type: 'release'}
	| {readonly type: 'mark'}
	| {readonly type: 'untag'}
	| {readonly type: 'tag-all'}
	| {readonly type: 'freeze'}
	/** Goes one sample forward or back. */
	| {readonly type: 'step'; readonly forward: boolean}
	/** Goes to now (in a recording, to its end) or to the oldest sample. */
	| {readonly type: 'leap'; readonly forward: boolean}
	| {readonly type: 'at'; readonly to: Destination}
	/** Marks the shown moment; without a name, removes an existing mark. */
	| {readonly type: 'bookmark'; readonly name: string | undefined}
	| {readonly type: 'go-bookmark'; readonly forward: boolean}
	/** Compares with a moment or stops it; with a mark, compares the statements before and after it. */
	| {readonly type: 'compare'; readonly mark?: string}
	| {readonly type: 'find'}
	/** Goes one cell of the timeline's chart forward or back, or changes the time of a cell. */
	| {readonly type: 'shift'; readonly by: 1 | -1}
	| {readonly type: 'zoom'; readonly by: 1 | -1}
	/** Changes the playback speed of a recording. */
	| {readonly type: 'speed'; readonly by: 1 | -1}
	| {readonly type: 'inspect'}
	| {readonly type: 'root'}
	| {readonly type: 'prompt'}
	| {readonly type: 'clear-filter'}
	| {readonly type: 'speak'}
	| {readonly type: 'filter'; readonly text: string}
	| {readonly type: 'sort'; readonly column: string}
	| {readonly type: 'sort-by'; readonly column: string; readonly descending: boolean | undefined}
	| {readonly type: 'sort-beside'; readonly by: 1 | -1}
	| {readonly type: 'invert'}
	| {readonly type: 'menu'}
	| {readonly type: 'toggle'; readonly option: 'idle' | 'background' | 'wrap' | 'rates' | 'strip' | 'details'}
	| {readonly type: 'duration'}
	| {readonly type: 'interval'; readonly by: 1 | -1}
	| {readonly type: 'pace'; readonly intervalMs: number}
	| {readonly type: 'refresh'}
	| {readonly type: 'copy'}
	/** Copies the ALTER ROLE that sets the timeout for a session. */
	| {readonly type: 'copy-timeout'}
	/** Saves the shown rows. */
	| {readonly type: 'save'}
	/** Saves the incident bundle. */
	| {readonly type: 'bundle'}
	| {readonly type: 'ask'; readonly signal: Signal}
	| {readonly type: 'maintain'; readonly maintenance: Maintenance}
	| {readonly type: 'admin'; readonly command: AdminCommand['kind']}
	| {readonly type: 'measure'}
	| {readonly type: 'explain'; readonly analyze: boolean}
	| {readonly type: 'action-menu'}
	| {readonly type: 'help'}
	| {readonly type: 'back'}
	| {readonly type: 'quit'}
	| {readonly type: 'suspend'}
	| {readonly type: 'redraw'};

/** Every input of `update`. */
export type Message =
	| SourceMessage
	| Command
	| {readonly type: 'key'; readonly key: Key}
	| {readonly type: 'resize'; readonly size: Size}
	| {readonly type: 'elapsed'; readonly staleMs: number}
	| {readonly type: 'painted'; readonly at: number}
	| {readonly type: 'resumed'}
	/** A sentence from outside, shown until a key is pressed. */
	| {readonly type: 'told'; readonly text: string; readonly tone: Toast['tone']}
	/** The timer fired, this long after it was set. */
	| {readonly type: 'woken'; readonly elapsedMs: number}
	| {readonly type: 'signalled'; readonly signal: Signal; readonly target: KnownTarget; readonly result: SignalResult}
	| {readonly type: 'recording'; readonly failure: Failure}
	| {readonly type: 'maintenance-begun'; readonly pid: number | undefined}
	| {
			readonly type: 'maintenance-ended';
			readonly maintenance: Maintenance;
			readonly relation: RelationRef;
			readonly result: MaintenanceResult;
	  }
	/** A plan is still being computed, after this long. */
	| {readonly type: 'explaining'; readonly request: ExplainRequest; readonly tookMs: number}
	| {readonly type: 'explained'; readonly request: ExplainRequest; readonly outcome: ExplainOutcome}
	| {readonly type: 'saved'; readonly names: readonly string[]; readonly failure: string | undefined}
	| {readonly type: 'bundling'; readonly part: number}
	| {readonly type: 'bundled'; readonly text: string; readonly ok: boolean}
	| {readonly type: 'admin-done'; readonly command: AdminCommand; readonly result: AdminResult};
