import {readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {expect, it} from 'vitest';
import {live} from '../../../source/adapters/poll/poller.ts';
import type {Lane} from '../../../source/adapters/session/lane.ts';
import type {Query} from '../../../source/core/sample/query.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {sessionLocks} from '../../../source/queries/activity/held-locks.ts';
import {waitSamples} from '../../../source/queries/activity/waits.ts';
import {background} from '../../../source/queries/background.ts';
import {host} from '../../../source/queries/beside/host.ts';
import {heart, questions, type Readings} from '../../../source/queries/plan.ts';
import {archiver} from '../../../source/queries/replication/wal.ts';
import {tableColumns} from '../../../source/queries/storage/table-columns.ts';
import {tableIndexes} from '../../../source/queries/storage/table-indexes.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {startProxy} from '../proxy.ts';
import {withServer} from '../servers.ts';

/** A lane that answers once it is opened. */
const answering = (lane: Lane, opened: () => Promise<unknown>): Lane => ({
	...lane,
	run: async request => {
		await opened();
		return lane.run(request);
	},
});

/** The first sample of a server that answers late, except the sessions: after the sample, or after a while if the sample waits. */
const firstSample = (mostWaitMs: number | undefined, queries: readonly Query[] = []): Promise<Sample> =>
	withServer(15, async server => {
		await using activity = laneTo(targetOf(server));
		await using rest = laneTo(targetOf(server));
		await Promise.all([ready(activity), ready(rest)]);
		const {promise, resolve} = Promise.withResolvers<Sample>();
		const lanes = {activity, rest: answering(rest, () => (mostWaitMs === undefined ? promise : delay(120)))};
		const feed = live({
			lanes,
			intervalMs: 1000,
			queriesOf: () => queries,
			readings: {},
			...(mostWaitMs !== undefined && {mostWaitMs}),
		})(action => {
			if (action.type === 'sample') resolve(action.sample);
		});
		endsWithTest(feed.stop);
		feed.watch(['first']);
		const sample = await promise;
		await feed.stop();
		return sample;
	});

// The list of sessions also counts as a look at waits; readings do not wait for the server.
const first = [heart, waitSamples, ...background.filter(({ladder}) => ladder.length === 0)].map(({name}) => name).toSorted();
const all = [heart, waitSamples, ...questions([], background).map(({query}) => query)]
	// Nobody's details are shown.
	.filter(query => query !== sessionLocks)
	.map(({name}) => name)
	.toSorted();

it('a first screen does not wait for slow answers', async () => {
	expect(Object.keys((await firstSample(undefined)).results).toSorted()).toEqual(first);
});

it('a first screen of the sessions waits only for them', async () => {
	expect(Object.keys((await firstSample(undefined, [heart])).results).toSorted()).toEqual(
		[heart, waitSamples].map(({name}) => name),
	);
});

it('a sample for printing waits for every answer', async () => {
	expect(Object.keys((await firstSample(120_000)).results).toSorted()).toEqual(all);
});

it('the first answers over a slow link do not count its time as the time of the server', () =>
	withServer(15, async server => {
		await using proxy = await startProxy(`${server.host}/.s.PGSQL.${server.port}`);
		const roundTripMs = 80;
		proxy.set('pass', {delayMs: roundTripMs / 2});
		const target = targetOf(proxy, {sslmode: 'disable'});
		const {promise, resolve} = Promise.withResolvers<Sample>();
		const feed = live({
			lanes: {activity: laneTo(target), rest: laneTo(target)},
			intervalMs: 1000,
			queriesOf: () => [heart],
			readings: {},
			mostWaitMs: 120_000,
		})(action => {
			if (action.type === 'sample') resolve(action.sample);
		});
		endsWithTest(feed.stop);
		feed.watch(['first']);
		const answers = Object.entries((await promise).results).flatMap(([name, result]) => (result.ok ? [{name, ...result}] : []));
		const sent = answers.filter(({tookMs}) => tookMs >= roundTripMs);
		expect(sent.length).toBeGreaterThan(5);
		for (const {name, serverMs, tookMs} of sent) expect(tookMs - (serverMs ?? tookMs), name).toBeGreaterThan(roundTripMs / 2);
	}));

/** The poller on a server whose answers, except the sessions, come after `opened`. */
const watching = async (
	use: (watched: {
		readonly feed: ReturnType<ReturnType<typeof live>>;
		readonly samples: readonly Sample[];
		readonly asked: readonly string[];
	}) => Promise<void>,
	{
		intervalMs,
		opened = async () => {},
		queriesOf,
		readings = {},
	}: {
		readonly intervalMs: number;
		/** Resolves when the answers, except the sessions, may come. */
		readonly opened?: () => Promise<unknown>;
		readonly queriesOf: (pane: string) => readonly Query[];
		readonly readings?: Readings;
	},
): Promise<void> =>
	withServer(15, async server => {
		await using activity = laneTo(targetOf(server));
		await using rest = laneTo(targetOf(server));
		await Promise.all([ready(activity), ready(rest)]);
		const samples: Sample[] = [];
		const asked: string[] = [];
		const slow = answering(rest, opened);
		const noted: Lane = {
			...slow,
			run: request => {
				asked.push(request.name);
				return slow.run(request);
			},
		};
		const feed = live({lanes: {activity, rest: noted}, intervalMs, queriesOf, readings})(action => {
			if (action.type === 'sample') samples.push(action.sample);
		});
		try {
			await use({feed, samples, asked});
		} finally {
			await feed.stop();
		}
	});

const archiving = archiver;
const hosts = host;

it('a pane opened during a round is read right after it, whatever the interval', () =>
	watching(
		async ({feed, asked}) => {
			await expect.poll(() => asked).toContain('facts');
			feed.watch(['replication']);
			await expect.poll(() => asked).toContain(archiver.name);
		},
		{intervalMs: 600_000, opened: () => delay(250), queriesOf: () => [archiving]},
	));

it('answers awaited by several ticks make one more sample', () => {
	const {promise, resolve} = Promise.withResolvers<void>();
	return watching(
		async ({feed, samples}) => {
			const times = (): readonly string[] => samples.map(({at}) => at);
			const ticks = (): number => new Set(times()).size;
			feed.watch(['replication']);
			// Right behind a tick: what comes with the next one is in the sample of that.
			await expect.poll(ticks, {interval: 5}).toBe(4);
			expect(samples.at(-1)?.results[archiver.name]).toBeUndefined();
			resolve();
			await expect.poll(() => samples.some(({results}) => results[archiver.name])).toBe(true);
			await expect.poll(ticks).toBe(6);
			const again = times().filter((at, index) => at === times()[index - 1]);
			expect(again).toHaveLength(1);
			expect(times()).toEqual(times().toSorted());
			expect(samples.map(({seq}) => seq)).toEqual(samples.map((_, index) => index));
		},
		{intervalMs: 1500, opened: () => promise, queriesOf: () => [archiving]},
	);
});

it('an operating system error fails only the reading of the host', () =>
	watching(
		async ({feed, samples}) => {
			feed.watch(['databases']);
			await expect.poll(() => samples.at(-1)?.results[host.name]).toMatchObject({ok: false, error: {code: 'ENOENT'}});
			await expect.poll(() => samples.at(-1)?.results[archiver.name]).toMatchObject({ok: true});
		},
		{
			intervalMs: 250,
			queriesOf: () => [hosts, archiving],
			readings: {[host.name]: async () => [{text: await readFile('/nowhere/at/all', 'utf8')}]},
		},
	));

it('a five-minute query is retried soon if cancelled but not if refused', () =>
	withServer(15, async server => {
		await using activity = laneTo(targetOf(server));
		await using rest = laneTo(targetOf(server));
		await Promise.all([ready(activity), ready(rest)]);
		const asked: string[] = [];
		const failing: Lane = {
			...rest,
			run: async request => {
				asked.push(request.name);
				const sql = request.name === 'table_columns' ? cancelled : request.name === 'table_indexes' ? refused : request.sql;
				return rest.run({...request, sql});
			},
		};
		const feed = live({
			lanes: {activity, rest: failing},
			intervalMs: 250,
			queriesOf: () => [tableColumns, tableIndexes].map(query => query),
			readings: {},
		})(() => {});
		const times = (name: string): number => asked.filter(each => each === name).length;
		try {
			feed.watch(['bloat']);
			await expect.poll(() => times('table_columns')).toBe(2);
			// Once as it is, and once without the fields that may be left out.
			expect(times('table_indexes')).toBe(2);
		} finally {
			await feed.stop();
		}
	}));

const cancelled = "do $$ begin raise exception using errcode = '57014'; end $$";
const refused = "do $$ begin raise exception using errcode = '42501'; end $$";
