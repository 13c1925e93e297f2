import type {ExplainRequest} from '../../core/explain/request.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {identifier} from '../../core/values/quote.ts';

/** Role whose rights were used, and if the text is from pg_stat_statements. */
type Used = {readonly role: string; readonly normalised: boolean};

const names = (_: ExplainRequest, {role}: Used): Partial<Failure> => ({
	hint: `It may be a temporary table, or no schema that ${role} may use has it: EXPLAIN it in that session.`,
});

const untyped = (): Partial<Failure> => ({
	hint: 'Only the session that prepared it knows the parameter types: EXPLAIN it with values in psql.',
});

/** Message and hint by SQLSTATE of a planned text. */
const states: Readonly<Record<string, (request: ExplainRequest, used: Used) => Partial<Failure>>> = {
	'42601': (_, {normalised}) => ({
		hint: normalised
			? 'pg_stat_statements put a parameter where SQL allows none (interval $1): EXPLAIN it with values in psql.'
			: 'Only a single SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE can be explained.',
	}),
	'42P18': untyped,
	'42P02': untyped,
	'42P08': untyped,
	'42725': untyped,
	'42P01': names,
	'42703': names,
	'42704': names,
	'42883': names,
	'3F000': names,
	'42501': (request, {role}) => ({
		hint:
			role === request.role
				? `Planned with the privileges of ${role}, which may have run it as another role (SET ROLE).`
				: `Planned with the privileges of ${role}: GRANT ${identifier(request.role)} TO ${identifier(role)} plans it with those of ${request.role}.`,
	}),
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
export const failureOfExplain = (failure: Failure, request: ExplainRequest, used: Used): Failure => ({
	...failure,
	...states[failure.code]?.(request, used),
});
