import {type ParameterTypes, parameterTypes} from '../../core/explain/parameter-types.ts';
import {namesIn} from '../../core/explain/planned-text.ts';
import {pathWith, schemasOf} from '../../core/explain/search-path.ts';
import type {Circumstances, Way} from '../../core/explain/way.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {ConnectionError} from '../connect/failures.ts';
import {schemasText} from './names-sql.ts';
import type {ExplainSession} from './session.ts';
import {
	attempt,
	beginAsRole,
	beginReading,
	callAsRole,
	nulls,
	onlyReads,
	parameterCount,
	prepareText,
	retry,
	takePath,
	takeSession,
} from './sql.ts';

/** Circumstances of a role that exists, with its search_path at log-in. */
export type RoleCircumstances = Circumstances & {readonly oid: number; readonly quoted: string; readonly path: string};

/** What is planned: a query, the types that its text declares, and the EXPLAIN to run. */
export type Planned = {
	readonly query: string;
	readonly types: readonly string[];
	readonly explain: string;
	readonly accepted: readonly string[];
};

/** A plan, the search_path that it was made with, and assumptions in sentences; or a risk to accept first. */
export type PlanResult =
	| {readonly json: string; readonly path: string; readonly notes: readonly string[]}
	| {readonly risk: string};

type Attempt = (path: string, prepare: string) => Promise<string>;

// All attempts together; each statement has its own limit too.
const mostMs = 10_000;
const mostAttempts = 60;

// A relation, column, type, function or schema that the search_path does not lead to.
const unresolved = new Set(['42P01', '42703', '42704', '42883', '3F000']);

// Failures of a text, after which another attempt makes sense: not of limits, locks, resources and connections.
const ofText = /^(?:0A|2[0-8]|3[BDF]|42|P0|HV)...$/;

const failureIn = (error: unknown): Failure | undefined => (error instanceof ConnectionError ? error.failure : undefined);

/**
 * Plans a query in a transaction of its own. Each attempt runs in the same function or session, below a savepoint: an attempt that
 * fails leaves no setting behind. The first search_path is that of the role at log-in; if it does not lead to every name, the
 * schemas that lead further are tried, but only by the rights of the role itself.
 */
export const planIn = async (session: ExplainSession, c: RoleCircumstances, way: Way, planned: Planned): Promise<PlanResult> => {
	const run =
		way.by === 'function' ? await byFunction(session, c, planned.explain) : await bySession(session, c, planned.explain);
	const begun = performance.now();
	let attempts = 0;
	const one: Attempt = async (path, prepare) => {
		attempts += 1;
		await session.parse(prepare);
		await session.ask(attempt);
		try {
			return await run(path, prepare);
		} catch (error) {
			if (!ofText.test(failureIn(error)?.code ?? '')) throw error;
			if (attempts >= mostAttempts || performance.now() - begun > mostMs) throw new ConnectionError(overdue);
			await session.ask(retry);
			throw error;
		}
	};
	const withTypes = async (path: string): Promise<PlanResult> => {
		const types = parameterTypes(planned.query, planned.types);
		return {json: await typed(path, planned.query, types, one), path, notes: types.notes()};
	};
	try {
		return await withTypes(c.path);
	} catch (error) {
		const failure = failureIn(error);
		if (!failure || !unresolved.has(failure.code) || way.rights !== 'role') throw error;
		return inOtherSchemas(session, c, planned, {withTypes, failure, undo: () => session.ask(retry)});
	}
};

/** Repeats an attempt with other types for the parameters whose type the server cannot find. */
const typed = async (path: string, query: string, types: ParameterTypes, one: Attempt): Promise<string> => {
	let first: unknown;
	for (;;) {
		try {
			return await one(path, prepareText(query, types.list()));
		} catch (error) {
			const failure = failureIn(error);
			first ??= error;
			if (!failure || !ofText.test(failure.code)) throw error;
			if (!types.next(failure)) throw types.isUntouched() ? error : first;
		}
	}
};

