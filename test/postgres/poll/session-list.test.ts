import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createSessionList} from '../../../source/adapters/poll/session-list.ts';
import type {Reply, Request} from '../../../source/adapters/session/answering.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import {versionOf} from '../../../source/adapters/session/lanes.ts';
import {type RawRow, sqlFor} from '../../../source/core/sample/query.ts';
import type {Server} from '../../../source/demo/server.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, type Session, startTestServer} from '../servers.ts';

const names = Object.keys(sessions.fields);
const pidAt = names.indexOf('pid');
const appAt = names.indexOf('application_name');
const typeAt = names.indexOf('backend_type');
const waits = [names.indexOf('wait_event_type'), names.indexOf('wait_event')];
const request: Omit<Request, 'sql'> = {name: sessions.name, deadlineMs: 10_000};

const rowsOf = (reply: Reply | undefined): readonly RawRow[] => (reply?.ok ? reply.rows : expect.fail(JSON.stringify(reply)));

/** A number below `most` that depends on a step alone, so that a failure can be repeated. */
const pick = (step: number, most: number): number => Math.abs(Math.imul(step + 1, 2_654_435_761) >> 7) % most;

/** What an application may do between two answers. */
const acts: readonly ((session: Session, step: number) => Promise<unknown>)[] = [
	session => session.query('select 1'),
	session => session.query('begin'),
	session => session.query('commit'),
	(session, step) => session.query(`set application_name = 'app ${step}; ,{}"'`),
	session => session.query('select pg_current_xact_id_if_assigned(), txid_current()'),
	session => session.query(`select '${'x'.repeat(20_000)}'`),
	(session, step) => session.query(`set statement_timeout = ${step + 1}`),
];

