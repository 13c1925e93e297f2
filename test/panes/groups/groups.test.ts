import {describe, expect, it} from 'vitest';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {groupings} from '../../../source/core/pane/grouping.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import type {Row, Sample} from '../../../source/core/sample/sample.ts';
import {groupsBy} from '../../../source/panes/groups/groups.ts';
import {tagNamesIn} from '../../../source/panes/groups/rows.ts';
import {registry} from '../../../source/panes/index.ts';
import {sessionsPane} from '../../../source/panes/sessions/sessions.ts';
import type {Session} from '../../../source/queries/activity/sessions.ts';
import {facts} from '../../../source/queries/server/server.ts';
import {tempFiles} from '../../../source/queries/storage/temp-files.ts';
import {answer, instantAt, makeSample} from '../../findings/samples.ts';
import {idleSession, sessionAnswers, sessionRow} from '../../findings/session-rows.ts';

const sampleOf = (...rows: readonly Partial<Session>[]): Sample => makeSample(0, ...sessionAnswers(...rows));

const grouped = (by: string, sample: Sample): readonly Row[] => {
	const pane = groupsBy(by);
	const json = paneJson(pane, sample, [sample], parseFilter('', pane.columns), undefined);
	return json.ok ? (json.rows as readonly Row[]) : expect.fail(json.error.message);
};

const idle = (pid: number, seconds: number, overrides: Partial<Session> = {}): Partial<Session> =>
	sessionRow(pid, {state: 'idle', xact_start: null, state_change: instantAt(-seconds), ...overrides});

const shop = sampleOf(
	sessionRow(1, {application_name: 'web', wait_event_type: 'Lock', wait_event: 'relation', query_id: '7'}),
	sessionRow(2, {application_name: 'web', xact_start: instantAt(-30), query_id: '7'}),
	idleSession(3, 90, {application_name: 'web', query: "update t set a = 1 /*action='show',controller='orders'*/"}),
	idle(4, 600, {application_name: 'worker'}),
	idle(5, 60, {application_name: 'worker', query: "select 2 /*controller='carts'*/", client_addr: '10.0.0.9'}),
	idle(6, 5),
	sessionRow(7, {backend_type: 'checkpointer', state: null, application_name: ''}),
	sessionRow(8, {backend_type: 'parallel worker', application_name: 'web'}),
);

