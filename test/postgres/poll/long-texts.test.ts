import {afterAll, beforeAll, expect, it} from 'vitest';
import {live} from '../../../source/adapters/poll/poller.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import {sqlFor} from '../../../source/core/sample/query.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import type {SourceMessage} from '../../../source/core/state/message.ts';
import type {Server} from '../../../source/demo/server.ts';
import {type Session, sessions} from '../../../source/queries/activity/sessions.ts';
import {look} from '../../../source/queries/activity/waits.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';

// Some tenths of a second to list: slow, and on a busy machine still far below the deadline of the list.
const talkers = 12;
const textBytes = 900_000;
const fastMs = 20;

let server: Server;
beforeAll(async () => {
	server = await startTestServer(15, {track_activity_query_size: '1MB', log_temp_files: '0'});
});
afterAll(() => server?.remove());

/** Sessions whose last statements are long. */
const talk = async (count: number): Promise<void> => {
	const long = `select 1 as seen /* ${'x'.repeat(textBytes)} */`;
	for (let index = 0; index < count; index++) await (await connect(server, {applicationName: 'talker'})).query(long);
};

it('sessions with 900 kB of text slow polling down to a tenth of the server time and the header shows the pace', async () => {
	await talk(talkers);
	await using activity = laneTo(targetOf(server));
	await using rest = laneTo(targetOf(server));
	await Promise.all([ready(activity), ready(rest)]);
	const samples: {readonly sample: Sample; readonly at: number}[] = [];
	const links: (Extract<SourceMessage, {type: 'link'}> & {readonly at: number})[] = [];
	const feed = live({lanes: {activity, rest}, intervalMs: 250, queriesOf: () => [], readings: {}})(action => {
		if (action.type === 'sample') samples.push({sample: action.sample, at: performance.now()});
		else links.push({...action, at: performance.now()});
	});
	endsWithTest(feed.stop);
	await expect.poll(() => links.at(-1)?.link.pace).toBeDefined();
	const count = samples.length;
	await expect.poll(() => samples.length).toBeGreaterThan(count + 2);
	await feed.stop();
	const {sample} = samples.at(-1) ?? expect.fail();
	const answer = sample.results[sessions.name];
	if (!answer?.ok) return expect.fail();
	const found = (answer.rows as readonly Session[]).filter(row => row.application_name === 'talker');
	expect(found).toHaveLength(talkers);
	for (const row of found) {
		expect(row.query_bytes).toBe(textBytes + 'select 1 as seen /*  */'.length);
		expect(row.query_head).toHaveLength(4096);
	}
	const [before = 0, last = 0] = samples.slice(-2).map(({at}) => at);
	// The pause between two samples follows from what was known when it began.
	const {costMs = 0, everyMs = 0} = links.findLast(({at}) => at <= before)?.link.pace ?? {};
	expect(everyMs).toBeGreaterThan(250);
	expect(last - before).toBeGreaterThan(6 * Math.min(costMs, 1000));
});

it('texts of 9 MB become temporary files of other sessions and not of pgtriage', async () => {
	await talk(10);
	await using lane = laneTo(targetOf(server));
	for (const query of [sessions, look])
		expect(await lane.run({name: query.name, sql: sqlFor(query, 150_000), deadlineMs: 30_000})).toMatchObject({ok: true});
	expect(server.log()).not.toContain('temporary file');
	await (await connect(server)).query('select from pg_stat_get_activity(null)');
	expect(server.log()).toContain('temporary file');
});

it('polling keeps its interval on a fast server', async () => {
	await using activity = laneTo(targetOf(server));
	await using rest = laneTo(targetOf(server));
	await Promise.all([ready(activity), ready(rest)]);
	// Fast on a busy machine too, where the clock of the server counts the time in which it may not run.
	const fast: Lane = {
		...activity,
		run: async request => {
			const reply = await activity.run(request);
			return reply.ok ? {...reply, serverMs: Math.min(reply.serverMs ?? fastMs, fastMs)} : reply;
		},
	};
	let samples = 0;
	const paces: unknown[] = [];
	const feed = live({lanes: {activity: fast, rest}, intervalMs: 250, queriesOf: () => [], readings: {}})(action => {
		if (action.type === 'sample') samples++;
		else if (action.link.pace) paces.push(action.link.pace);
	});
	endsWithTest(feed.stop);
	await expect.poll(() => samples).toBeGreaterThan(6);
	await feed.stop();
	expect(paces).toEqual([]);
});
