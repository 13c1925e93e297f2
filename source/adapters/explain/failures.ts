import type {ExplainRequest} from '../../core/explain/request.ts';
import type {Failure} from '../../core/sample/sample.ts';

const namesHint = 'It may be a temporary table, or the session changed its search_path (names resolve as at log-in).';

/** Message and hint by SQLSTATE of a planned text. */
const states: Readonly<Record<string, (request: ExplainRequest, normalised: boolean) => Partial<Failure>>> = {
	'42601': (_, normalised) => ({
		hint: normalised
			? 'pg_stat_statements put a parameter where SQL allows none (interval $1): EXPLAIN it with values in psql.'
			: 'Only a single SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE can be explained.',
	}),
	'42P18': () => ({hint: 'Only the session that prepared it knows the parameter types: EXPLAIN it with values in psql.'}),
	'42P02': () => ({hint: 'Only the session that prepared it knows the parameter types: EXPLAIN it with values in psql.'}),
	'42P01': () => ({hint: namesHint}),
	'42703': () => ({hint: namesHint}),
	'42704': () => ({hint: namesHint}),
	'42883': () => ({hint: namesHint}),
	'3F000': () => ({hint: namesHint}),
	'42501': ({role}) => ({hint: `${role} may have run it as another role (SET ROLE).`}),
	'55P03': () => ({
		message: 'A session holds ACCESS EXCLUSIVE on one of its tables, which blocks planning.',
		hint: 'The locks pane shows the session.',
	}),
	'57014': ({analyze}) => ({
		message: analyze
			? 'The statement ran longer than 30 s and was cancelled.'
			: 'Planning took longer than 5 s and was cancelled.',
		hint: analyze ? 'Press e for a plan without execution.' : 'A function that the planner evaluates may be slow.',
	}),
	'25006': ({analyze}) => ({
		message: analyze ? 'The statement writes, which its read-only transaction forbids.' : 'Planning the statement would write.',
		hint: 'Nothing was written. The write may come from a function of the statement.',
	}),
	'26000': () => ({hint: 'Only SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE can be explained.'}),
	'3D000': () => ({hint: 'The database was dropped or renamed after the statement was seen.'}),
};

/** Adapts a failure to a request for a plan: wording that fits a poll would mislead. */
export const failureOfExplain = (failure: Failure, request: ExplainRequest, normalised: boolean): Failure => ({
	...failure,
	...states[failure.code]?.(request, normalised),
});
