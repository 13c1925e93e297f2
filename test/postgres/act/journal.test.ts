import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createJournal} from '../../../source/adapters/act/journal.ts';
import {createSignaller} from '../../../source/adapters/act/signaller.ts';
import {live} from '../../../source/adapters/poll/poller.ts';
import {openLane} from '../../../source/adapters/session/lane.ts';
import {createDecoder, createEncoder} from '../../../source/core/recording/lines.ts';
import {parseInstant} from '../../../source/core/sample/query.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {msOf} from '../../../source/core/values/instant.ts';
import type {Server} from '../../../source/demo/server.ts';
import {logPane} from '../../../source/panes/log.ts';
import {journal} from '../../../source/queries/beside/journal.ts';
import {panesNamed, printed} from '../../../source/run/print.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, startTestServer} from '../servers.ts';

describe('a statement other than a poll', () => {
	let server: Server;
	beforeAll(async () => {
		server = await startTestServer(15);
	});
	afterAll(() => server?.remove());

	/** Runs `use` while a source with a journal watches the server, like a monitor. */
	const watching = async (
		use: (given: {
			readonly samples: readonly Sample[];
			readonly sent: ReturnType<typeof createJournal>;
			readonly lanes: {readonly activity: ReturnType<typeof openLane>; readonly rest: ReturnType<typeof openLane>};
		}) => Promise<void>,
	): Promise<void> => {
		const sent = createJournal();
		const lanes = {
			activity: openLane(targetOf(server), {readOnly: true, note: sent.note}),
			rest: openLane(targetOf(server), {readOnly: true, note: sent.note}),
		};
		await Promise.all([ready(lanes.activity), ready(lanes.rest)]);
		const samples: Sample[] = [];
		const feed = live({lanes, intervalMs: 250, queriesOf: () => [], readings: {}, sent: sent.rows})(action => {
			if (action.type === 'sample') samples.push(action.sample);
		});
		try {
			await use({samples, sent, lanes});
		} finally {
			await feed.stop();
		}
	};

	const shown = (sample: Sample | undefined): readonly Row[] => (sample ? logPane.rows(sample, []) : []);

	it('is in the log, newest first, with the time by the server clock', async () => {
		await watching(async ({samples, lanes}) => {
			await expect.poll(() => shown(samples.at(-1)).length).toBe(4);
			const rows = shown(samples.at(-1));
			expect(rows.map(row => row.number)).toEqual([4, 3, 2, 1]);
			expect(rows.map(row => row.connection).toSorted()).toEqual(
				[lanes.activity, lanes.rest].flatMap(lane => [lane.status().pid, lane.status().pid]).toSorted(),
			);
			for (const row of rows) {
				expect(row).toMatchObject({kind: 'session', target: 'our own session', outcome: 'done', sqlstate: null});
				expect(row.statement).toContain('pg_catalog.set_config(');
				const before = msOf(samples[0]?.at ?? '') - msOf(String(row.at));
				expect(before).toBeGreaterThan(0);
				// An hour off would be another time zone, a second a slow machine.
				expect(before).toBeLessThan(600_000);
			}
			expect(rows.some(row => String(row.statement).includes("'default_transaction_read_only', 'on'"))).toBe(true);
		});
	});

	it('is logged with its result if it is a signal, even a late one', async () => {
		await watching(async ({samples, sent, lanes}) => {
			const client = await connect(server);
			const {rows} = await client.query('select pid, backend_start::text from pg_stat_activity where pid = pg_backend_pid()');
			const target = {
				pid: rows[0].pid,
				backend_start: parseInstant(rows[0].backend_start),
				backend_type: 'client backend',
				query_start: null,
				usename: 'postgres',
				datname: 'postgres',
			};
			const signaller = createSignaller([lanes.activity], 'postgres', sent.note);
			await signaller.send('terminate', target);
			await expect.poll(async () => (await signaller.send('terminate', target)).outcome).toBe('gone');
			const actions = (): readonly Row[] => shown(samples.at(-1)).filter(row => row.kind === 'action');
			await expect.poll(() => actions()[0]?.outcome).toBe('not sent: it ended by itself before that');
			expect(actions().at(-1)).toMatchObject({
				outcome: 'sent',
				target: `terminate ${target.pid} (postgres@postgres) of ${target.backend_start}`,
				connection: lanes.activity.status().pid,
				statement: expect.stringContaining('pg_terminate_backend'),
				at: expect.stringMatching(/^20/),
			});
		});
	});

	it('is logged if it cancels our own query', async () => {
		const sent = createJournal();
		await using lane = laneTo(targetOf(server), {readOnly: true, note: sent.note});
		const {pid} = await ready(lane);
		const reply = await lane.run({name: 'nap', sql: 'select pg_sleep(30)', deadlineMs: 50});
		expect(reply).toMatchObject({ok: false});
		await lane.close();
		expect(sent.rows(undefined).at(-1)).toMatchObject({
			kind: 'cancel',
			connection: pid,
			statement: 'CancelRequest',
			target: 'our own nap',
			outcome: 'sent after no answer came in time',
		});
	});

	it('is recorded once', async () => {
		await watching(async ({samples}) => {
			await expect.poll(() => samples.length).toBeGreaterThan(3);
			const encode = createEncoder();
			const decode = createDecoder();
			const lines = samples.map(sample => encode(sample, 0));
			expect(lines[0]).toContain('our own session');
			for (const line of lines.slice(1)) expect(line).not.toContain('our own session');
			const replayed = lines.map(line => decode(line).sample);
			expect(shown(replayed.at(-1))).toEqual(shown(samples.at(-1)));
		});
	});

	it('is printed by --once log but not among all panes', async () => {
		expect(panesNamed(['all']).map(({id}) => id)).not.toContain('log');
		await watching(async ({samples}) => {
			await expect.poll(() => samples.length).toBeGreaterThan(1);
			const print = {format: 'json', filter: 'kind=session', sort: undefined} as const;
			const {text, partial} = printed(samples.at(-1) as Sample, samples, {...print, panes: ['log']});
			expect(partial).toBe(false);
			const {rows} = JSON.parse(text).panes.log;
			expect(rows).toHaveLength(4);
			expect(Object.keys(rows[0])).toEqual(expect.arrayContaining(['at', 'kind', 'statement', 'target', 'outcome', 'took_ms']));
			expect(Object.keys(samples.at(-1)?.results ?? {})).toContain(journal.name);
		});
	});
});