type Others = {
	readonly withTypes: (path: string) => Promise<PlanResult>;
	readonly failure: Failure;
	readonly undo: () => Promise<unknown>;
};

const inOtherSchemas = async (
	session: ExplainSession,
	c: RoleCircumstances,
	{query, accepted}: Planned,
	{withTypes, failure, undo}: Others,
): Promise<PlanResult> => {
	const path = schemasOf(c.path, c.role);
	const values = [String(c.oid), JSON.stringify(namesIn(query).slice(0, 1000)), JSON.stringify(path)];
	const found = await session.ask(schemasText(), values);
	const trusted = found.flatMap(([schema, isTrusted]) => (schema && isTrusted === 't' ? [schema] : []));
	const others = found.flatMap(([schema, isTrusted]) => (schema && isTrusted !== 't' ? [schema] : []));
	const plans: {readonly schema: string; readonly plan: PlanResult}[] = [];
	for (const schema of trusted) {
		const plan = await withTypes(pathWith(schema, c.path)).catch(error => {
			if (!ofText.test(failureIn(error)?.code ?? '')) throw error;
			return undefined;
		});
		if (!plan) continue;
		plans.push({schema, plan});
		await undo();
	}
	const [only, second] = plans;
	if (only && second) throw new ConnectionError(ambiguous(plans.map(({schema}) => schema)));
	if (only) return chosen(only.plan, only.schema, c.role);
	const [other] = others;
	if (other === undefined) throw new ConnectionError(failure);
	if (others.length > 1) throw new ConnectionError(ambiguous(others));
	const risk = `Names resolve only with schema ${other}, which others than ${c.role} write in: planning runs their functions with the privileges of ${c.role}.`;
	if (!accepted.includes(risk)) return {risk};
	const plan = await withTypes(pathWith(other, c.path));
	return chosen(plan, other, c.role);
};

const chosen = (plan: PlanResult, schema: string, role: string): PlanResult =>
	'json' in plan
		? {
				...plan,
				notes: [`Schema ${schema} was added: without it the search_path of ${role} does not lead to every name.`, ...plan.notes],
			}
		: plan;

const ambiguous = (schemas: readonly string[]): Failure => ({
	code: 'explain',
	message: `Names of the statement are in several schemas: ${schemas.slice(0, 5).join(', ')}${schemas.length > 5 ? ', …' : ''}.`,
	hint: 'Only its session knows the search_path: EXPLAIN it in psql with that search_path.',
});

const overdue: Failure = {code: '57014', message: 'Planning took too many attempts.'};

const notOwned: Failure = {
	code: 'explain',
	message: 'The role of the statement changed during planning.',
	hint: 'Try again.',
};

/** Plans through a function of the role: code in the plan has its rights only and cannot change those of our session. */
const byFunction = async (
	session: ExplainSession,
	{oid, quoted, superuser, version, role}: RoleCircumstances,
	explain: string,
): Promise<Attempt> => {
	const [owner] = await session.ask(beginAsRole({oid, quoted, superuser, version}));
	if (owner?.[0] !== String(oid)) throw new ConnectionError(notOwned);
	await session.ask(onlyReads, []);
	if (superuser) await session.ask(takeSession, [role]);
	return async (path, text) => {
		const [plan] = await session.ask(callAsRole, [path, text, explain]);
		return plan?.[0] ?? '';
	};
};

const bySession = async (session: ExplainSession, {oid}: RoleCircumstances, explain: string): Promise<Attempt> => {
	await session.ask(beginReading(oid));
	return async (path, text) => {
		await session.ask(takePath, [path]);
		await session.ask(text, []);
		const [count] = await session.ask(parameterCount(), []);
		const [plan] = await session.ask(`${explain}${nulls(Number(count?.[0] ?? 0))}`, []);
		return plan?.[0] ?? '';
	};
};
