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
	statementText,
	takePath,
	takeSession,
} from './sql.ts';

/** Explains statements of other sessions, each over a connection of its own. */
export type Explainer = {
	/** Explains one statement; never rejects, and `signal` cancels it. */
	explain(request: ExplainRequest, signal: AbortSignal): Promise<ExplainOutcome>;
	/** Backends that are planning. */
	pids(): readonly number[];
};

const planMs = 5000;
const analyzeMs = 30_000;

const executes =
	'The statement really runs, for up to 30 s in a read-only transaction that is rolled back. The functions it calls can do whatever its role may, such as ending sessions; what they do outside the transaction (sessions, files, other servers) remains.';

/** Creates an explainer for the server of a target; it plans a statement in its database and with the rights of its role only. */
export const createExplainer = (target: ConnectionTarget, note?: Note): Explainer => {
	const pids = new Set<number>();
	const explain: Explainer['explain'] = async (request, signal) => {
		const startedMs = performance.now();
		const options = {signal, pids, ...(note && {note})};
		const database = {...target, dbname: request.database};
		const timeMs = request.analyze ? analyzeMs : planMs;
		let outcome: ExplainOutcome;
		let query = request.query;
		try {
			if (request.truncated || isMasked(query))
				query = await withSession(target, planMs, options, session => fullText(session, request));
			const refusal = refusalOfText(query, request.analyze);
			if (refusal) throw new ConnectionError(refusal);
			outcome = await withSession(database, timeMs, options, session => plan(session, target.user, {...request, query}));
		} catch (error) {
			const failure = failureOfExplain(failureOf(error, serverName(database)), request, query !== request.query);
			outcome = {outcome: 'refused', failure};
		}
		const tookMs = performance.now() - startedMs;
		note?.({
			at: null,
			kind: request.analyze && outcome.outcome !== 'risky' ? 'action' : 'measure',
			connection: null,
			statement: masked(`${explainText(request.analyze)}: ${query}`),
			target: `a statement of ${request.role} in ${request.database}`,
			outcome: journalOutcome(outcome),
			sqlstate: sqlstateOf(outcome.outcome === 'refused' ? outcome.failure : undefined),
			took_ms: tookMs,
		});
		if (outcome.outcome !== 'planned') return outcome;
		return {...outcome, of: {...outcome.of, query: masked(query), normalised: query !== request.query, tookMs}};
	};
	return {explain, pids: () => [...pids]};
};

const journalOutcome = (outcome: ExplainOutcome): string => {
	if (outcome.outcome === 'refused') return outcome.failure.message;
	return outcome.outcome === 'planned' ? 'planned' : 'not planned: a yes is asked for first';
};

const withSession = async <T>(
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

/** Full text of a statement in pg_stat_statements, with parameters instead of values. */
const fullText = async (session: ExplainSession, {queryId, role, database, truncated}: ExplainRequest): Promise<string> => {
	const view = queryId === null ? undefined : (await session.ask(statementsView))[0]?.[0];
	const text = queryId !== null && view ? (await session.ask(statementText(view), [queryId, role, database]))[0]?.[0] : undefined;
	if (text) return text;
	const retry = view ? 'pg_stat_statements does not have it yet: try again when the statement has finished.' : undefined;
	throw new ConnectionError(
		truncated
			? {
					code: 'explain',
					message: 'The statement text is truncated.',
					hint: retry ?? 'Raise track_activity_query_size or install pg_stat_statements, which keeps full texts.',
				}
			: {
					code: 'explain',
					message: 'The statement contains a masked secret and cannot be planned from this text.',
					hint: retry ?? 'Install pg_stat_statements: it has the text with parameters instead of values.',
				},
	);
};

const plan = async (session: ExplainSession, login: string, request: ExplainRequest): Promise<ExplainOutcome> => {
	const {version} = session;
	const {role, query, analyze, accepted} = request;
	const [row] = await session.ask(circumstancesText(version), [role, login]);
	const circumstances = circumstancesOf(row, version, login, role);
	const way = wayOf(circumstances);
	if ('code' in way) throw new ConnectionError(way);
	const text = prepareText(query);
	await session.parse(text);
	const risks = [...(analyze ? [executes] : []), ...way.risks];
	if (risks.some(risk => !accepted.includes(risk))) return {outcome: 'risky', risks};
	const explain = way.by === 'function' ? byFunction : bySession;
	const json = await explain(session, circumstances, text, explainText(analyze));
	return {
		outcome: 'planned',
		json,
		of: {query, normalised: false, role, rights: way.rights, path: circumstances.path, analyzed: analyze, tookMs: 0},
	};
};

/** Plans through a function of the role. No later statement may matter: code in the plan can change the settings of our session. */
const byFunction = async (
	session: ExplainSession,
	{oid, quoted, superuser, version, role, path}: RoleCircumstances,
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
	message: 'The role of the statement changed during planning.',
	hint: 'Try again.',
};

const bySession = async (session: ExplainSession, {oid, path}: RoleCircumstances, text: string, explain: string) => {
	await session.ask(beginReading(oid));
	await session.ask(takePath, [path]);
	await session.ask(text, []);
	const [count] = await session.ask(parameterCount, []);
	const [plan] = await session.ask(`${explain}${nulls(Number(count?.[0] ?? 0))}`, []);
	return plan?.[0] ?? '';
};

type RoleCircumstances = Circumstances & {readonly oid: number; readonly quoted: string; readonly path: string};

const circumstancesOf = (row: RawRow | undefined, version: number, login: string, role: string): RoleCircumstances => {
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
