import {expect, it} from 'vitest';
import {connectionLimit} from '../../../../source/findings/rules/connections/connection-limit.ts';
import type {Session} from '../../../../source/queries/activity/sessions.ts';
import {databases} from '../../../../source/queries/server/databases.ts';
import {limitedRoles} from '../../../../source/queries/server/roles.ts';
import {answer, findingsOf, makeSample} from '../../samples.ts';
import {maskedSession, sessionAnswers, sessionRow} from '../../session-rows.ts';

const roleOf = (rolconnlimit: number) => answer(limitedRoles, {oid: 10, rolname: 'app', rolconnlimit});
const databaseOf = (datconnlimit: number) => answer(databases, {datid: 5, datname: 'shop', datconnlimit});

const crowd = (count: number, overrides: Partial<Session> = {}, first = 100): readonly Partial<Session>[] =>
	Array.from({length: count}, (_, index) => sessionRow(first + index, overrides));

const found = (limits: readonly ReturnType<typeof answer>[], ...sessions: readonly Partial<Session>[]) =>
	findingsOf(connectionLimit, makeSample(0, ...limits, ...sessionAnswers(...sessions)));

it('a role at its limit is named, as critical if all its sessions are busy', () => {
	expect(found([roleOf(20)], ...crowd(15))).toEqual([]);
	expect(found([roleOf(20)], ...crowd(16))).toMatchObject([{severity: 'warning', subject: 'role app'}]);
	expect(found([roleOf(20)], ...crowd(20))).toMatchObject([
		{
			severity: 'critical',
			summary: 'The role app has 20 of its 20 connections (none idle).',
			evidence: '100% of its CONNECTION LIMIT. Further log-ins are refused.',
			leads: {pane: 'sessions', identity: null, filter: 'user="app"'},
			action: 'b lists the sessions of that role.',
			pid: null,
		},
	]);
});

it('a pool that is as large as its limit and mostly idle is a notice, with its idle sessions', () => {
	expect(found([roleOf(20)], ...crowd(3), ...crowd(17, {state: 'idle'}, 300))).toMatchObject([
		{
			severity: 'notice',
			summary: 'The role app has 20 of its 20 connections (17 idle).',
			leads: {filter: 'user="app" state=idle'},
			action: 'b lists the idle sessions of that role: * tags them all, K terminates them.',
			pid: 300,
		},
	]);
	expect(found([roleOf(20)], ...crowd(15), ...crowd(5, {state: 'idle'}, 300))[0]?.severity).toBe('warning');
	expect(found([roleOf(20)], ...Array.from({length: 20}, (_, pid) => maskedSession(100 + pid)))).toMatchObject([
		{severity: 'warning', summary: 'The role app has 20 of its 20 connections.'},
	]);
});

it('a database has a limit of its own, and other sessions do not count', () => {
	const sessions = [...crowd(10), ...crowd(30, {datid: 6, usesysid: 11}, 300)];
	expect(found([roleOf(-1), databaseOf(10)], ...sessions)).toMatchObject([
		{subject: 'database shop', severity: 'critical', leads: {filter: 'database="shop"'}},
	]);
	expect(found([databaseOf(-1)], ...sessions)).toEqual([]);
	expect(found([databaseOf(-2)], ...sessions)).toEqual([]);
});

it('a limit below five is meant to be reached', () => {
	expect(found([roleOf(4), databaseOf(1)], ...crowd(4))).toEqual([]);
	expect(found([roleOf(0)])).toEqual([]);
});
