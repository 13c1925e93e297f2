import type {StatementEntry, StatementStatistics} from '../../core/actions/admin.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {extensions} from '../../queries/server/extensions.ts';
import {factsOf, rowsOf} from '../reading/answers.ts';
import type {StatementRow} from './rows.ts';

/** pg_stat_statements of our database; undefined without it. */
export const statementStatistics = (sample: Sample): StatementStatistics | undefined => {
	const extension = rowsOf(sample, extensions).find(({extname}) => extname === 'pg_stat_statements');
	const database = factsOf(sample)?.database;
	return extension && database !== undefined ? {database, schema: extension.schema} : undefined;
};

/** Entry of pg_stat_statements for an action; undefined if the role may not see its key. */
export const statementEntry = ({entry, query, datname}: StatementRow, sample: Sample): StatementEntry | undefined => {
	const statistics = statementStatistics(sample);
	const {queryid, userid, dbid, usename, calls} = entry;
	return statistics && queryid !== null ? {...statistics, userid, dbid, queryid, usename, datname, query, calls} : undefined;
};
