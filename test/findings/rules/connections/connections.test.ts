import {expect, it} from 'vitest';
import {parseFilter} from '../../../../source/core/pane/filter.ts';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import {connections} from '../../../../source/findings/rules/connections/connections.ts';
import {sessionsPane} from '../../../../source/panes/sessions/sessions.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {facts} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';
import {maskedSession, sessionAnswers, sessionRow} from '../../session-rows.ts';

const limit = answer(facts, {max_connections: 103, reserved_connections: 3});

const crowd = (
	count: number,
	overrides: Partial<Session> = {},
	of: (pid: number, overrides: Partial<Session>) => Partial<Session> = sessionRow,
): readonly Partial<Session>[] => Array.from({length: count}, (_, index) => of(100 + index, {state: 'idle', ...overrides}));

const taken = (count: number, overrides: Partial<Session> = {}) =>
	findingsOf(connections, makeSample(0, limit, ...sessionAnswers(...crowd(count, overrides))))[0];

it('connections close to the limit name their owner and lead to its idle sessions', () => {
	expect(taken(79)).toBeUndefined();
	expect(taken(80, {application_name: 'api'})).toMatchObject({
		severity: 'warning',
		summary: '80 of 100 connections in use; api has 80 (80 idle).',
		evidence: '80% of max_connections minus 3 reserved.',
		leads: {pane: 'sessions', identity: null, filter: 'app="api" state=idle'},
		action: 'b lists the idle sessions of that application: * tags them all, K terminates them.',
	});
	expect(taken(95)?.severity).toBe('critical');
});

it('reserved connections in use are counted apart', () => {
	expect(taken(103)?.summary).toMatch(/^100 of 100 connections in use, and 3 of \d+ reserved/);
	expect(taken(103)?.evidence).toMatch(/^100%/);
});

it('the session that has been idle longest is named', () => {
	const longest = sessionRow(7, {state: 'idle', state_change: instantAt(-500)});
	expect(findingsOf(connections, makeSample(0, limit, ...sessionAnswers(...crowd(80), longest)))[0]?.pid).toBe(7);
});

it('active connections are listed and not called idle', () => {
	expect(taken(90, {application_name: 'api', state: 'active'})).toMatchObject({
		summary: '90 of 100 connections in use; api has 90 (none idle).',
		leads: {filter: 'app="api"'},
		action: 'b lists the sessions of that application.',
		pid: null,
	});
});

it('connections without an application name are grouped by role, apart from its named applications', () => {
	const others = crowd(5, {application_name: 'api'}).map(row => ({...row, pid: (row.pid ?? 0) + 500}));
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90), ...others));
	const [finding] = findingsOf(connections, sample);
	expect(finding?.summary).toBe('95 of 100 connections in use; app has 90 (90 idle).');
	const filter = parseFilter(finding?.leads.filter ?? '', sessionsPane.columns);
	const listed = sessionsPane.rows(sample, []).filter(row => filter.ok && filter.test(row, sample.at));
	expect(listed).toHaveLength(90);
});

it('the filter for a name with quotation marks matches its sessions', () => {
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90, {application_name: 'a "b" c'})));
	const filter = parseFilter(findingsOf(connections, sample)[0]?.leads.filter ?? '', sessionsPane.columns);
	expect(sessionsPane.rows(sample, []).filter(row => filter.ok && filter.test(row, sample.at))).toHaveLength(90);
});

it('a role that cannot see states gets the owner without idle counts', () => {
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90, {application_name: 'api', state: null}, maskedSession)));
	expect(findingsOf(connections, sample)).toMatchObject([
		{summary: '90 of 100 connections in use; api has 90.', action: 'b lists the sessions of that application.'},
	]);
});

/** One sample a second with the number of connections at that second. */
const growing = (until: number, count: (second: number) => number): readonly Sample[] =>
	samplesEvery(1, until, second => [limit, ...sessionAnswers(...crowd(count(second)))] as readonly QueryAnswer[]);

it('steady growth is reported before the limit is reached', () => {
	const [finding] = findingsOf(connections, ...growing(60, second => 20 + Math.floor(second / 2)));
	expect(finding).toMatchObject({severity: 'warning', evidence: expect.stringContaining('None left in')});
});

it('a starting pool does not count as growth, however large', () => {
	for (const until of [20, 35, 60, 110, 130]) {
		expect(findingsOf(connections, ...growing(until, second => (second < 10 ? 20 : 75)))).toEqual([]);
		expect(findingsOf(connections, ...growing(until, second => (second < 18 ? 20 : second < 28 ? 55 : 75)))).toEqual([]);
	}
});

it('finds nothing before the limit is known', () => {
	expect(findingsOf(connections, makeSample(0, ...sessionAnswers(...crowd(99))))).toEqual([]);
});
