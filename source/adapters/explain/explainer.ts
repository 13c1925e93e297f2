import {type ExplainOutcome, type ExplainRequest, isMasked, refusalOfText} from '../../core/explain/request.ts';
import {type Circumstances, wayOf} from '../../core/explain/way.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import type {Failure} from '../../core/sample/sample.ts';
import {masked} from '../../core/sql/secrets.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, sqlstateOf} from '../connect/failures.ts';
import {failureOfExplain} from './failures.ts';
import {type ExplainSession, openExplainSession} from './session.ts';
import {
	beginAsRole,
	beginReading,
	callAsRole,
	circumstancesText,
	explainText,
	nulls,
	onlyReads,
	parameterCount,
	prepareText,
	statementsView,
	takePath,
	takeSession,
	wholeText,
} from './sql.ts';

/** Plans statements of others, each on a connection of its own. */
export type Explainer = {
	/** Never rejects; `signal` gives it up. */
	explain(request: ExplainRequest, signal: AbortSignal): Promise<ExplainOutcome>;
	/** The backends that work on plans. */
	pids(): readonly number[];
};

const planMs = 5000;
const analyzeMs = 30_000;

const executes =
	'It is executed, for up to 30 s, in a transaction that only reads and is rolled back. What its functions do elsewhere stays done: other servers, files, messages.';

/** An explainer for the server of a target: a statement is planned in its own database, with the rights of its own role alone. */
export const createExplainer = (target: ConnectionTarget, note?: Note): Explainer => {
	const pids = new Set<number>();
	const explain: Explainer['explain'] = async (request, signal) => {
		const begun = performance.now();
		const options = {signal, pids, ...(note && {note})};
		const there = {...target, dbname: request.database};
		const timeMs = request.analyze ? analyzeMs : planMs;
		let outcome: ExplainOutcome;
		let query = request.query;
		try {
			if (request.truncated || isMasked(query)) query = await over(target, planMs, options, session => whole(session, request));
			const refused = refusalOfText(query, request.analyze);
			if (refused) throw new ConnectionError(refused);
			outcome = await over(there, timeMs, options, session => planned(session, target.user, {...request, query}));
		} catch (error) {
			const failure = failureOfExplain(failureOf(error, serverName(there)), request, query !== request.query);
			outcome = {outcome: 'refused', failure};
		}
		const tookMs = performance.now() - begun;
		note?.({
			at: null,
			kind: request.analyze && outcome.outcome !== 'risky' ? 'action' : 'measure',
			connection: null,
			statement: masked(`${explainText(request.analyze)}: ${query}`),
			target: `a statement of ${request.role} in ${request.database}`,
			outcome: toldOf(outcome),
			sqlstate: sqlstateOf(outcome.outcome === 'refused' ? outcome.failure : undefined),
			took_ms: tookMs,
		});
		if (outcome.outcome !== 'planned') return outcome;
		return {...outcome, of: {...outcome.of, query: masked(query), normalised: query !== request.query, tookMs}};
	};
	return {explain, pids: () => [...pids]};
};

const toldOf = (outcome: ExplainOutcome): string => {
	if (outcome.outcome === 'refused') return outcome.failure.message;
	return outcome.outcome === 'planned' ? 'planned' : 'not planned: a yes is asked for first';
};

const over = async <T>(
	target: ConnectionTarget,
	timeMs: number,
	{pids, ...options}: Parameters<typeof openExplainSession>[2] & {readonly pids: Set<number>},
	use: (session: ExplainSession) => Promise<T>,
): Promise<T> => {
	const session = await openExplainSession(target, timeMs, options);
	if (session.pid !== undefined) pids.add(session.pid);
	try {
		return await use(session);
	} finally {
		await session.close();
		if (session.pid !== undefined) pids.delete(session.pid);
	}
};

