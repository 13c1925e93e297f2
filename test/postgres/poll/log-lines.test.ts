import {expect, test} from 'vitest';
import {createMaintainer} from '../../../source/adapters/act/maintainer.ts';
import {createMeasurer} from '../../../source/adapters/act/measurer.ts';
import {createSignaller} from '../../../source/adapters/act/signaller.ts';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {msOf} from '../../../source/core/values/instant.ts';
import type {Server} from '../../../source/demo/server.ts';
import {registry} from '../../../source/panes/index.ts';
import {watchServer} from '../../../source/run/server.ts';
import {endsWithTest} from '../../lifetime.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {connect, type ServerVersion, withServer} from '../servers.ts';

const everything = {log_statement: 'all', log_line_prefix: '%a> ', autovacuum: 'off'};

const linesOf = (server: Server): readonly string[] => server.log().split('\n');
const ofPgtriage = (line: string): boolean => line.startsWith('pgtriage> ');
/** Second and later lines of a statement; the statements of the test have none. */
const isRest = (line: string): boolean => line.startsWith('\t');

/** Watches until there are `count` samples. */
const samplesOf = (server: Server, count: number, panes: readonly string[], eager: boolean): Promise<readonly Sample[]> =>
	new Promise(resolve => {
		const samples: Sample[] = [];
		const {source} = watchServer(targetOf(server), {intervalMs: 1000, eager, mostWaitMs: eager ? 20_000 : 500});
		const feed = source(message => {
			if (message.type !== 'sample') return;
			samples.push(message.sample);
			if (samples.length === count) resolve(samples);
		});
		endsWithTest(feed.stop);
		feed.watch(panes);
	});

test.each<ServerVersion>([13, 18])(
	'a server that logs all statements, PostgreSQL %i, gets at most ten lines a second',
	async version => {
		await withServer(
			version,
			async server => {
				// The first samples read what is read once.
				const count = 12;
				let before: readonly string[] = [];
				const listed = (): number => before.filter(line => line.includes('/* pgtriage:sessions */')).length;
				const watching = samplesOf(server, count, ['sessions'], false);
				await expect
					.poll(() => {
						before = linesOf(server);
						return listed();
					})
					.toBeGreaterThanOrEqual(4);
				const samples = await watching;
				const seconds = (msOf(samples.at(-1)?.at ?? '') - msOf(samples[listed() - 1]?.at ?? '')) / 1000;
				const lines = linesOf(server).slice(before.length - 1, -1);
				expect(lines.filter(isRest)).toEqual([]);
				expect(lines.filter(ofPgtriage).length).toBe(lines.length);
				expect(lines.length).toBeGreaterThan(1.5 * (count - listed()));
				expect(lines.length / seconds).toBeLessThanOrEqual(10);
			},
			everything,
		);
	},
);

test('every statement is one line in the log, from the login to the last action', async () => {
	await withServer(
		18,
		async server => {
			const admin = await connect(server);
			await admin.query('create table heap as select 1 as id; create extension pgstattuple; grant select on heap to plain');
			const {rows} = await admin.query<{oid: string}>("select 'heap'::regclass::oid as oid");
			const oid = Number(rows[0]?.oid);
			const from = linesOf(server).length;
			const [sample] = await samplesOf(
				server,
				1,
				registry.panes.map(({id}) => id),
				true,
			);
			expect(Object.keys(sample?.results ?? {}).length).toBeGreaterThan(35);
			const target = targetOf(server);
			const relation = {database: 'postgres', oid, kind: 'table', name: 'heap'} as const;
			for (const maintenance of ['vacuum', 'reindex'] as const)
				expect(await createMaintainer(target).begin(maintenance, relation, () => {}).ended).toMatchObject({outcome: 'done'});
			const measurer = createMeasurer(target);
			const at = '2026-11-22T14:30:00.000000+00:00';
			await measurer.toggle({relid: oid, schema: 'public', name: 'heap', running: false}, at);
			expect(measurer.rows({results: {}} as never)).toMatchObject([{state: 'done'}]);
			await using lane = laneTo(target, {readOnly: false});
			await ready(lane);
			const signaller = createSignaller([lane], 'postgres');
			for (const signal of ['cancel', 'terminate'] as const)
				await signaller.send(signal, {pid: 1, backend_start: at, backend_type: 'client backend', query_start: at});
			for (const role of ['plain', 'postgres']) {
				const request = {
					pid: 1,
					database: 'postgres',
					role,
					query: 'select * from heap',
					truncated: false,
					queryId: null,
					analyze: false,
					accepted: [],
				};
				const first = await createExplainer(target).explain(request, new AbortController().signal);
				if (first.outcome !== 'risky') continue;
				const again = {...request, accepted: first.risks};
				expect(await createExplainer(target).explain(again, new AbortController().signal)).toMatchObject({outcome: 'planned'});
			}
			const lines = linesOf(server).slice(from);
			for (const sent of ['sessions', 'vacuum', 'reindex', 'measure', 'terminate', 'explain'])
				expect(lines.some(line => line.includes(`/* pgtriage:${sent} */`))).toBe(true);
			expect(lines.filter(isRest)).toEqual([]);
		},
		everything,
	);
});