describe.each([14, 18] as const)('on PostgreSQL %i the list of sessions', version => {
	let server: Server;
	const number = version * 10_000;
	const whole = sqlFor(sessions, number);
	beforeAll(async () => {
		server = await startTestServer(version, {track_activity_query_size: '40000'});
	});
	afterAll(() => server?.remove());

	const wholeOf = async (lane: Lane): Promise<readonly RawRow[]> => rowsOf(await lane.run({...request, sql: whole}));

	/** The answer of changes and the whole list of the same moment: a transaction sees the sessions as they were at its first look. */
	const both = async (lane: Lane, ask: () => Promise<Reply | undefined>): Promise<{list: RawRow[]; real: RawRow[]}> => {
		await lane.run({...request, sql: 'begin'});
		const before = await wholeOf(lane);
		const reply = await ask();
		const after = await wholeOf(lane);
		await lane.run({...request, sql: 'commit'});
		// A wait event alone is read at the moment of the question.
		const earlier = new Map(before.map(cells => [cells[pidAt], cells]));
		const real = new Map(after.map(cells => [cells[pidAt], cells]));
		const list = rowsOf(reply).map(cells => {
			const [then, now] = [earlier.get(cells[pidAt] ?? null), real.get(cells[pidAt] ?? null)];
			const seen = waits.map(place => cells[place]);
			const isEither = [then, now].some(each => waits.every((place, index) => each?.[place] === seen[index]));
			const isBackground = cells[typeAt] !== 'client backend';
			return isEither || isBackground
				? cells.map((cell, place) => (waits.includes(place) ? (now?.[place] ?? null) : cell))
				: [...cells];
		});
		const byPid = (a: RawRow, b: RawRow): number => Number(a[pidAt]) - Number(b[pidAt]);
		return {list: list.sort(byPid), real: [...real.values()].map(cells => [...cells]).sort(byPid)};
	};

	it('of changes is the whole one, whatever the sessions do', async () => {
		const lane = laneTo(targetOf(server));
		await ready(lane);
		const list = createSessionList();
		const clients = await Promise.all(Array.from({length: 8}, (_, place) => connect(server, {applicationName: `app ${place}`})));
		let fewest = Number.POSITIVE_INFINITY;
		for (let step = 0; step < 60; step++) {
			const place = pick(step, clients.length);
			const client = clients[place] as Session;
			if (step % 9 === 8) {
				await client.end();
				clients[place] = await connect(server, {applicationName: `app ${place}`});
			} else await acts[pick(step * 3, acts.length)]?.(client, step).catch(() => {});
			let sent = 0;
			const counted: Lane = {
				...lane,
				run: async each => {
					const reply = await lane.run(each);
					sent = rowsOf(reply).length;
					return reply;
				},
			};
			const {list: rows, real} = await both(lane, () => list.ask(counted, number));
			expect(rows, `step ${step}`).toEqual(real);
			fewest = Math.min(fewest, sent);
		}
		// Our own row, and that of one client.
		expect(fewest).toBeLessThanOrEqual(2);
		for (const client of clients) await client.end();
	});

	it('is whole again after an answer that did not arrive, and after another list over the same connection', async () => {
		const lane = laneTo(targetOf(server));
		await ready(lane);
		const client = await connect(server, {applicationName: 'one'});
		const list = createSessionList();
		const other = createSessionList();
		await both(lane, () => list.ask(lane, number));
		const lost: Lane = {
			...lane,
			run: async each => {
				await lane.run(each);
				return {ok: false, at: undefined, tookMs: 0, error: {code: 'deadline', message: 'Late.'}};
			},
		};
		await client.query("set application_name = 'two'");
		expect(await list.ask(lost, number)).toMatchObject({ok: false});
		const again = await both(lane, () => list.ask(lane, number));
		expect(again.list).toEqual(again.real);
		await both(lane, () => other.ask(lane, number));
		await client.query("set application_name = 'three'");
		for (const each of [list, other, list]) {
			const {list: rows, real} = await both(lane, () => each.ask(lane, number));
			expect(rows).toEqual(real);
		}
		await client.end();
	});

	it('is asked for whole where the server refuses the setting, in a new session, and while most sessions change', async () => {
		const lane = laneTo(targetOf(server));
		await ready(lane);
		const refusing: Lane = {
			...lane,
			run: async each => lane.run({...each, sql: each.sql.replace('pg_catalog.set_config', 'pg_catalog.no_such_function')}),
		};
		const refused = createSessionList();
		for (let times = 0; times < 3; times++) expect(await refused.ask(refusing, number)).toBeUndefined();
		const clients = await Promise.all(Array.from({length: 30}, () => connect(server)));
		const busy = createSessionList();
		const answers: boolean[] = [];
		for (let times = 0; times < 15; times++) {
			await Promise.all(clients.map(client => client.query('select 1')));
			answers.push((await busy.ask(lane, number)) !== undefined);
		}
		// All, the changes, then whole ten times.
		expect(answers.map(Number).join('')).toBe('110000000000110');
		for (const client of clients) await client.end();
	});

	it('has all rows over another connection, which may be that of a role without rights', async () => {
		const lanes = [laneTo(targetOf(server)), laneTo(targetOf(server, {user: 'plain'}))];
		for (const lane of lanes) await ready(lane);
		const list = createSessionList();
		for (const lane of [...lanes, ...lanes]) {
			const {list: rows, real} = await both(lane, () => list.ask(lane, number));
			expect(rows).toEqual(real);
		}
	});

	it('can be asked for before anyone wants it, as soon as the lane has logged in', async () => {
		const lane = laneTo(targetOf(server));
		let questions = 0;
		let answers = 0;
		const counted: Lane = {
			...lane,
			run: async each => {
				questions++;
				const reply = await lane.run(each);
				answers++;
				return reply;
			},
		};
		const list = createSessionList();
		list.begin(counted);
		await ready(lane);
		await expect.poll(() => answers).toBe(1);
		const client = await connect(server, {applicationName: 'later'});
		const names = (reply: Reply | undefined) => rowsOf(reply).map(cells => cells[appAt]);
		expect(names(await list.ask(counted, number))).not.toContain('later');
		expect(questions).toBe(1);
		expect(names(await list.ask(counted, number))).toContain('later');
		expect(questions).toBe(2);
		await client.end();
	});

	it('is remembered by a new session, also if it was asked for while the lane logged in', async () => {
		const lane = laneTo(targetOf(server));
		const {pid} = await ready(lane);
		const list = createSessionList();
		const relisted = new Promise<Reply | undefined>(resolve => {
			lane.onStatus(({state, generation}) => {
				if (state === 'connecting' && generation === 1) resolve(versionOf(lane).then(version => list.ask(lane, version)));
			});
		});
		const admin = await connect(server);
		await admin.query('select pg_terminate_backend($1)', [pid]);
		expect(rowsOf(await relisted).length).toBeGreaterThan(1);
		await admin.end();
	});

	it('is asked for whole from an old server and from behind a pooler', async () => {
		const lane = laneTo(targetOf(server));
		const {pid: _, ...status} = await ready(lane);
		const pooled = createSessionList();
		const old = createSessionList();
		for (let times = 0; times < 3; times++) {
			expect(await pooled.ask({...lane, status: () => status}, number)).toBeUndefined();
			expect(await old.ask(lane, 130_023)).toBeUndefined();
		}
	});
});
