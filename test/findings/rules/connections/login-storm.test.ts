import {describe, expect, it} from 'vitest';
import {loginStorm} from '../../../../source/findings/rules/connections/login-storm.ts';
import {databases} from '../../../../source/queries/server/databases.ts';
import {answer, findingsOf, instantAt, samplesEvery} from '../../samples.ts';
import {sessionAnswers, sessionRow} from '../../session-rows.ts';

/** Half a minute in which so many sessions a second log in by the counter; one of each second is seen. */
const counted = (perSecond: number, isCounted = true) =>
	samplesEvery(2, 30, second => [
		...sessionAnswers(
			sessionRow(1),
			sessionRow(1000 + second, {application_name: 'web', client_addr: '10.0.0.7', backend_start: instantAt(second)}),
		),
		answer(databases, {datid: 5, datname: 'shop', sessions: isCounted ? second * perSecond : null}),
	]);

describe('log-ins', () => {
	it('are reported from fifty a second on, with who logs in', () => {
		expect(findingsOf(loginStorm, ...counted(49))).toEqual([]);
		expect(findingsOf(loginStorm, ...counted(120))).toMatchObject([
			{
				severity: 'warning',
				summary: 'web (role app from 10.0.0.7) logs in again and again: 120 log-ins/s in all.',
				leads: {pane: 'sessions', identity: `1030@${instantAt(30)}`},
			},
		]);
	});

	it('blame nobody if only log-ins without a role yet are seen', () => {
		const starting = samplesEvery(2, 30, second => [
			...sessionAnswers(
				sessionRow(1000 + second, {usename: null, application_name: '', state: 'starting', backend_start: instantAt(second)}),
			),
			answer(databases, {datid: 5, datname: 'shop', sessions: second * 90}),
		]);
		expect(findingsOf(loginStorm, ...starting)).toMatchObject([
			{summary: 'Clients log in 90 times a second, each too briefly to be seen.', pid: null},
		]);
	});

	it('are silent while a pool starts or renews a thousand connections in a minute', () => {
		const starting = samplesEvery(2, 30, second => [
			...sessionAnswers(...Array.from({length: 200}, (_, index) => sessionRow(100 + index, {backend_start: instantAt(14)}))),
			answer(databases, {datid: 5, datname: 'shop', sessions: second < 14 ? 0 : null}),
		]);
		expect(findingsOf(loginStorm, ...starting)).toEqual([]);
		expect(findingsOf(loginStorm, ...counted(17))).toEqual([]);
	});

	it('are estimated from new sessions before 14', () => {
		const storm = samplesEvery(2, 30, second => [
			...sessionAnswers(
				...Array.from({length: 8}, (_, index) => sessionRow(1000 + index, {backend_start: instantAt(second - 0.05)})),
			),
			answer(databases, {datid: 5, datname: 'shop', sessions: null}),
		]);
		expect(findingsOf(loginStorm, ...storm)).toMatchObject([
			{summary: 'Role app logs in again and again: at least 80 log-ins/s in all.'},
		]);
	});
});
