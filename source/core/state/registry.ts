import type {Fact} from '../actions/question.ts';
import type {ConnectedSession, KnownTarget, Target} from '../actions/target.ts';
import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Sample} from '../sample/sample.ts';
import type {ServerIdentity} from '../sample/server-identity.ts';
import type {Line, Parts} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {Sentence, ServerRole, State, Watch} from './state.ts';

/** Knowledge of PostgreSQL from outside the core: panes in tab order, header, effects of signals. */
export type Registry = {
	readonly panes: readonly Pane[];
	/** The pane with this id; throws a RangeError without one. */
	readonly pane: (id: string) => Pane;
	/** Header lines, most important first, in parts that are shown whole or not at all. */
	readonly header: (state: State, sample: Sample | undefined) => readonly Parts[];
	/** Lines above the table of the shown pane, as many as its chart has; none in a pane without one. */
	readonly chart: (state: State, sample: Sample) => readonly Line[];
	/** Name of the worst alarming finding, stable across samples; undefined without one. */
	readonly alarm: (sample: Sample, past: Past) => string | undefined;
	/** Effect of a signal as seen in a sample; undefined until it is visible. */
	readonly outcome: (watch: Watch, sample: Sample) => Sentence | undefined;
	/** Current activity of a target without an effect yet, as the end of a sentence. */
	readonly delay: (watch: Watch, sample: Sample) => string;
	/** A target as it is in a sample: undefined after it ended, `unread` if the sample has no sessions. */
	readonly targetNow: (target: KnownTarget, sample: Sample) => Target | 'unread' | undefined;
	/** Client sessions that connected after a moment, other than our own. */
	readonly connectedSince: (sample: Sample, since: Instant) => readonly ConnectedSession[];
	readonly role: (sample: Sample) => ServerRole | undefined;
	/** Identity of the server; undefined before it is read. */
	readonly server: (sample: Sample) => ServerIdentity | undefined;
	/** Database of our connection. */
	readonly database: (sample: Sample) => string | undefined;
	/** Holder of the xmin horizon, as a sentence; undefined without one or if unknown. */
	readonly holder: (sample: Sample) => {readonly sentence: string; readonly isTrouble: boolean} | undefined;
	/** Effects of a configuration reload: settings that wait for it, errors in the files. */
	readonly pending: (sample: Sample) => readonly Fact[];
	/** Progress of a backend's command, in a few words. */
	readonly progress: (pid: number, sample: Sample, past: Past) => string | undefined;
};
