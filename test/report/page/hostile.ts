import type {Sample} from '../../../source/core/sample/sample.ts';

/** The sample with a hostile text behind each of its own. */
export const spoiledBy = (sample: Sample, hostile: string): Sample => ({
	...sample,
	results: Object.fromEntries(
		Object.entries(sample.results).map(([name, result]) => [
			name,
			result.ok
				? {
						...result,
						rows: result.rows.map(row => {
							const texts = [
								'query',
								'query_head',
								'application_name',
								'usename',
								'relation',
								'setting',
								'datname',
								'user',
								'database',
							];
							const changed = texts.flatMap(field =>
								typeof row[field] === 'string' ? [[field, `${row[field]}${hostile}`]] : [],
							);
							return {...row, ...Object.fromEntries(changed)};
						}),
					}
				: result,
		]),
	),
});
