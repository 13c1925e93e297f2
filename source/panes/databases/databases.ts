import type {Past} from '../../core/history/past.ts';
import {definePane, type Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line, wrap} from '../../core/text/line.ts';
import {directories, host} from '../../queries/beside/host.ts';
import {databaseSizes, databases} from '../../queries/server/databases.ts';
import {sequences} from '../../queries/storage/sequences.ts';
import {hiddenRows} from '../reading/hidden.ts';
import {type PaneSection, type SectionRow, sectionsOf} from '../reading/sections.ts';
import {databaseSection} from './database.ts';
import {diskSection} from './disk.ts';
import {sequenceSection} from './sequence.ts';

const sections: readonly PaneSection<SectionRow>[] = [databaseSection, diskSection, sequenceSection];

const sectionOf = ({section}: SectionRow): PaneSection<SectionRow> | undefined => sections.find(({id}) => id === section);

const allRows = (sample: Sample, past: Past): readonly SectionRow[] => sections.flatMap(section => section.rows(sample, past));

const hidden = (sample: Sample): Hidden | undefined => {
	const masked = databaseSection.rows(sample, []).filter(row => databaseSection.masked(row, sample)).length;
	return hiddenRows(sample, masked);
};

const remarkLines = (row: SectionRow, sample: Sample, width: number): readonly Line[] =>
	(sectionOf(row)?.remarks(row, sample) ?? []).flatMap(({text, tone}) => wrap(text, width).map(part => line(part, tone)));

/** Size, growth and activity of the databases; on the server's own host, its disks too. */
export const databasesPane = definePane<SectionRow>({
	id: 'databases',
	keys: ['8'],
	title: 'Databases',
	tab: 'DBs',
	help: 'Size, growth, activity and age of the databases; on the server’s own host, disk usage too; sequences that are half used.',
	queries: [databases, databaseSizes, directories, host, sequences],
	rows: allRows,
	identity: row => `${row.section} ${sectionOf(row)?.name(row) ?? ''}`,
	sort: {column: 'size_bytes', descending: true},
	sections: sectionsOf(sections),
	rates: true,
	empty: 'No databases reported.',
	hidden,
	inspect: remarkLines,
});
