import type {Prepared, StatementEntry} from '../actions/admin.ts';
import type {RelationRef} from '../actions/maintenance.ts';
import type {PoolerRef} from '../actions/pooler.ts';
import type {SlotRef} from '../actions/slot.ts';
import type {Target} from '../actions/target.ts';
import type {ExplainSubject} from '../explain/request.ts';
import type {Moment} from '../history/moment.ts';
import type {Past} from '../history/past.ts';
import type {Measurement} from '../sample/measurement.ts';
import type {Query} from '../sample/query.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Line, Tone} from '../text/line.ts';
import type {Column} from './column.ts';
import {refusedNotice} from './missing.ts';
import type {Options} from './options.ts';

/** Order of the rows of a pane, instead of the pane's own. */
export type Sort = {readonly column: string; readonly descending: boolean};

/** A row of a pane by its identity; with a null identity the pane itself, filtered if `filter` is given. */
export type RowRef = {readonly pane: string; readonly identity: string | null; readonly filter?: string};

/** Choice that a pane of several forms shows: sessions grouped by this, statements before and after this moment. */
export type Aspect = {readonly group: string; readonly mark: Moment | undefined};

/** An object and its description for people. */
export type Described<T> = {readonly of: T; readonly about: string};

/** A pane, declared: the source of its rows, their identity, their columns, and which are hidden at first. */
export type Pane<R = Row> = {
	readonly id: string;
	readonly keys: readonly string[];
	readonly title: string;
	/** Name in the tabs of a narrow screen. */
	readonly tab: string;
	readonly help: string;
	/** Queries it reads; the failure of the first is the pane's failure, unless its rows are `composed` of several answers. */
	readonly queries: readonly Query[];
	/** True if each query has rows of its own: one that fails costs only those. */
	readonly composed: boolean;
	/** Rows of a sample without our own backends; rates are computed from its past. */
	readonly rows: (sample: Sample, past: Past) => readonly R[];
	/** Key of a row across samples. */
	readonly identity: (row: R) => string;
	/** Backend of a row, as a confirmation shows it; undefined if there is none. */
	readonly target: (row: R, sample: Sample) => Target | undefined;
	/** Row of the root blocker, or the reason why it is unknown; undefined if the row does not wait. */
	readonly root: (row: R, sample: Sample) => RowRef | string | undefined;
	/** Row of another pane that this row refers to, on which its actions act. */
	readonly leads: (row: R) => RowRef | undefined;
	/** The rows that a row consists of, which Enter shows; undefined if it shows the page of the row. */
	readonly drill: (row: R) => RowRef | undefined;
	/** Server of a fleet that Enter moves the whole program to, by its name; undefined in every other pane. */
	readonly server: (row: R) => string | undefined;
	/** True if the cursor is on the first row, whichever that is, until a key moves it. */
	readonly pointed: boolean;
	/** Text below a row, on lines of its own and in full, like the last column; undefined if rows are one line. */
	readonly below?: (row: R) => string;
	/** Table or index of a row, the target of maintenance. */
	readonly relation: (row: R, sample: Sample) => Described<RelationRef> | undefined;
	/** Prepared transaction of a row. */
	readonly prepared: (row: R, sample: Sample) => Prepared | undefined;
	/** Replication slot of a row. */
	readonly slot: (row: R, sample: Sample) => SlotRef | undefined;
	/** Pool or client of PgBouncer of a row. */
	readonly pooler: (row: R, sample: Sample) => PoolerRef | undefined;
	/** Entry of pg_stat_statements of a row. */
	readonly entry: (row: R, sample: Sample) => StatementEntry | undefined;
	/** Table of a row that `.` measures, or the reason why it cannot; undefined if rows are not tables. */
	readonly measurement: (row: R, sample: Sample) => Measurement | string | undefined;
	/** Statement of a row that `e` explains, or the reason why it cannot; undefined if rows have none. */
	readonly subject: (row: R, sample: Sample) => ExplainSubject | string | undefined;
	/** True if a row is to blame: it has a mark, so that no color is needed to see it. */
	readonly blamed: (row: R) => boolean;
	/** Text that `y` copies: the statement, or the name of the row. */
	readonly copied: (row: R) => string;
	/** True if a row is shown under the options that hide rows (idle, background). */
	readonly shown: (row: R, options: Options) => boolean;
	/** All columns of all sections. */
	readonly columns: readonly Column<R>[];
	/** Kinds of rows with headers of their own, in order. */
	readonly sections: readonly Section<R>[];
	readonly sort?: Sort;
	/** Order of rows that are equal in the sorted column; by identity if it is 0. */
	readonly ties: (a: R, b: R) => number;
	/** One calm sentence for a pane without rows. */
	readonly empty: (sample: Sample, past: Past) => string;
	/** True if the pane is about this program and not about the server: a request for all panes leaves it out. */
	readonly own: boolean;
	/** True if its columns are as wide as declared, whatever its rows hold. */
	readonly steady: boolean;
	/** True if it is read and printed only if named: a recording and a request for all panes leave it out. */
	readonly named: boolean;
	/** Line above the table: what the rows are about, or the verdict. */
	readonly headline: (sample: Sample, past: Past) => Headline | undefined;
	/** Number of rows that were left out of a bounded answer. */
	readonly rest: (sample: Sample) => number;
	/** Form of the pane that shows an aspect, always the same object for the same one; undefined if it has a single form. */
	readonly form?: (aspect: Aspect) => Pane | undefined;
	/** Name of the aspect that this form shows; empty in a single form. */
	readonly aspect: string;
	/** True if its rows are a comparison of two moments, so that they are not marked as new, gone or changed. */
	readonly compares: boolean;
	/** True if some columns are rates, which a single sample does not have. */
	readonly rates: boolean;
	/** Number of rows that our role sees only in part, and the remedy. */
	readonly hidden: (sample: Sample) => Hidden | undefined;
	/** Sentence about what could not be read, if the rows are still there; by default, what the server refused. */
	readonly notice: (sample: Sample) => string | undefined;
	/** Lines of the inspect page of a row, below its fields. */
	readonly inspect: (row: R, sample: Sample, width: number, past: Past) => readonly Line[];
	/** Column that each choice of the duration key puts first, if a pane has several. */
	readonly durations?: Readonly<Record<Options['duration'], string>>;
};

