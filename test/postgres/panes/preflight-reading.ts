import {decode, type Query, type RawRow, sqlFor} from '../../../source/core/sample/query.ts';
import type {Result, Sample} from '../../../source/core/sample/sample.ts';
import type {Scopes} from '../../../source/core/sample/scope.ts';
import {parseRelationName} from '../../../source/core/values/relation-name.ts';
import {type PreflightVerdict, verdictOf} from '../../../source/panes/preflight/verdict.ts';
import {relationLocks} from '../../../source/queries/activity/relation-locks.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {lockScopes, scopeRows} from '../../../source/queries/beside/scopes.ts';
import type {Session as PgSession} from '../servers.ts';

const raw = {getTypeParser: () => (value: string) => value};

const answer = async (session: PgSession, version: number, query: Query, scopes: Scopes, at: string): Promise<Result> => {
	const {rows} = await session.query<(string | null)[]>({
		text: sqlFor(query, version * 10_000, {scopes}),
		rowMode: 'array',
		types: raw,
	} as never);
	return {ok: true, at, tookMs: 0, rows: decode(query, rows as unknown as readonly RawRow[]).rows};
};

/** The sample of a preflight, read at once over a session whose own backend is left out. */
export const preflightSample = async (session: PgSession, version: number, table: string, lock: string): Promise<Sample> => {
	const parsed = parseRelationName(table);
	if (!parsed) throw new Error(`${table} is no name.`);
	const scopes: Scopes = {preflight: {relation: {schema: parsed.schema, name: parsed.name}, lock}};
	const {rows} = await session.query<{pid: number; at: string}>(
		`select pg_backend_pid() as pid, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as at`,
	);
	const [{pid, at} = {pid: 0, at: ''}] = rows;
	return {
		seq: 0,
		at,
		own: [pid],
		results: {
			[sessions.name]: await answer(session, version, sessions, scopes, at),
			[relationLocks.name]: await answer(session, version, relationLocks, scopes, at),
			[lockScopes.name]: {ok: true, at, tookMs: 0, rows: scopeRows(scopes)},
		},
	};
};

/** The verdict of a preflight whose table and lock are known; throws for any other. */
export const checked = async (
	session: PgSession,
	version: number,
	table: string,
	lock: string,
): Promise<Extract<PreflightVerdict, {kind: 'known'}>> => {
	const verdict = verdictOf(await preflightSample(session, version, table, lock));
	if (verdict?.kind !== 'known') throw new Error(`No verdict on ${table}: ${JSON.stringify(verdict)}`);
	return verdict;
};
