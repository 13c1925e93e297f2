import type {ExplainRequest} from '../../core/explain/request.ts';
import type {Failure} from '../../core/sample/sample.ts';

const names =
	'It may be a temporary table of the session, or the session changed its search_path: names were looked up as at log-in.';

/** What is said for SQLSTATEs of a text that was planned. */
const states: Readonly<Record<string, (request: ExplainRequest, normalised: boolean) => Partial<Failure>>> = {
	'42601': (_, normalised) => ({
		hint: normalised
			? 'pg_stat_statements put a parameter where SQL takes none, as in interval $1: run it with values in psql.'
			: 'It has to be a single statement that PREPARE takes: SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE.',
	}),
	'42P18': () => ({hint: 'The types of its parameters are known to the session that prepared it, and to nobody else.'}),
	'42P02': () => ({hint: 'The types of its parameters are known to the session that prepared it, and to nobody else.'}),
	'42P01': () => ({hint: names}),
	'42703': () => ({hint: names}),
	'42704': () => ({hint: names}),
	'42883': () => ({hint: names}),
	'3F000': () => ({hint: names}),
	'42501': ({role}) => ({hint: `${role} may have taken another role by SET ROLE when it ran this.`}),
	'55P03': () => ({
		message: 'Somebody holds a lock that planning needs: ACCESS EXCLUSIVE on one of its tables.',
		hint: 'The locks pane shows who.',
	}),
	'57014': ({analyze}) => ({
		message: analyze ? 'It ran longer than 30 s and was cancelled.' : 'Planning took longer than 5 s and was cancelled.',
		hint: analyze ? 'Press e for a plan without execution.' : 'A function that the planner runs may be slow.',
	}),
	'25006': ({analyze}) => ({
		message: analyze ? 'It writes, and was executed in a transaction that only reads.' : 'Planning it would write.',
		hint: 'Nothing was written. A function of the statement may be what writes.',
	}),
	'26000': () => ({hint: 'It has to be SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE.'}),
	'3D000': ({database}) => ({hint: `There is no database ${database} any more.`}),
};

/** What is said to somebody who asked for a plan; with words of its own where what is said of polls would mislead. */
export const failureOfExplain = (failure: Failure, request: ExplainRequest, normalised: boolean): Failure => ({
	...failure,
	...states[failure.code]?.(request, normalised),
});
