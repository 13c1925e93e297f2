import {type ExplainOutcome, type ExplainRequest, refusalOfText} from '../../core/explain/request.ts';
import {wayOf} from '../../core/explain/way.ts';
import type {Note} from '../../core/sample/journal.ts';
import type {RawRow} from '../../core/sample/query.ts';
import {masked} from '../../core/sql/secrets.ts';
import type {ConnectionTarget} from '../connect/connection.ts';
import {ConnectionError, failureOf, serverName, sqlstateOf} from '../connect/failures.ts';
import {failureOfExplain} from './failures.ts';
import {planIn, type RoleCircumstances} from './planning.ts';
import {type ExplainSession, openExplainSession} from './session.ts';
import {circumstancesText, explainText, prepareText} from './sql.ts';
import {definitionOf, type FoundText, findText} from './texts.ts';

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
		let rights: Rights = {role: request.role, normalised: false};
		try {
			const found = await findText(request, use => withSession(target, planMs, options, use));
			rights = {...rights, normalised: found.normalised};
			const work: Work = {
				request,
				found,
				note: used => {
					rights = used;
				},
			};
			outcome = await withSession(database, timeMs, options, session => plan(session, target.user, work));
		} catch (error) {
			outcome = {outcome: 'refused', failure: failureOfExplain(failureOf(error, serverName(database)), request, rights)};
		}
		const tookMs = performance.now() - startedMs;
		note?.({
			at: null,
			kind: request.analyze && outcome.outcome !== 'risky' ? 'action' : 'measure',
			connection: null,
			statement: masked(
				`${explainText(request.analyze, 0)}: ${outcome.outcome === 'planned' ? outcome.of.query : request.query}`,
			),
			target: `a statement of ${request.role} in ${request.database}`,
			outcome: journalOutcome(outcome),
			sqlstate: sqlstateOf(outcome.outcome === 'refused' ? outcome.failure : undefined),
			took_ms: tookMs,
		});
		if (outcome.outcome !== 'planned') return outcome;
		return {...outcome, of: {...outcome.of, query: masked(outcome.of.query), tookMs}};
	};
	return {explain, pids: () => [...pids]};
};

const journalOutcome = (outcome: ExplainOutcome): string => {
	if (outcome.outcome === 'refused') return outcome.failure.message;
	return outcome.outcome === 'planned' ? 'planned' : 'waiting for confirmation';
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

/** A text to plan, the role whose rights are used for it, and what the person accepted. */
type Work = {readonly request: ExplainRequest; readonly found: FoundText; readonly note: (rights: Rights) => void};

/** Role whose rights plan a statement, for the hints of a refusal. */
type Rights = {readonly role: string; readonly normalised: boolean};

const plan = async (session: ExplainSession, login: string, work: Work): Promise<ExplainOutcome> => {
	const {request, found} = work;
	const {analyze, accepted} = request;
	let role = request.role;
	let circumstances = await askCircumstances(session, login, role);
	let {notes} = found;
	let query: string;
	if (found.text.kind === 'refresh') {
		const view = await definitionOf(session, found.text.name, circumstances);
		({query} = view);
		notes = [...notes, view.note];
		role = view.owner;
		circumstances = await askCircumstances(session, login, role);
	} else {
		({query} = found.text);
	}
	const refusal = refusalOfText(query, analyze);
	if (refusal) throw new ConnectionError(refusal);
	const way = wayOf(circumstances);
	work.note({role: way && 'rights' in way && way.rights === 'login' ? login : role, normalised: found.normalised});
	if ('code' in way) throw new ConnectionError(way);
	const types = found.text.kind === 'query' ? found.text.types : [];
	await session.parse(prepareText(query, types));
	const risks = [...(analyze ? [executes] : []), ...way.risks];
	const explain = explainText(analyze, session.version);
	const sql = `${explainText(analyze, session.version).replace(/ execute .*/, '')} …`;
	if (risks.some(risk => !accepted.includes(risk))) return {outcome: 'risky', risks, sql};
	const result = await planIn(session, circumstances, way, {query, types, explain, accepted});
	if ('risk' in result) return {outcome: 'risky', risks: [...risks, result.risk], sql};
	const {json, path} = result;
	return {
		outcome: 'planned',
		json,
		of: {
			query,
			normalised: found.normalised,
			role,
			rights: way.rights,
			path,
			analyzed: analyze,
			tookMs: 0,
			notes: [...notes, ...result.notes],
		},
	};
};

const askCircumstances = async (session: ExplainSession, login: string, role: string): Promise<RoleCircumstances> => {
	const [row] = await session.ask(circumstancesText(session.version), [role, login]);
	return circumstancesOf(row, session.version, login, role);
};

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