/** A sentence above a table and its tone. */
export type Headline = {readonly text: string; readonly tone: Tone};

/** A kind of rows in a pane and its columns. */
export type Section<R = Row> = {
	readonly id: string;
	/** Line above its rows, if another section has rows too. */
	readonly title: string;
	readonly columns: readonly Column<R>[];
	readonly has: (row: R) => boolean;
};

/** Number of rows that the role sees only in part, and a sentence with the grant that shows them. */
export type Hidden = {readonly rows: number; readonly hint: string};

const fewSamples = 3;

/**
 * Computes an answer once per sample. Only answers of the latest samples are cached: the timeline has thousands of samples, and
 * derived data is not in its budget.
 */
export const oncePerSample = <T, A extends readonly unknown[] = []>(
	compute: (sample: Sample, ...args: A) => T,
): ((sample: Sample, ...args: A) => T) => {
	let entries: readonly {readonly sample: Sample; readonly answer: T}[] = [];
	return (sample, ...args) => {
		// Asked for each of a thousand rows.
		const newest = entries[0];
		if (newest?.sample === sample) return newest.answer;
		const entry = entries.find(cached => cached.sample === sample) ?? {sample, answer: compute(sample, ...args)};
		entries = [entry, ...entries.filter(cached => cached !== entry)].slice(0, fewSamples);
		return entry.answer;
	};
};

/** Properties with defaults. */
type Optional<R> = Pick<
	Pane<R>,
	| 'keys'
	| 'tab'
	| 'target'
	| 'root'
	| 'leads'
	| 'drill'
	| 'server'
	| 'composed'
	| 'pointed'
	| 'measurement'
	| 'subject'
	| 'relation'
	| 'prepared'
	| 'slot'
	| 'pooler'
	| 'entry'
	| 'blamed'
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
	| 'steady'
	| 'named'
	| 'headline'
	| 'rest'
	| 'aspect'
	| 'compares'
>;

type Declaration<R> = Omit<Pane<R>, keyof Optional<R> | 'empty'> &
	Partial<Optional<R>> & {readonly empty: string | ((sample: Sample, past: Past) => string)};

/**
 * Declares a pane, whose rows are computed once per sample; the registry holds panes without their row types. A pane with sections
 * has the columns of all sections.
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
		drill: () => undefined,
		server: () => undefined,
		composed: false,
		pointed: false,
		measurement: () => undefined,
		subject: () => undefined,
		relation: () => undefined,
		prepared: () => undefined,
		slot: () => undefined,
		pooler: () => undefined,
		entry: () => undefined,
		blamed: () => false,
		copied: pane.identity,
		shown: () => true,
		hidden: () => undefined,
		notice: sample => refusedNotice(whole, sample),
		inspect: () => [],
		sections,
		columns: [...new Set(sections.flatMap(({columns}) => columns))],
		rates: false,
		own: false,
		steady: false,
		named: false,
		aspect: '',
		compares: false,
		headline: () => undefined,
		rest: () => 0,
		ties: () => 0,
		...pane,
		empty: typeof empty === 'string' ? () => empty : empty,
	};
	return {...whole, rows: oncePerSample(whole.rows), hidden: oncePerSample(whole.hidden)};
}

/** Index of the section of a row; 0 in a pane without sections. */
export const sectionOf = ({sections}: Pane, row: Row): number =>
	Math.max(
		0,
		sections.findIndex(({has}) => has(row)),
	);

/** Columns of a row: those of its section, or all. */
export const columnsFor = (pane: Pane, row: Row): readonly Column[] =>
	pane.sections[sectionOf(pane, row)]?.columns ?? pane.columns;
