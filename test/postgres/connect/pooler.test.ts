import {expect, test} from 'vitest';
import {createAdmin} from '../../../source/adapters/act/admin.ts';
import {createMaintainer} from '../../../source/adapters/act/maintainer.ts';
import {createMeasurer} from '../../../source/adapters/act/measurer.ts';
import {createExplainer} from '../../../source/adapters/explain/explainer.ts';
import {pins} from '../../../source/adapters/session/settings.ts';
import {registry} from '../../../source/panes/index.ts';
import {laneTo, ready, targetOf} from '../lanes.ts';
import {startPooler} from '../pooler-proxy.ts';
import {withServer} from '../servers.ts';
import {watch} from '../watched.ts';

// Settings that PostgreSQL 15 does not have.
const gone = ['operator_precedence_warning'];

/** Settings in what was sent that would outlive their transaction. */
const lastingIn = (said: string): readonly string[] => {
	const settings = said.match(/\bset_config\([^)]*\)|\bset \w+( \w+)?/g) ?? [];
	expect(settings.length).toBeGreaterThan(2);
	// The greeting learns in the same statement that it is behind a pooler.
	return settings.filter(
		each => !/^set local |^set transaction |, true\)$|^set_config\('search_path', '', pg_catalog\.pg_backend_pid\(\)$/.test(each),
	);
};

test('settings end with their transaction behind a pooler, and signals are refused', async () => {
	await withServer(15, async server => {
		const pooler = await startPooler(`${server.host}/.s.PGSQL.${server.port}`);
		try {
			await using lane = laneTo(targetOf(pooler));
			expect((await ready(lane)).pid).toBeUndefined();
			const own = {transaction_read_only: 'on', transaction_isolation: 'read committed', transaction_deferrable: 'off'};
			const limits = {purpose: 'polling', statementTimeoutMs: 5000, lockTimeoutMs: 200} as const;
			const wanted = Object.entries(own);
			for (const {name, ofConnection, since = 0, value} of pins)
				if (!ofConnection && since <= 150_000 && !gone.includes(name))
					wanted.push([name, typeof value === 'string' ? value : value(limits, 'postgres')]);
			expect(wanted.length).toBeGreaterThan(60);
			const sql = `select ${wanted.map(([name]) => `pg_catalog.current_setting('${name}')`).join(', ')}`;
			const reply = await lane.run({name: 'names', sql, deadlineMs: 2000});
			expect(reply).toMatchObject({ok: true, at: expect.stringMatching(/^20/), rows: [wanted.map(([, value]) => value)]});
			const signal = await lane.run({name: 'signal', sql: 'select $1', values: ['1'], deadlineMs: 2000});
			expect(signal).toMatchObject({ok: false, error: {code: 'pooler'}});
			expect(lastingIn(pooler.said.join(''))).toEqual([]);
		} finally {
			pooler.close();
		}
	});
});

test('maintenance, administrative commands, measuring and EXPLAIN are refused behind a pooler', async () => {
	await withServer(15, async server => {
		const pooler = await startPooler(`${server.host}/.s.PGSQL.${server.port}`);
		const target = targetOf(pooler);
		const refused = {
			outcome: 'failed',
			failure: {code: 'pooler', message: expect.stringMatching(/^Nothing was sent: behind a connection pooler/)},
		};
		try {
			const relation = {database: 'postgres', oid: 1259, kind: 'table', name: 'pg_catalog.pg_class'} as const;
			expect(await createMaintainer(target).begin('vacuum', relation, () => {}).ended).toMatchObject(refused);
			expect(await createAdmin(target).run({kind: 'reload'})).toMatchObject(refused);
			const measurer = createMeasurer(target);
			await measurer.toggle(
				{relid: 1259, schema: 'public', name: 'pg_class', running: false},
				'2026-11-22T14:30:00.000000+00:00',
			);
			expect(measurer.rows({results: {}} as never)).toMatchObject([
				{state: 'failed', message: expect.stringMatching(/^Nothing was sent: behind a connection pooler/)},
			]);
			const statement = {pid: 1, database: 'postgres', role: 'postgres', query: 'select 1', truncated: false, queryId: null};
			const asked = {...statement, analyze: false, accepted: []};
			expect(await createExplainer(target).explain(asked, new AbortController().signal)).toMatchObject({
				outcome: 'refused',
				failure: {code: 'pooler'},
			});
			const said = pooler.said.join('');
			expect(lastingIn(said)).toEqual([]);
			expect(said).not.toMatch(/vacuum|pg_reload_conf|pgstattuple|prepare/i);
		} finally {
			pooler.close();
		}
	});
});

test('the backend that lists the sessions counts as our own behind a pooler', async () => {
	await withServer(15, async server => {
		const pooler = await startPooler(`${server.host}/.s.PGSQL.${server.port}`);
		try {
			await using watched = await watch(pooler, registry.pane('sessions'));
			const sample = await watched.until('a list of sessions', (_, {own}) => own.length > 0);
			const {sessions} = sample.results;
			const listing = sessions?.ok ? sessions.rows.filter(({pid}) => sample.own.includes(Number(pid))) : [];
			expect(listing).toMatchObject([{state: 'active', application_name: 'pgtriage'}]);
			expect(watched.rows().filter(({state}) => state === 'active')).toEqual([]);
		} finally {
			pooler.close();
		}
	});
});
