import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Server} from '../../../source/demo/server.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {rights} from '../../../source/queries/server/roles.ts';
import {collectHead} from '../../../source/report/head.ts';
import {connect, type ServerVersion, startTestServer, withServer} from '../servers.ts';
import {watch} from '../watched.ts';

/** The statement that shows a role what is hidden from it; undefined if nothing is. */
const adviceFor = async (server: Server, user: string): Promise<string | undefined> => {
	await using seen = await watch(server, sessionsPane, user);
	const sample = await seen.until('the rights', (_, each) => each.results[rights.name]?.ok === true);
	return sessionsPane.hidden(sample)?.hint;
};

type Case = readonly [what: string, grants: readonly string[], advice: string];

// ROLE and TEAM are roles of the case.
const before16: readonly Case[] = [
	['a stranger', [], 'GRANT pg_monitor TO ROLE'],
	['a role that does not inherit', ['alter role ROLE noinherit'], 'ALTER ROLE ROLE INHERIT; GRANT pg_monitor TO ROLE'],
	['a member that does not inherit', ['alter role ROLE noinherit', 'grant pg_monitor to ROLE'], 'ALTER ROLE ROLE INHERIT'],
	[
		'a member through a role that does not inherit',
		['create role TEAM noinherit', 'grant pg_monitor to TEAM', 'grant TEAM to ROLE'],
		'GRANT pg_monitor TO ROLE',
	],
];

const since16: readonly Case[] = [
	['a stranger', [], 'GRANT pg_monitor TO ROLE'],
	['a role that does not inherit', ['alter role ROLE noinherit'], 'GRANT pg_monitor TO ROLE WITH INHERIT TRUE'],
	[
		'a member that does not inherit',
		['grant pg_monitor to ROLE with inherit false'],
		'GRANT pg_monitor TO ROLE WITH INHERIT TRUE',
	],
	[
		'a member through a role that does not inherit',
		['create role TEAM', 'grant pg_monitor to TEAM with inherit false', 'grant TEAM to ROLE'],
		'GRANT pg_monitor TO ROLE WITH INHERIT TRUE',
	],
];

describe.each<ServerVersion>([13, 15, 16, 18])('PostgreSQL %i', version => {
	let server: Server;
	let roles = 0;
	beforeAll(async () => {
		server = await startTestServer(version);
	});
	afterAll(() => server?.remove());

	test.each(version < 16 ? before16 : since16)('%s is advised a statement that shows everything', async (_, grants, advice) => {
		const role = `watcher${roles++}`;
		const withNames = (sql: string): string => sql.replaceAll(/(?<!ALTER )ROLE/g, role).replaceAll('TEAM', `team_of_${role}`);
		const admin = await connect(server);
		for (const sql of ['create role ROLE login', ...grants]) await admin.query(withNames(sql));
		// Until 14 a member sees all sessions, inherited or not.
		const isHidden = version >= 15 || !grants.some(sql => sql.startsWith('grant pg_monitor'));
		expect(await adviceFor(server, role)).toBe(isHidden ? withNames(advice) : undefined);
		await admin.query(withNames(advice));
		expect(await adviceFor(server, role)).toBeUndefined();
	});
});

test('a report counts the sessions that are hidden, not those that just log in', async () => {
	await withServer(18, async server => {
		await connect(server, {user: 'monitor'});
		await using seen = await watch(server, sessionsPane, 'plain');
		const masked = await seen.until('rows', rows => rows.length > 0);
		const whole = {
			...masked,
			results: {
				...masked.results,
				// A backend that has not reported itself yet has no state, for a superuser too.
				sessions: {
					...masked.results.sessions,
					rows: [{pid: 1, datid: 1, usesysid: 1, backend_type: 'client backend', state: null, query: ''}],
				},
			},
		} as unknown as typeof masked;
		const hiddenIn = (sample: typeof masked): number => {
			const head = collectHead();
			head.addStep({sample, past: [sample]} as never);
			return head.result(0, false).head.hidden_sessions;
		};
		expect(hiddenIn(masked)).toBeGreaterThan(0);
		expect(hiddenIn(whole)).toBe(0);
	});
});
