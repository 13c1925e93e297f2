import {setTimeout as delay} from 'node:timers/promises';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createSignaller, type Signaller} from '../../../source/adapters/act/signaller.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import type {Signal} from '../../../source/core/actions/signal.ts';
import {type KnownTarget, refusalOf} from '../../../source/core/actions/target.ts';
import type {SignalResult} from '../../../source/core/state/message.ts';
import type {Server} from '../../../source/demo/server.ts';
import {rowsOf} from '../../../source/panes/reading/answers.ts';
import {signalTarget as backendOf} from '../../../source/panes/reading/target.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {startTestServer} from '../servers.ts';
import {type Watched, watch} from '../watched.ts';

const victimCount = 40;
const laneCount = 5;
// A sample about every 150 ms: these are up to four seconds old.
const staleSamples = 25;

/** A signal as its session saw it: the session, its statement, the signal by its SQLSTATE, and the time of a monotonic clock. */
type Hit = {readonly signal: Signal; readonly application: string; readonly statement: string | undefined; readonly at: number};

/** A requested signal with its target, its outcome, and the time of that. */
type Asked = {
	readonly signal: Signal;
	readonly target: KnownTarget;
	readonly outcome: SignalResult['outcome'];
	readonly at: number;
};

const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(Math.random() * from.length)];

/** Sessions that connect, run, idle, open transactions and disconnect, each with a unique name. */
const churn = (server: Server) => {
	const hits: Hit[] = [];
	let named = 0;
	let over = false;

	const session = async (): Promise<void> => {
		const application = `victim-${named++}`;
		const client = new pg.Client({
			host: server.host,
			port: server.port,
			user: 'plain',
			database: 'postgres',
			application_name: application,
		});
		let ended = false;
		let statement: string | undefined;
		const hit = (error: Error & {readonly code?: string}): void => {
			if (error.code === '57014') hits.push({signal: 'cancel', application, statement, at: performance.now()});
			// The driver reports the end of a session again for the socket, without this code.
			if (error.code === '57P01') hits.push({signal: 'terminate', application, statement, at: performance.now()});
			if (error.code !== '57014') ended = true;
		};
		client.on('error', hit).on('end', () => {
			ended = true;
		});
		await client.connect().catch(hit);
		if (ended) return;
		for (let count = 0, most = 1 + Math.random() * 12; count < most && !ended && !over; count++) {
			// Long enough that a signal often finds its statement still running.
			const sleep = `pg_sleep(${(Math.random() * 0.4).toFixed(3)})`;
			const sql = pick(['select', `select ${sleep}`, `select ${sleep}`, 'begin', `begin; select ${sleep}`, 'rollback']);
			statement = `${sql} /* ${application} ${count} */`;
			await client.query(statement).catch(hit);
			statement = undefined;
			if (Math.random() < 0.5) await delay(Math.random() * 60);
		}
		await client.end().catch(() => {});
	};
	const lives = Array.from({length: victimCount}, async () => {
		while (!over) await session();
	});
	return {
		hits,
		stop: async () => {
			over = true;
			await Promise.all(lives);
		},
	};
};

/** Number of a statement in its session, as its comment says. */
const numberOf = (statement: string): number => Number(/ (\d+) \*\/$/.exec(statement)?.[1] ?? Number.NaN);

/** Hits without a matching signal, with what was sent to the session: nothing, or for a cancel nothing to that statement. */
const strays = (hits: readonly Hit[], asked: readonly Asked[]) => {
	const meant = new Set(
		asked
			.filter(({outcome}) => outcome === 'sent' || outcome === 'unsure')
			.map(({signal, target}) => `${signal} ${target.application_name} ${signal === 'cancel' ? target.query : ''}`),
	);
	return hits
		.filter(({signal, application, statement}) => !meant.has(`${signal} ${application} ${signal === 'cancel' ? statement : ''}`))
		.map(hit => ({
			...hit,
			sent: asked
				.filter(({target}) => target.application_name === hit.application)
				.map(({signal, outcome, target, at}) => ({signal, outcome, query: target.query ?? '', at})),
		}));
};

// On a busy machine the backend that signals waits for a processor between comparing and signalling, and its target before it hears.
const mostBetween = 3;
const lateMs = 500;

/** True if a cancel was sent to a statement just before, at this moment: it arrived when that one had ended. */
const isLate = ({signal, statement, sent, at}: ReturnType<typeof strays>[number]): boolean =>
	signal === 'cancel' &&
	statement !== undefined &&
	sent.some(({signal: kind, outcome, query, at: answered}) => {
		const between = numberOf(statement) - numberOf(query);
		const isNow = Math.abs(at - answered) < lateMs;
		return kind === 'cancel' && outcome === 'sent' && between > 0 && between <= mostBetween && isNow;
	});

