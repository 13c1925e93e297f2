import {answerOf} from '../core/past.ts';
import type {Sample} from '../core/sample.ts';
import {databaseSizes} from '../queries/databases.ts';
import {host} from '../queries/host.ts';
import {backendTone, databaseColumns, isInvalid, xidTone} from './database-columns.ts';
import {type DatabaseRow, databaseRows} from './database-rows.ts';
import {danger, definePart, note, remarksOf, warning} from './parts.ts';
import {rowsOf} from './reading.ts';

const roomNote = (sample: Sample): string | false => {
	const places = rowsOf(sample, host);
	if (places.length === 0) return 'The room on its disks is only known on the server’s own host.';
	return (
		places.every(({kind}) => kind === 'host') &&
		'The room on its disks is known to roles with pg_read_all_settings, where its files can be reached.'
	);
};

/** The databases of the cluster, and what all of them share where its checksums failed. */
export const databasePart = definePart<DatabaseRow>({
	id: 'database',
	rows: databaseRows,
	name: row => String(row.datid),
	columns: databaseColumns,
	masked: (row, sample) => row.datid !== 0 && row.size_bytes === null && answerOf(sample, databaseSizes) !== undefined,
	remarks: (row, sample) => {
		const room = roomNote(sample);
		return remarksOf([
			isInvalid(row) && danger('DROP DATABASE was interrupted: nobody can connect to it, and only dropping it again is left.'),
			(row.checksum_failures ?? 0) > 0 &&
				danger(
					'Pages were read whose checksum is wrong: the storage damaged them. Take a copy of what is there before anything else.',
				),
			backendTone(row) !== 'calm' && warning('Its connection limit is nearly reached.'),
			xidTone(row) !== 'calm' &&
				warning('Its oldest transaction id is older than autovacuum should let it be: the horizon pane says who holds it back.'),
			room !== false && note(room),
		]);
	},
});
