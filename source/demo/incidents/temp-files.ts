import {runInTurn, stageIncident} from './cast.ts';
import type {Incident} from './incident.ts';

const begunBytes = 200_000_000;

// Wide rows fill the disk and not the CPU. The sorted rows are read slowly, as by a client that writes a file. The sort has two
// columns, because a sort of one column counts no memory from 17 on and stays there.
const exportSql = `select sum(n), count(pg_sleep(0.01)) from (
	select n, repeat(md5(o.id::text || n::text), 200) collate "C" as document
	from orders o, generate_series(1, 100) n
	order by document, n
	offset 0
) as documents`;

function* forEver(statement: string): Generator<string> {
	for (;;) yield statement;
}

/** An export sorts more than a gigabyte on disk and reads it slowly. The only part is `export`. */
export const tempFilesIncident: Incident = {
	name: 'temp-files',
	title: 'An export sorts more than a gigabyte in temporary files and keeps them for minutes.',
	isHeavy: true,
	begin: async connect =>
		stageIncident(connect, async cast => {
			const sorter = await cast.join('export', 'nightly-export', 'reporting');
			await sorter.client.query('set max_parallel_workers_per_gather = 0');
			runInTurn(sorter, forEver(exportSql), 1000);
			await cast.shows(sorter, 'active', 'document');
			await cast.holds(
				'the export has temporary files',
				`select coalesce(sum(size), 0) > ${begunBytes} as holds from pg_ls_tmpdir()`,
			);
		}),
};