describe.each([13, 18] as const)('among sessions that come and go on PostgreSQL %i', version => {
	let server: Server;
	let lanes: (Lane & AsyncDisposable)[];
	let watched: Watched;

	beforeAll(async () => {
		server = await startTestServer(version, {max_connections: '120'});
		lanes = Array.from({length: laneCount}, () => laneTo(targetOf(server), {readOnly: false}));
		await Promise.all(lanes.map(lane => ready(lane)));
		watched = await watch(server, sessionsPane, 'postgres', {intervalMs: 150});
	});
	afterAll(async () => {
		await watched?.[Symbol.asyncDispose]();
		await Promise.all((lanes ?? []).map(lane => lane.close()));
		await server?.remove();
	});

	/** A session of a sample that is up to seconds old, as the screen identifies it. */
	const anyTarget = (signal: Signal): KnownTarget | undefined => {
		const {samples} = watched;
		const sample = Math.random() < 0.7 ? samples.at(-1) : pick(samples.slice(-staleSamples));
		const row = sample && pick(rowsOf(sample, sessions).filter(each => each.application_name?.startsWith('victim-')));
		const target = row && backendOf(row.pid, sample);
		return target && refusalOf(signal, target) === undefined ? (target as KnownTarget) : undefined;
	};

	/** The target with the pid of a current session: a session whose pid was reused. */
	const reused = (target: KnownTarget): KnownTarget => {
		const now = watched.samples.at(-1);
		const heir = now && pick(rowsOf(now, sessions).filter(({application_name}) => application_name?.startsWith('victim-')));
		return heir && heir.backend_start !== target.backend_start ? {...target, pid: heir.pid} : target;
	};

	/** Sends `count` signals, and more until the sessions saw `hitCount` of each kind: stale samples hit fewer. */
	const attack = async (count: number, hitCount: number, signallers: readonly Signaller[]) => {
		const churning = churn(server);
		const asked: Asked[] = [];
		let left = count;
		let isOver = false;
		const isDone = (): boolean =>
			isOver ||
			(left <= 0 &&
				(['cancel', 'terminate'] as const).every(
					signal => churning.hits.filter(hit => hit.signal === signal).length >= hitCount,
				));
		const oneLane = async ({send}: Signaller): Promise<void> => {
			while (!isDone()) {
				const signal = Math.random() < 0.6 ? 'cancel' : 'terminate';
				const found = anyTarget(signal);
				if (found === undefined) {
					await delay(1);
					continue;
				}
				left--;
				const target = Math.random() < 0.2 ? reused(found) : found;
				const {outcome} = await send(signal, target);
				asked.push({signal, target, outcome, at: performance.now()});
				// Without a pause no target would be left.
				await delay(5);
			}
		};
		try {
			await Promise.all(signallers.map(oneLane));
		} finally {
			isOver = true;
			await churning.stop();
		}
		return {asked, hits: churning.hits};
	};

	it('10,000 signals hit only their targets', async () => {
		const {asked, hits} = await attack(
			10_000,
			301,
			lanes.map(lane => createSignaller([lane], 'postgres')),
		);
		const counted = (outcome: SignalResult['outcome']): number => asked.filter(one => one.outcome === outcome).length;
		const astray = strays(hits, asked);
		expect(astray.filter(hit => !isLate(hit))).toEqual([]);
		// PostgreSQL signals a process, not a statement, microseconds after it compared query_start: nobody can do better.
		expect(astray.length).toBeLessThanOrEqual(Math.max(3, counted('sent') / 500));
		expect(asked.length).toBeGreaterThanOrEqual(10_000);
		expect(counted('sent') + counted('gone')).toBe(asked.length);
		for (const signal of ['cancel', 'terminate'] as const)
			expect(hits.filter(hit => hit.signal === signal).length).toBeGreaterThan(300);
		expect(counted('gone')).toBeGreaterThan(1000);
	}, 900_000);

	it('signals to bare pids hit other sessions, and the test detects it', async () => {
		const bare = (lane: Lane): Signaller => ({
			send: async (signal, {pid}) => {
				const sql = `select pg_${signal}_backend($1)`;
				const reply = await lane.run({name: 'bare', sql, values: [String(pid)], deadlineMs: 5000});
				return {outcome: reply.ok && reply.rows[0]?.[0] === 't' ? 'sent' : 'gone'};
			},
		});
		const {asked, hits} = await attack(500, 0, lanes.map(bare));
		expect(strays(hits, asked).length).toBeGreaterThan(10);
	});
});
