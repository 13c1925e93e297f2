import type {Column} from './column.ts';
import type {Line} from './line.ts';
import type {Query} from './query.ts';
import type {Failure, Row, Sample} from './sample.ts';
import type {Options} from './state.ts';
import type {Target} from './target.ts';

/** The order of a pane's rows; without one they stand as the pane made them. */
export type Sort = {readonly column: string; readonly descending: boolean};

/** A row of a pane, by what names it there. */
export type Place = {readonly pane: string; readonly identity: string};

/** What a pane shows, declared: where its rows come from, what names one, its columns, and what is hidden at first. */
export type Pane<R = Row> = {
	readonly id: string;
	readonly keys: readonly string[];
	readonly title: string;
	readonly help: string;
	/** The queries it reads; the first is the one whose failure is the pane's. */
	readonly queries: readonly Query[];
	/** All rows of a moment, our own backends left out. */
	readonly rows: (sample: Sample) => readonly R[];
	/** Names a row across samples. */
	readonly identity: (row: R) => string;
	/** The backend a row stands for, as a confirmation shows it; undefined where there is none. */
	readonly target: (row: R, sample: Sample) => Target | undefined;
	/** Where the root blocker stands behind which a row waits; undefined where it does not wait. */
	readonly root: (row: R, sample: Sample) => Place | undefined;
	/** What `y` copies: the statement, or whatever names the row. */
	readonly copied: (row: R) => string;
	/** Whether a row is shown under the options that hide (idle, background). */
	readonly shown: (row: R, options: Options) => boolean;
	readonly columns: readonly Column<R>[];
	readonly sort?: Sort;
	/** One calm sentence for a screen without rows. */
	readonly empty: string;
	/** How many rows our role sees only in part, and what would show them whole. */
	readonly hidden: (sample: Sample) => Hidden | undefined;
	/** The lines of the inspect page of a row, below its fields. */
	readonly inspect: (row: R, sample: Sample, width: number) => readonly Line[];
	/** The column that each choice of the duration key puts first, where a pane has several. */
	readonly durations?: Readonly<Record<Options['duration'], string>>;
};

/** Rows the role may not see whole, and the sentence that says which grant shows them. */
export type Hidden = {readonly rows: number; readonly hint: string};

const fewSamples = 3;

/**
 * An answer worked out once a sample, however often it is asked for. Only those of the samples asked for last are kept: the
 * timeline holds thousands of samples, and what is derived from them is not in its budget.
 */
export const oncePerSample = <T>(compute: (sample: Sample) => T): ((sample: Sample) => T) => {
	let known: readonly {readonly sample: Sample; readonly answer: T}[] = [];
	return sample => {
		const found = known.find(entry => entry.sample === sample) ?? {sample, answer: compute(sample)};
		if (known[0] !== found) known = [found, ...known.filter(entry => entry !== found)].slice(0, fewSamples);
		return found.answer;
	};
};

/** Declares a pane, whose rows are made once a sample; the registry holds panes with their row type forgotten. */
export const definePane = <R>(pane: Pane<R>): Pane =>
	({...pane, rows: oncePerSample(pane.rows), hidden: oncePerSample(pane.hidden)}) as unknown as Pane;

/** Why a pane has no rows: the failure of its first query, or undefined. */
export const failureOf = (pane: Pane, sample: Sample): Failure | undefined => {
	const result = sample.results[pane.queries[0]?.name ?? ''];
	return result?.ok === false ? result.error : undefined;
};
