import type {Fact} from '../actions/question.ts';
import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Sample} from '../sample/sample.ts';
import type {Parts} from '../text/line.ts';
import type {ServerRole, State, Toast, Watch} from './state.ts';

/** What is declared about PostgreSQL outside the core: the panes in tab order, the header, and how a signal's effect is read. */
export type Registry = {
	readonly panes: readonly Pane[];
	/** The header's lines, most important first, in parts that stand whole or not at all. */
	readonly header: (state: State, sample: Sample | undefined) => readonly Parts[];
	/** The worst of what is wrong in a sample, by what names it across samples; undefined where nothing is alarming. */
	readonly alarm: (sample: Sample, past: Past) => string | undefined;
	/** What is seen of a signal's effect in a sample: a sentence once it is known, undefined while it is awaited. */
	readonly outcome: (watch: Watch, sample: Sample) => Pick<Toast, 'text' | 'tone'> | undefined;
	/** What the target of a signal without effect yet is seen to do, as the end of a sentence. */
	readonly delay: (watch: Watch, sample: Sample) => string;
	readonly role: (sample: Sample) => ServerRole | undefined;
	/** The database we are connected to. */
	readonly database: (sample: Sample) => string | undefined;
	/** Who keeps VACUUM from removing what is dead, as a sentence; undefined where nobody does or it is not known. */
	readonly holder: (sample: Sample) => {readonly sentence: string; readonly isTrouble: boolean} | undefined;
	/** What a reload of the configuration would do: settings that wait for it, mistakes in the files. */
	readonly pending: (sample: Sample) => readonly Fact[];
	/** How far a backend's command is, in few words. */
	readonly progress: (pid: number, sample: Sample, past: Past) => string | undefined;
};
