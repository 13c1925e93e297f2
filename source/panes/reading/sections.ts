import type {Past} from '../../core/history/past.ts';
import {type Column, text} from '../../core/pane/column.ts';
import type {Section} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {Tone} from '../../core/text/line.ts';

/** Problem or fact of a row, as a sentence that includes the remedy. */
export type Remark = {readonly text: string; readonly tone: Tone};

/** Section of a pane: its rows, their names, columns and remarks. */
export type PaneSection<R> = {
	readonly id: string;
	readonly title: string;
	readonly rows: (sample: Sample, past: Past) => readonly R[];
	/** Name of a row, unique in its section. */
	readonly name: (row: R) => string;
	readonly columns: readonly Column<R>[];
	readonly remarks: (row: R, sample: Sample) => readonly Remark[];
	/** True if the connected role sees the row only in part. */
	readonly masked: (row: R, sample: Sample) => boolean;
	/** Pid of the backend that an action on the row reaches. */
	readonly backend: (row: R) => number | undefined;
};

/** Row that names its section. */
export type SectionRow = {readonly section: string};

/** Column of the section name. */
export const sectionColumn = text<SectionRow>('section', 'Section of the row.', row => row.section);

type Optional = 'name' | 'remarks' | 'masked' | 'backend';

type Declaration<R> = Omit<PaneSection<R>, Optional> & Partial<Pick<PaneSection<R>, Optional>>;

/** Declares a section; its row type is erased, because only rows of its own section reach it. */
export function defineSection<R extends SectionRow>(section: Declaration<R>): PaneSection<SectionRow>;
export function defineSection(section: Declaration<SectionRow>): PaneSection<SectionRow> {
	return {name: () => section.id, remarks: () => [], masked: () => false, backend: () => undefined, ...section};
}

/** Sections in the form of a pane. Filters ask every column about every row: it is null for rows of other sections. */
export const sectionsOf = (sections: readonly PaneSection<SectionRow>[]): readonly Section<SectionRow>[] => {
	const homes = new Map<Column<SectionRow>, Set<string>>();
	for (const {id, columns} of sections) for (const column of columns) homes.set(column, (homes.get(column) ?? new Set()).add(id));
	const within = new Map(
		[...homes].map(([column, ids]): [Column<SectionRow>, Column<SectionRow>] => [
			column,
			{...column, value: (row, now) => (ids.has(row.section) ? column.value(row, now) : null)},
		]),
	);
	return sections.map(({id, title, columns}) => ({
		id,
		title,
		columns: columns.map(column => within.get(column) ?? column),
		has: row => row.section === id,
	}));
};

/** Remark with the tone of a warning. */
export const warning = (text: string): Remark => ({text, tone: 'warn'});
/** Remark with the tone of danger. */
export const danger = (text: string): Remark => ({text, tone: 'danger'});
/** Remark without a problem. */
export const note = (text: string): Remark => ({text, tone: 'calm'});

/** Remarks whose condition holds. */
export const remarksOf = (remarks: readonly (Remark | false | null | undefined)[]): readonly Remark[] =>
	remarks.filter((remark): remark is Remark => typeof remark === 'object' && remark !== null);
