import {expect, it} from 'vitest';
import {parseFilter} from '../../../../source/core/pane/filter.ts';
import type {Sample} from '../../../../source/core/sample/sample.ts';
import {connections} from '../../../../source/findings/rules/connections/connections.ts';
import {sessionsPane} from '../../../../source/panes/sessions/sessions.ts';
import {facts} from '../../../../source/queries/server.ts';
import type {Session} from '../../../../source/queries/sessions.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer, samplesEvery} from '../../samples.ts';
import {maskedSession, sessionAnswers, sessionRow} from '../../session-rows.ts';

const limit = answer(facts, {max_connections: 103, reserved_connections: 3});

const crowd = (
	count: number,
	given: Partial<Session> = {},
	of: (pid: number, given: Partial<Session>) => Partial<Session> = sessionRow,
): readonly Partial<Session>[] => Array.from({length: count}, (_, index) => of(100 + index, {state: 'idle', ...given}));

const taken = (count: number, given: Partial<Session> = {}) =>
	findingsOf(connections, makeSample(0, limit, ...sessionAnswers(...crowd(count, given))))[0];

it('connections near their limit say whose they are, and lead to the idle ones', () => {
	expect(taken(79)).toBeUndefined();
	expect(taken(80, {application_name: 'api'})).toMatchObject({
		severity: 'warning',
		summary: '80 of 100 connections are taken; api has 80, 80 of them idle.',
		evidence: '80% of max_connections less 3 reserved.',
		leads: {pane: 'sessions', identity: null, filter: 'app="api" state=idle'},
		action: 'b lists the idle ones of that application: * tags them, K ends them.',
	});
	expect(taken(95)?.severity).toBe('critical');
});

it('what is taken beyond those that are not reserved is counted too', () => {
	expect(taken(103)?.summary).toMatch(/^103 of 100 connections are taken/);
});

it('the one that has done nothing for the longest time is named', () => {
	const longest = sessionRow(7, {state: 'idle', state_change: instantAt(-500)});
	expect(findingsOf(connections, makeSample(0, limit, ...sessionAnswers(...crowd(80), longest)))[0]?.pid).toBe(7);
});

it('connections that all work are listed, not called idle', () => {
	expect(taken(90, {application_name: 'api', state: 'active'})).toMatchObject({
		summary: '90 of 100 connections are taken; api has 90, none of them idle.',
		leads: {filter: 'app="api"'},
		action: 'b lists those of that application.',
		pid: null,
	});
});

it('connections without an application name are told by their role, apart from its applications', () => {
	const others = crowd(5, {application_name: 'api'}).map(row => ({...row, pid: (row.pid ?? 0) + 500}));
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90), ...others));
	const [finding] = findingsOf(connections, sample);
	expect(finding?.summary).toBe('95 of 100 connections are taken; app has 90, 90 of them idle.');
	const filter = parseFilter(finding?.leads.filter ?? '', sessionsPane.columns);
	const listed = sessionsPane.rows(sample, []).filter(row => filter.ok && filter.test(row, sample.at));
	expect(listed).toHaveLength(90);
});

it('a name with quotation marks is found by its filter', () => {
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90, {application_name: 'a "b" c'})));
	const filter = parseFilter(findingsOf(connections, sample)[0]?.leads.filter ?? '', sessionsPane.columns);
	expect(sessionsPane.rows(sample, []).filter(row => filter.ok && filter.test(row, sample.at))).toHaveLength(90);
});

it('a role that sees no states is told whose they are, and nothing of idle ones', () => {
	const sample = makeSample(0, limit, ...sessionAnswers(...crowd(90, {application_name: 'api', state: null}, maskedSession)));
	expect(findingsOf(connections, sample)).toMatchObject([
		{summary: '90 of 100 connections are taken; api has 90.', action: 'b lists those of that application.'},
	]);
});

/** A sample a second, with as many connections as there are then. */
const growing = (until: number, count: (second: number) => number): readonly Sample[] =>
	samplesEvery(1, until, second => [limit, ...sessionAnswers(...crowd(count(second)))] as readonly QueryAnswer[]);

it('connections that come steadily are told before they reach their limit', () => {
	const [finding] = findingsOf(connections, ...growing(60, second => 20 + Math.floor(second / 2)));
	expect(finding).toMatchObject({severity: 'warning', evidence: expect.stringContaining('At this pace none is left in')});
});

it('a pool that starts is no pace, however large', () => {
	for (const until of [20, 35, 60, 110, 130]) {
		expect(findingsOf(connections, ...growing(until, second => (second < 10 ? 20 : 75)))).toEqual([]);
		expect(findingsOf(connections, ...growing(until, second => (second < 18 ? 20 : second < 28 ? 55 : 75)))).toEqual([]);
	}
});

it('nothing is said before the server told its limit', () => {
	expect(findingsOf(connections, makeSample(0, ...sessionAnswers(...crowd(99))))).toEqual([]);
});
