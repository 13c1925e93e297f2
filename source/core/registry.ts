import type {Parts} from './line.ts';
import type {Pane} from './pane.ts';
import type {Sample} from './sample.ts';
import type {Role, State, Toast, Watch} from './state.ts';

/** What is declared about PostgreSQL outside the core: the panes in tab order, the header, and how a signal's effect is read. */
export type Registry = {
	readonly panes: readonly Pane[];
	/** The header's lines, most important first, in parts that stand whole or not at all. */
	readonly header: (state: State, sample: Sample | undefined) => readonly Parts[];
	/** What is seen of a signal's effect in a sample: a sentence once it is known, undefined while it is awaited. */
	readonly outcome: (watch: Watch, sample: Sample) => Pick<Toast, 'text' | 'tone'> | undefined;
	readonly role: (sample: Sample) => Role | undefined;
};
