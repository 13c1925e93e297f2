import type {RequestListener} from 'node:http';
import {describe, expect, it} from 'vitest';
import {ConnectionError} from '../../../source/adapters/connect/failures.ts';
import {createPatroni, type Patroni} from '../../../source/adapters/patroni/patroni.ts';
import type {Failure, Row} from '../../../source/core/sample/sample.ts';
import {endsWithTest} from '../../lifetime.ts';
import {answering, memberJson, type RestServer, startRest, statusJson} from './rest-server.ts';

const now = '2026-11-30T01:10:00.000000+00:00';
const patientMs = 20_000;

const patroniAt = (url: string, mostWaitMs = patientMs): Patroni => {
	const patroni = createPatroni(url, {mostWaitMs, connection: () => ({host: '10.0.0.1', port: 5432})});
	endsWithTest(patroni.stop);
	return patroni;
};

const failureOf = async (rows: Promise<readonly Row[] | undefined>): Promise<Failure> => {
	try {
		return expect.fail(`It answered ${JSON.stringify(await rows)}.`);
	} catch (error) {
		if (error instanceof ConnectionError) return error.failure;
		throw error;
	}
};

const cluster = {members: [memberJson('member_a', {role: 'leader'}), memberJson('member_b', {host: '10.0.0.2', lag: 5})]};
const calm = (): Readonly<Record<string, unknown>> => ({'/cluster': cluster, '/patroni': statusJson(), '/history': []});

describe('a cluster of Patroni', () => {
	it('is read from one member, its list and its own state', async () => {
		const {url, asked} = await startRest(answering(calm));
		const patroni = patroniAt(url);
		expect(await patroni.members(now)).toMatchObject([
			{name: 'member_a', role: 'leader', lag_bytes: null, connected: true},
			{name: 'member_b', role: 'replica', lag_bytes: 5, connected: null},
		]);
		expect(await patroni.cluster(now)).toMatchObject([
			{
				asked: url,
				scope: 'shop',
				answered_at: now,
				members: 2,
				paused: false,
				unlocked: false,
				dcs_seen: '2026-11-30T01:06:11.000000+00:00',
			},
		]);
		expect(asked.toSorted()).toEqual(['GET /cluster', 'GET /history', 'GET /patroni']);
	});

	it('is not asked again within seconds, however often its rows are wanted', async () => {
		const {url, asked} = await startRest(answering(calm));
		const patroni = patroniAt(url);
		for (let times = 0; times < 20; times++) await Promise.all([patroni.cluster(now), patroni.members(now)]);
		expect(asked).toHaveLength(3);
	});

	it('is read from the next member if one dies', async () => {
		const second = await startRest(answering(() => ({...calm(), '/cluster': listOf(second)})));
		const first = await startRest(answering(() => ({...calm(), '/cluster': listOf(second)})));
		const listOf = ({url}: RestServer) => ({members: [memberJson('a'), memberJson('b', {api_url: `${url}/patroni`})]});
		await using clock = fakeRests();
		const patroni = patroniAt(first.url);
		expect((await patroni.cluster(now))?.[0]).toMatchObject({asked: first.url});
		await first.close();
		clock.rested();
		expect((await patroni.cluster(now))?.[0]).toMatchObject({asked: second.url, member: 'b'});
	});

	it('is known in part if a member that lost its store cannot list the others', async () => {
		const {url} = await startRest(({url: path}, response) => {
			if (path === '/patroni') response.end(JSON.stringify(statusJson({cluster_unlocked: true})));
			else response.destroy();
		});
		const patroni = patroniAt(url);
		expect(await patroni.cluster(now)).toMatchObject([{members: null, unlocked: true}]);
		expect(await failureOf(patroni.members(now))).toMatchObject({code: 'ECONNRESET'});
	});
});

