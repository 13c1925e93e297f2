import {expect, it} from 'vitest';
import type {Finding} from '../../../source/core/pane/finding.ts';
import type {Server} from '../../../source/demo/server.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {facts} from '../../../source/queries/server/server.ts';
import {connect, type ServerVersion, withServer} from '../servers.ts';
import {isComplete, watch} from '../watched.ts';
import {triage} from './triage.ts';

/** What triage says of crashes of a server, to one who connects now. */
const crashesOf = async (server: Server): Promise<readonly Finding[]> => {
	await using watched = await watch(server, sessionsPane);
	const sample = await watched.until(
		'the sessions and the facts',
		(_, each) => isComplete(sessionsPane, each) && each.results[facts.name]?.ok === true,
	);
	return triage(sample, watched.samples).filter(({rule}) => rule === 'server-crashed');
};

it.each<ServerVersion>([13, 14, 18])('a crash of PostgreSQL %i is named after it, a restart is not', async version => {
	await withServer(version, async server => {
		const admin = await connect(server);
		await expect
			.poll(
				async () => (await admin.query("select from pg_postmaster_start_time() as t where now() > t + interval '4 s'")).rowCount,
			)
			.toBe(1);
		expect(await crashesOf(server)).toEqual([]);
		const {rows} = await admin.query<{pid: number}>('select pg_backend_pid() as pid');
		process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
		// It does not recover before all of its processes have ended.
		const back = async (): Promise<string> =>
			connect(server).then(
				() => 'back',
				() => 'away',
			);
		await expect.poll(() => server.log()).toMatch(/terminated by signal 9/);
		await expect.poll(back).toBe('back');
		expect(await crashesOf(server)).toMatchObject([{severity: 'warning', ongoing: false}]);
		await server.restart();
		expect(await crashesOf(server)).toEqual([]);
	});
});
