import type {Past} from '../../core/history/past.ts';
import {type Column, text} from '../../core/pane/column.ts';
import type {Section} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';

/** Something that is wrong with a row, or that one should know of it, as a sentence that also says what to do. */
export type Remark = {readonly text: string; readonly tone: Tone};

/** One kind of rows of a pane with sections, whole: its rows, what names one, its columns, and what there is to say of one. */
export type SectionPart<R> = {
	readonly id: string;
	readonly rows: (sample: Sample, past: Past) => readonly R[];
	/** What names a row among those of its section. */
	readonly name: (row: R) => string;
	readonly columns: readonly Column<R>[];
	readonly remarks: (row: R, sample: Sample) => readonly Remark[];
	/** Whether our role sees the row only in part. */
	readonly masked: (row: R, sample: Sample) => boolean;
	/** The backend that an action on a row reaches. */
	readonly backend: (row: R) => number | undefined;
};

/** A row of any part: it names its section. */
export type PartRow = {readonly section: string};

/** The kind of a row, for readers of the JSON. */
export const sectionColumn = text<PartRow>('section', 'Section of the row.', row => row.section);

type Optional = 'name' | 'remarks' | 'masked' | 'backend';

type Declaration<R> = Omit<SectionPart<R>, Optional> & Partial<Pick<SectionPart<R>, Optional>>;

/** Declares a part; its row type is forgotten, because only rows of its own section reach it. */
export function definePart<R extends PartRow>(part: Declaration<R>): SectionPart<PartRow>;
export function definePart(part: Declaration<PartRow>): SectionPart<PartRow> {
	return {name: () => part.id, remarks: () => [], masked: () => false, backend: () => undefined, ...part};
}

/** The sections that parts make. A column says nothing of a row of another section, of which filters ask it too. */
export const sectionsOf = (parts: readonly SectionPart<PartRow>[]): readonly Section<PartRow>[] => {
	const homes = new Map<Column<PartRow>, Set<string>>();
	for (const {id, columns} of parts) for (const column of columns) homes.set(column, (homes.get(column) ?? new Set()).add(id));
	const within = new Map(
		[...homes].map(([column, ids]): [Column<PartRow>, Column<PartRow>] => [
			column,
			{...column, value: (row, now) => (ids.has(row.section) ? column.value(row, now) : null)},
		]),
	);
	return parts.map(({id, columns}) => ({
		id,
		columns: columns.map(column => within.get(column) ?? column),
		has: row => row.section === id,
	}));
};

/** A remark to be warned of, or one of danger. */
export const warning = (text: string): Remark => ({text, tone: 'warn'});
export const danger = (text: string): Remark => ({text, tone: 'danger'});
/** A remark that only tells. */
export const note = (text: string): Remark => ({text, tone: 'calm'});

/** The remarks that apply: those whose condition holds. */
export const remarksOf = (given: readonly (Remark | false | null | undefined)[]): readonly Remark[] =>
	given.filter((remark): remark is Remark => typeof remark === 'object' && remark !== null);
