import type {AdminCommand, AdminResult} from '../actions/admin.ts';
import type {Maintenance, MaintenanceResult, RelationRef} from '../actions/maintenance.ts';
import type {Signal} from '../actions/signal.ts';
import type {KnownTarget} from '../actions/target.ts';
import type {ExplainOutcome, ExplainRequest} from '../explain/request.ts';
import type {Destination} from '../history/destination.ts';
import type {Sort} from '../pane/pane.ts';
import type {Failure, Sample} from '../sample/sample.ts';
import type {Instant} from '../values/instant.ts';
import type {Key, Size} from './key.ts';
import type {Link} from './state.ts';

/**
 * What became of a signal: `sent` is only that, whether the session ends has to be watched; `gone` that the backend ended or,
 * for a cancel, runs another statement; `refused` that the server sent none; `failed` that it could not be asked; `unsure` that
 * it was asked and no answer came.
 */
export type SignalResult = {
	readonly outcome: 'sent' | 'gone' | 'refused' | 'failed' | 'unsure';
	readonly failure?: Failure;
	readonly at?: Instant;
};

/** What a source of samples says: a new sample, or how its connection stands. */
export type SourceMessage = {readonly type: 'sample'; readonly sample: Sample} | {readonly type: 'link'; readonly link: Link};

/** What a key binding asks for. */
export type Command =
	| {readonly type: 'pane'; readonly pane: string; readonly waiting?: boolean; readonly sort?: Sort}
	| {readonly type: 'turn'; readonly by: 1 | -1}
	| {readonly type: 'move'; readonly by: 'row' | 'page' | 'half' | 'end'; readonly forward: boolean}
	| {readonly type: 'scroll'; readonly by: 1 | -1}
	| {readonly type: 'release'}
	| {readonly type: 'mark'}
	| {readonly type: 'untag'}
	| {readonly type: 'tag-all'}
	| {readonly type: 'freeze'}
	/** One sample on or back; to what is now, or to the oldest. */
	| {readonly type: 'step'; readonly forward: boolean}
	| {readonly type: 'leap'; readonly forward: boolean}
	| {readonly type: 'at'; readonly to: Destination}
	/** Marks the moment that is shown; without a name one that is marked no more. */
	| {readonly type: 'bookmark'; readonly name: string | undefined}
	| {readonly type: 'go-bookmark'; readonly forward: boolean}
	| {readonly type: 'compare'}
	| {readonly type: 'find'}
	/** Plays a recording faster or slower. */
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
	| {readonly type: 'toggle'; readonly option: 'idle' | 'background' | 'wrap' | 'rates' | 'strip'}
	| {readonly type: 'duration'}
	| {readonly type: 'interval'; readonly by: 1 | -1}
	| {readonly type: 'pace'; readonly intervalMs: number}
	| {readonly type: 'refresh'}
	| {readonly type: 'copy'}
	/** Saves the rows that are shown; or all that is known of what happened. */
	| {readonly type: 'save'}
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

/** Everything that can happen. */
export type Message =
	| SourceMessage
	| Command
	| {readonly type: 'key'; readonly key: Key}
	| {readonly type: 'resize'; readonly size: Size}
	| {readonly type: 'elapsed'; readonly staleMs: number}
	| {readonly type: 'painted'; readonly at: number}
	| {readonly type: 'resumed'}
	/** What was to be woken for is due, so long after that was asked. */
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
	/** A plan is worked on, for so long by now. */
	| {readonly type: 'explaining'; readonly request: ExplainRequest; readonly tookMs: number}
	| {readonly type: 'explained'; readonly request: ExplainRequest; readonly outcome: ExplainOutcome}
	| {readonly type: 'saved'; readonly names: readonly string[]; readonly failure: string | undefined}
	| {readonly type: 'bundled'; readonly text: string; readonly ok: boolean}
	| {readonly type: 'admin-done'; readonly command: AdminCommand; readonly result: AdminResult};
