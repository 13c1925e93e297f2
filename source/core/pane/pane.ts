import type {Prepared} from '../actions/admin.ts';
import type {RelationRef} from '../actions/maintenance.ts';
import type {Target} from '../actions/target.ts';
import type {ExplainSubject} from '../explain/request.ts';
import type {Past} from '../history/past.ts';
import type {Measurement} from '../sample/measurement.ts';
import type {Query} from '../sample/query.ts';
import type {Failure, Row, Sample} from '../sample/sample.ts';
import type {Line} from '../text/line.ts';
import type {Column} from './column.ts';
import type {Options} from './options.ts';

/** The order of a pane's rows; without one they stand as the pane made them. */
export type Sort = {readonly column: string; readonly descending: boolean};

/** A row of a pane, by what names it there; a null identity means the pane and no row of it, filtered where it says so. */
export type RowRef = {readonly pane: string; readonly identity: string | null; readonly filter?: string};

/** Something and what is known of it, in words for people. */
export type Described<T> = {readonly of: T; readonly about: string};

/** What a pane shows, declared: where its rows come from, what names one, its columns, and what is hidden at first. */
export type Pane<R = Row> = {
	readonly id: string;
	readonly keys: readonly string[];
	readonly title: string;
	/** Its name among the tabs of a narrow screen. */
	readonly tab: string;
	readonly help: string;
	/** The queries it reads; the first is the one whose failure is the pane's. */
	readonly queries: readonly Query[];
	/** All rows of a moment, our own backends left out; rates are taken against what its past holds. */
	readonly rows: (sample: Sample, past: Past) => readonly R[];
	/** Names a row across samples. */
	readonly identity: (row: R) => string;
	/** The backend a row stands for, as a confirmation shows it; undefined where there is none. */
	readonly target: (row: R, sample: Sample) => Target | undefined;
	/** Where the root blocker stands behind which a row waits; undefined where it does not wait. */
	readonly root: (row: R, sample: Sample) => RowRef | undefined;
	/** The row of another pane that a row stands for: what acts on this one, acts on that. */
	readonly leads: (row: R) => RowRef | undefined;
	/** Whoever goes to the pane by its key points at its first row. */
	readonly pointed: boolean;
	/** What stands below a row in lines of its own, in full as the row's last column does; undefined where rows are one line. */
	readonly below?: (row: R) => string;
	/** The table or index a row stands for, which maintenance is done to. */
	readonly relation: (row: R, sample: Sample) => Described<RelationRef> | undefined;
	/** The prepared transaction a row stands for. */
	readonly prepared: (row: R, sample: Sample) => Prepared | undefined;
	/** What `.` measures of a row, or why it cannot; undefined where the rows are no tables. */
	readonly measurement: (row: R, sample: Sample) => Measurement | string | undefined;
	/** The statement that `e` explains of a row, or why it cannot; undefined where rows have none. */
	readonly subject: (row: R, sample: Sample) => ExplainSubject | string | undefined;
	/** What `y` copies: the statement, or whatever names the row. */
	readonly copied: (row: R) => string;
	/** Whether a row is shown under the options that hide (idle, background). */
	readonly shown: (row: R, options: Options) => boolean;
	/** Every column there is, whatever its section. */
	readonly columns: readonly Column<R>[];
	/** Kinds of rows with heads of their own, in the order in which they stand; the title of a section's first column names it. */
	readonly sections: readonly Section<R>[];
	readonly sort?: Sort;
	/** How two rows stand that the sorted column cannot tell apart; by what names them where it is 0. */
	readonly ties: (a: R, b: R) => number;
	/** One calm sentence for a screen without rows. */
	readonly empty: (sample: Sample) => string;
	/** It tells of this program and not of the server: whoever asks for all panes does not mean it. */
	readonly own: boolean;
	/** Some columns are rates: a single sample tells nothing of them. */
	readonly rates: boolean;
	/** How many rows our role sees only in part, and what would show them whole. */
	readonly hidden: (sample: Sample) => Hidden | undefined;
	/** What could not be read beside its rows and costs none of them, as a sentence. */
	readonly notice: (sample: Sample) => string | undefined;
	/** The lines of the inspect page of a row, below its fields. */
	readonly inspect: (row: R, sample: Sample, width: number, past: Past) => readonly Line[];
	/** The column that each choice of the duration key puts first, where a pane has several. */
	readonly durations?: Readonly<Record<Options['duration'], string>>;
};

