import type {Row, Sample} from '../../source/core/sample/sample.ts';
import {samplesOf} from './recorded.ts';

const [recorded] = samplesOf('trouble-18')
	.filter(({results}) => results.progress?.ok && results.progress.rows.length > 0)
	.slice(-1);

/** The recorded VACUUM, as a server reports it, with other values. */
const command = (overrides: Partial<Row>): Row => {
	const [row] = recorded?.results.progress?.ok ? recorded.results.progress.rows : [];
	if (!row) throw new Error('The recording has no long command.');
	const nothing = {tuples_updated: null, tuples_deleted: null, mode: null, started_by: null};
	return {...row, ...nothing, blocks_total: 128_000, blocks_done: 32_000, ...overrides} as Row;
};

/** Sample of a server of 18, with the commands and the version of a PostgreSQL 19. */
export const nineteen = (): Sample => {
	if (!recorded?.results.progress?.ok || !recorded.results.facts?.ok) throw new Error('The recording has no long command.');
	const {progress, facts} = recorded.results;
	const rows = [
		command({mode: 'failsafe', started_by: 'autovacuum_wraparound'}),
		command({pid: 4711, command: 'REPACK', phase: 'seq scanning heap'}),
		command({pid: 4712, command: 'REPACK', phase: 'catch-up', tuples_updated: 18_300, tuples_deleted: 12}),
	];
	return {
		...recorded,
		seq: recorded.seq + 1,
		results: {
			...recorded.results,
			progress: {...progress, rows},
			facts: {...facts, rows: facts.rows.map(row => ({...row, version: 190_000, version_text: '19.0'}))},
		},
	};
};
