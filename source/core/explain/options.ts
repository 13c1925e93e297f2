/**
 * Options of EXPLAIN on a version. MEMORY and SERIALIZE came with 17, IO with 19; SERIALIZE and IO need ANALYZE. Without SUMMARY a
 * plan that is not executed has no planning time.
 */
export const explainOptions = (analyze: boolean, version: number): string =>
	[
		'format json, settings',
		analyze ? 'analyze, buffers' : 'summary',
		...(version >= 170_000 ? ['memory'] : []),
		...(analyze && version >= 170_000 ? ['serialize'] : []),
		...(analyze && version >= 190_000 ? ['io'] : []),
	].join(', ');