/** One kind of a pane's rows: the columns that say something of it. */
export type Section<R = Row> = {
	readonly id: string;
	readonly columns: readonly Column<R>[];
	readonly has: (row: R) => boolean;
};

/** Rows the role may not see whole, and the sentence that says which grant shows them. */
export type Hidden = {readonly rows: number; readonly hint: string};

const fewSamples = 3;

/**
 * An answer worked out once a sample, however often it is asked for. Only those of the samples asked for last are kept: the
 * timeline holds thousands of samples, and what is derived from them is not in its budget.
 */
export const oncePerSample = <T, A extends readonly unknown[] = []>(
	compute: (sample: Sample, ...given: A) => T,
): ((sample: Sample, ...given: A) => T) => {
	let known: readonly {readonly sample: Sample; readonly answer: T}[] = [];
	return (sample, ...given) => {
		const found = known.find(entry => entry.sample === sample) ?? {sample, answer: compute(sample, ...given)};
		if (known[0] !== found) known = [found, ...known.filter(entry => entry !== found)].slice(0, fewSamples);
		return found.answer;
	};
};

/** What a pane says of itself only where it has something to say. */
type Optional<R> = Pick<
	Pane<R>,
	| 'keys'
	| 'tab'
	| 'target'
	| 'root'
	| 'leads'
	| 'pointed'
	| 'measurement'
	| 'subject'
	| 'relation'
	| 'prepared'
	| 'copied'
	| 'shown'
	| 'hidden'
	| 'notice'
	| 'inspect'
	| 'sections'
	| 'columns'
	| 'rates'
	| 'ties'
	| 'own'
>;

type Declaration<R> = Omit<Pane<R>, keyof Optional<R> | 'empty'> &
	Partial<Optional<R>> & {readonly empty: string | ((sample: Sample) => string)};

/**
 * Declares a pane, whose rows are made once a sample; the registry holds panes with their row type forgotten. A pane with
 * sections has their columns, each of which stands for all sections that name it.
 */
export function definePane<R>(declaration: Declaration<R>): Pane;
// Each declaration is checked against its own row type above; only its own rows reach it.
export function definePane({empty, ...pane}: Declaration<Row>): Pane {
	const sections = pane.sections ?? [];
	const whole: Pane = {
		keys: [],
		tab: pane.title,
		target: () => undefined,
		root: () => undefined,
		leads: () => undefined,
		pointed: false,
		measurement: () => undefined,
		subject: () => undefined,
		relation: () => undefined,
		prepared: () => undefined,
		copied: pane.identity,
		shown: () => true,
		hidden: () => undefined,
		notice: () => undefined,
		inspect: () => [],
		sections,
		columns: [...new Set(sections.flatMap(({columns}) => columns))],
		rates: false,
		own: false,
		ties: () => 0,
		...pane,
		empty: typeof empty === 'string' ? () => empty : empty,
	};
	return {...whole, rows: oncePerSample(whole.rows), hidden: oncePerSample(whole.hidden)};
}

/** Why a pane has no rows: the failure of its first query, or undefined. */
export const paneFailure = (pane: Pane, sample: Sample): Failure | undefined => {
	const result = sample.results[pane.queries[0]?.name ?? ''];
	return result?.ok === false ? result.error : undefined;
};

/** Which section of its pane a row belongs to, by number; 0 in a pane without sections. */
export const sectionOf = ({sections}: Pane, row: Row): number =>
	Math.max(
		0,
		sections.findIndex(({has}) => has(row)),
	);

/** The columns that say something of a row: those of its section, or all. */
export const columnsFor = (pane: Pane, row: Row): readonly Column[] =>
	pane.sections[sectionOf(pane, row)]?.columns ?? pane.columns;