describe('sessions grouped', () => {
	it('by application are counted, worst first, without background processes', () => {
		expect(grouped('application', shop)).toEqual([
			{
				group: 'web',
				total: 3,
				active: 2,
				idle: 0,
				idle_in_transaction: 1,
				waiting: 1,
				oldest_xact_seconds: 90,
				longest_idle_seconds: null,
				temp_bytes: null,
				cpu_percent: null,
			},
			expect.objectContaining({group: 'worker', total: 2, idle: 2, oldest_xact_seconds: null, longest_idle_seconds: 600}),
			expect.objectContaining({group: null, total: 1, idle: 1, longest_idle_seconds: 5}),
		]);
	});

	it.each([
		['state', ['active', 'idle in transaction', 'idle']],
		['wait', ['Lock/relation', null, 'CPU']],
		['client', [null, '10.0.0.9']],
		['database', ['shop']],
		['user', ['app']],
		['tag.controller', [null, 'orders', 'carts']],
	])('by %s have the values of their sessions', (by, values) => {
		expect(
			grouped(by, shop)
				.map(({group}) => group)
				.sort(),
		).toEqual([...values].sort());
	});

	it('by query have one group for the literals of a statement, by its query id', () => {
		const sample = sampleOf(
			sessionRow(1, {query: 'select 1', query_id: '7'}),
			sessionRow(2, {query: 'select 2', query_id: '7'}),
			sessionRow(3, {query: 'select\n\t3'}),
		);
		expect(grouped('query', sample).map(({group, total}) => [group, total])).toEqual([
			['select 1', 2],
			['select\n\t3', 1],
		]);
	});

	it('are unknown in state, not zero, if their states are hidden', () => {
		const sample = sampleOf(sessionRow(1, {state: null, backend_type: null, query: '<insufficient privilege>'}));
		expect(grouped('user', sample)).toMatchObject([{total: 1, active: null, idle: null, idle_in_transaction: null}]);
	});

	it('add up the temporary files of their sessions', () => {
		const file = {tablespace: 'pg_default', leftover: false, files: 1};
		const sample = makeSample(
			0,
			...sessionAnswers(sessionRow(1), sessionRow(2), sessionRow(3)),
			answer(facts, {lists_temp: true}),
			answer(tempFiles, {...file, pid: 1, bytes: 100}, {...file, pid: 3, bytes: 50}),
		);
		expect(grouped('user', sample)).toMatchObject([{temp_bytes: 150}]);
		expect(
			groupsBy('user')
				.columns.find(({id}) => id === 'temp_bytes')
				?.present(sample),
		).toBe(true);
		expect(
			groupsBy('user')
				.columns.find(({id}) => id === 'temp_bytes')
				?.present(shop),
		).toBe(false);
	});

	it.each([...groupings, 'tag.controller', 'tag.none'])('by %s lead to a filter that shows exactly their sessions', by => {
		const pane = groupsBy(by);
		const sample = sampleOf(
			...[1, 2, 3, 4, 5, 6].map(pid =>
				shop.results.sessions?.ok ? (shop.results.sessions.rows[pid - 1] as Partial<Session>) : {},
			),
			sessionRow(9, {application_name: 'a "b" c*d, e\n=f', query: 'select \'"x"\' \n, 1'}),
			sessionRow(10, {state: null, wait_event_type: 'Client', wait_event: null, usename: null, datid: null, query: null}),
		);
		for (const row of pane.rows(sample, [sample])) {
			const {filter = '', pane: id} = pane.leads(row) ?? expect.fail('It leads nowhere.');
			expect(id).toBe('sessions');
			const parsed = parseFilter<Row>(filter, sessionsPane.columns);
			const test = parsed.ok ? parsed.test : expect.fail(`${filter}: ${parsed.message}`);
			const found = sessionsPane.rows(sample, [sample]).filter(session => test(session, sample.at));
			expect({filter, found: found.length}).toEqual({filter, found: row.total});
		}
	});

	it('know the tags of the statements of a sample', () => {
		expect(tagNamesIn(shop)).toEqual(['action', 'controller']);
	});

	it('by a grouping are the same pane each time, so that what was computed is not computed again', () => {
		const pane = registry.pane('groups');
		expect(pane.form?.({group: 'user', mark: undefined})).toBe(pane.form?.({group: 'user', mark: undefined}));
	});

	it('by an unknown grouping are refused', () => {
		expect(() => groupsBy('color').rows(shop, [shop])).toThrow(RangeError);
	});
});

describe('filters by tag', () => {
	const matches = (text: string): readonly number[] => {
		const filter = parseFilter<Row>(text, sessionsPane.columns);
		const test = filter.ok ? filter.test : expect.fail(filter.message);
		return sessionsPane
			.rows(shop, [shop])
			.filter(row => test(row, shop.at))
			.map(({pid}) => Number(pid));
	};

	it.each([
		['tag.controller=orders', [3]],
		['tag.controller~^c', [5]],
		['tag.controller!=orders state=idle', [4, 5, 6]],
		['tag.action=null state=idle', [4, 5, 6]],
		['tag=*controller*', [3, 5]],
	])('%s', (text, pids) => {
		expect(matches(text)).toEqual(pids);
	});

	it('are refused where rows have no tags', () => {
		const {columns} = registry.pane('bloat');
		expect(parseFilter('tag.controller=orders', columns)).toMatchObject({ok: false});
	});
});

describe('the speed of groups', () => {
	const frameworks = ['rails', 'django', 'spring'];
	const crowd = Array.from({length: 5000}, (_, index) =>
		sessionRow(index + 1, {
			application_name: `app ${index % 40}`,
			client_addr: `10.0.${index % 20}.${index % 250}`,
			state: index % 3 === 0 ? 'active' : 'idle',
			query_id: String(index % 700),
			query: `select * from orders where id = ${index} and note = '${'x'.repeat(200)}' /*controller='c${index % 50}',framework='${frameworks[index % 3]}'*/`,
		}),
	);

	it.each(['application', 'query', 'wait', 'tag.controller'])('5000 sessions by %s take less than 30 ms of CPU time', by => {
		const [first, ...others] = Array.from({length: 6}, (_, seq) => ({...sampleOf(...crowd), seq}));
		const costs = [first as Sample, ...others].map(sample => {
			// The rows of the sessions are those of the pane Sessions, which has them already.
			sessionsPane.rows(sample, [sample]);
			const before = process.cpuUsage();
			groupsBy(by).rows(sample, [sample]);
			const {user, system} = process.cpuUsage(before);
			return (user + system) / 1000;
		});
		// The median: the compiler of the first samples and a collection of garbage are not its cost.
		expect(costs.slice(1).toSorted((a, b) => a - b)[2]).toBeLessThan(30);
	});
});