/** The whole text as pg_stat_statements has it, with parameters for its values. */
const whole = async (session: ExplainSession, {queryId, role, database, truncated}: ExplainRequest): Promise<string> => {
	const view = queryId === null ? undefined : (await session.ask(statementsView))[0]?.[0];
	const found = queryId !== null && view ? (await session.ask(wholeText(view), [queryId, role, database]))[0]?.[0] : undefined;
	if (found) return found;
	const unknown = view ? 'pg_stat_statements does not know it either; it does once it has run to its end.' : undefined;
	throw new ConnectionError(
		truncated
			? {
					code: 'explain',
					message: 'Only the beginning of the statement is known.',
					hint: unknown ?? 'Raise track_activity_query_size, or install pg_stat_statements, which keeps whole texts.',
				}
			: {
					code: 'explain',
					message: 'A secret in the statement is masked: this text is not what runs.',
					hint: unknown ?? 'With pg_stat_statements it is planned with parameters for its values.',
				},
	);
};

const planned = async (session: ExplainSession, login: string, request: ExplainRequest): Promise<ExplainOutcome> => {
	const {version} = session;
	const {role, query, analyze, accepted} = request;
	const [row] = await session.ask(circumstancesText(version), [role, login]);
	const found = circumstancesOf(row, version, login, role);
	const way = wayOf(found);
	if ('code' in way) throw new ConnectionError(way);
	const text = prepareText(query);
	await session.parse(text);
	const risks = [...(analyze ? [executes] : []), ...way.risks];
	if (risks.some(risk => !accepted.includes(risk))) return {outcome: 'risky', risks};
	const plan = way.by === 'function' ? byFunction : bySession;
	const json = await plan(session, found, text, explainText(analyze));
	return {
		outcome: 'planned',
		json,
		of: {query, normalised: false, role, rights: way.rights, path: found.path, analyzed: analyze, tookMs: 0},
	};
};

/** Nothing that is sent behind the call may matter: what it runs can change the settings of our session. */
const byFunction = async (
	session: ExplainSession,
	{oid, quoted, superuser, version, role, path}: Found,
	text: string,
	explain: string,
) => {
	const [owner] = await session.ask(beginAsRole({oid, quoted, superuser, version}));
	if (owner?.[0] !== String(oid)) throw new ConnectionError(notOwned);
	await session.ask(onlyReads, []);
	if (superuser) await session.ask(takeSession, [role]);
	const [plan] = await session.ask(callAsRole, [path, text, explain]);
	return plan?.[0] ?? '';
};

const notOwned: Failure = {
	code: 'explain',
	message: 'The role of the statement changed meanwhile.',
	hint: 'Try again.',
};

const bySession = async (session: ExplainSession, {oid, path}: Found, text: string, explain: string) => {
	await session.ask(beginReading(oid));
	await session.ask(takePath, [path]);
	await session.ask(text, []);
	const [count] = await session.ask(parameterCount, []);
	const [plan] = await session.ask(`${explain}${nulls(Number(count?.[0] ?? 0))}`, []);
	return plan?.[0] ?? '';
};

type Found = Circumstances & {readonly oid: number; readonly quoted: string; readonly path: string};

const circumstancesOf = (row: RawRow | undefined, version: number, login: string, role: string): Found => {
	const [ours, superuser, recovery, triggers, functions, oid, quoted, roleSuper, isLogin, become, temporary, powers, path] =
		row ?? [];
	return {
		version,
		login,
		role,
		ours: ours === 't',
		superuser: superuser === 't',
		inRecovery: recovery === 't',
		alwaysTriggers: triggers === 't',
		makesFunctions: functions === 't',
		oid: Number(oid ?? 0),
		roleSuperuser: roleSuper === 't',
		isLogin: isLogin === 't',
		canBecome: become === 't',
		roleTemporary: temporary === 't',
		powers: powers ?? null,
		quoted: quoted ?? '',
		path: path ?? '',
	};
};
