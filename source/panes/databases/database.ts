import {answerOf} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Directory, directories, type HostRow, host} from '../../queries/beside/host.ts';
import {databaseSizes} from '../../queries/server/databases.ts';
import {danger, defineSection, note, remarksOf, warning} from '../reading/sections.ts';
import {backendTone, databaseColumns, isInvalid, xidTone} from './columns.ts';
import {type DatabaseRow, databaseRows} from './rows.ts';

/** Reason why disk space is unknown; undefined if it is known or about to be. */
const spaceNote = (sample: Sample): string | undefined => {
	const places = answerOf<HostRow>(sample, host);
	if (!places?.rows.length) return 'Disk space is known only on the server’s own host.';
	const paths = answerOf<Directory>(sample, directories);
	if (!paths || paths.at > places.at || places.rows.some(({device}) => device !== null)) return undefined;
	return paths.rows.some(({kind, path}) => kind === 'data' && path === null)
		? 'Disk space is visible only to roles with pg_read_all_settings.'
		: 'Disk space unknown: this user cannot read the files, or they are on a network file system that might hang.';
};

/** Section of databases, plus the shared objects if their checksums failed. */
export const databaseSection = defineSection<DatabaseRow>({
	id: 'database',
	title: 'Databases',
	rows: databaseRows,
	name: row => String(row.datid),
	columns: databaseColumns,
	masked: (row, sample) => row.datid !== 0 && row.size_bytes === null && answerOf(sample, databaseSizes) !== undefined,
	remarks: (row, sample) => {
		const space = spaceNote(sample);
		return remarksOf([
			isInvalid(row) && danger('DROP DATABASE was interrupted: it accepts no connections. Drop it again.'),
			(row.checksum_failures ?? 0) > 0 &&
				danger('Checksum failures: the storage damaged pages. Copy the data directory before anything else.'),
			backendTone(row) !== 'calm' && warning('Its connection limit is nearly reached.'),
			xidTone(row) !== 'calm' &&
				warning('Its oldest transaction id is older than autovacuum should allow: the Horizon pane shows what holds xmin back.'),
			space !== undefined && note(space),
		]);
	},
});