/** Lets the rest between two rounds pass at once. */
const fakeRests = () => {
	const real = performance.now.bind(performance);
	let ahead = 0;
	performance.now = () => real() + ahead;
	return {
		rested: () => {
			ahead += 5001;
		},
		[Symbol.asyncDispose]: async () => {
			performance.now = real;
		},
	};
};

const never: RequestListener = () => {};

const dripping: RequestListener = (_, response) => {
	response.writeHead(200);
	const timer = setInterval(() => response.write(' '), 50);
	response.once('close', () => clearInterval(timer));
};

const huge: RequestListener = (_, response) => {
	response.writeHead(200);
	const more = (): void => {
		while (!response.destroyed && response.write('x'.repeat(65_536)));
		if (!response.destroyed) response.once('drain', more);
	};
	more();
};

const redirecting =
	(to: string): RequestListener =>
	(_, response) => {
		response.writeHead(302, {location: to});
		response.end();
	};

describe('a REST server that is not as it should be', () => {
	it.each<[string, RequestListener, string, RegExp]>([
		['never answers', never, 'deadline', /did not answer within 2 s/],
		['sends a byte now and then', dripping, 'deadline', /did not answer within 2 s/],
		['sends without end', huge, 'too_large', /sends more than 1 MB/],
		['sends a page', (_, response) => void response.end('<html>'), 'not_json', /does not send JSON/],
		['sends other JSON', (_, response) => void response.end('{"members": {"a": 1}}'), 'not_patroni', /no list of members/],
		['fails', (_, response) => void response.writeHead(503).end('{}'), 'status', /answers with HTTP 503/],
		['hangs up', (_, response) => void response.destroy(), 'ECONNRESET', /closed the connection/],
	])('%s is a sentence', async (_, answer, code, sentence) => {
		const {url} = await startRest(answer);
		const failure = await failureOf(patroniAt(url).cluster(now));
		expect(failure).toMatchObject({code, message: expect.stringMatching(sentence)});
	});

	it('redirects to a place that is never asked', async () => {
		const elsewhere = await startRest(answering(calm));
		const {url} = await startRest(redirecting(`${elsewhere.url}/cluster`));
		const failure = await failureOf(patroniAt(url).cluster(now));
		expect(failure).toMatchObject({code: 'redirect', message: expect.stringContaining('which is not followed')});
		expect(elsewhere.asked).toEqual([]);
	});

	it('does not listen', async () => {
		const server = await startRest(never);
		await server.close();
		const failure = await failureOf(patroniAt(server.url).cluster(now));
		expect(failure).toMatchObject({code: 'ECONNREFUSED', message: `Patroni at ${server.url} refuses connections.`});
	});

	it('hangs and delays nobody: the answer is that nothing is known yet', async () => {
		const {url} = await startRest(never);
		// The request fails after two seconds: an answer without a failure came before.
		expect(await patroniAt(url, 100).cluster(now)).toBeUndefined();
	});

	it('lists other places, of which only fixed paths by http and https are asked', async () => {
		const victim = await startRest(answering(() => ({})));
		let isDown = false;
		const liar = await startRest((request, response) => {
			if (isDown) response.destroy();
			else
				answering(() => ({
					...calm(),
					'/cluster': {
						members: [
							memberJson('a', {api_url: 'file:///etc/passwd'}),
							memberJson('b', {api_url: 'gopher://127.0.0.1:1/x'}),
							memberJson('c', {api_url: `http://user:password@127.0.0.1:${victim.port}/patroni`}),
							memberJson('d', {api_url: `${victim.url}/shutdown?now=1#x`}),
							memberJson('e', {api_url: 7}),
						],
					},
				}))(request, response);
		});
		await using clock = fakeRests();
		const patroni = patroniAt(liar.url);
		await patroni.cluster(now);
		isDown = true;
		clock.rested();
		const failure = await failureOf(patroni.cluster(now));
		expect(failure.message).toMatch(/closed the connection.*Another member did not answer either/);
		expect(victim.asked.toSorted()).toEqual(['GET /cluster', 'GET /patroni']);
	});
});
