import type {Past} from '../../core/history/past.ts';
import {definePane, type Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line, wrap} from '../../core/text/line.ts';
import {databaseSizes, databases} from '../../queries/databases.ts';
import {directories, host} from '../../queries/host.ts';
import {monitorGrant} from '../reading/hidden.ts';
import {type PartRow, type SectionPart, sectionsOf} from '../reading/sections.ts';
import {databasePart} from './database.ts';
import {diskPart} from './disk.ts';

const parts: readonly SectionPart<PartRow>[] = [databasePart, diskPart];

const partOf = ({section}: PartRow): SectionPart<PartRow> | undefined => parts.find(({id}) => id === section);

const allRows = (sample: Sample, past: Past): readonly PartRow[] => parts.flatMap(part => part.rows(sample, past));

const hidden = (sample: Sample): Hidden | undefined => {
	const masked = databasePart.rows(sample, []).filter(row => databasePart.masked(row, sample)).length;
	return masked === 0 ? undefined : {rows: masked, hint: monitorGrant(sample)};
};

const remarkLines = (row: PartRow, sample: Sample, width: number): readonly Line[] =>
	(partOf(row)?.remarks(row, sample) ?? []).flatMap(({text, tone}) => wrap(text, width).map(part => line(part, tone)));

/** How large the databases are, how they grow, and what is done in them; on the server's own host its disks too. */
export const databasesPane = definePane<PartRow>({
	id: 'databases',
	keys: ['8'],
	title: 'Databases',
	tab: 'DBs',
	help: 'Size, growth, activity and age of the databases; on the server’s own host, disk usage too.',
	queries: [databases, databaseSizes, directories, host],
	rows: allRows,
	identity: row => `${row.section} ${partOf(row)?.name(row) ?? ''}`,
	sort: {column: 'size_bytes', descending: true},
	sections: sectionsOf(parts),
	rates: true,
	empty: 'No databases reported.',
	hidden,
	inspect: remarkLines,
});
