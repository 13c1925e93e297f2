import {describe, expect, it} from 'vitest';
import type {Query} from '../../../../source/core/sample/query.ts';
import {screen} from '../../../../source/core/screen/screen.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {rules} from '../../../../source/findings/index.ts';
import {notRead, paneOf} from '../../../../source/findings/rules/server/not-read.ts';
import {registry} from '../../../../source/panes/index.ts';
import {databaseNames, sessions} from '../../../../source/queries/activity/sessions.ts';
import {statementNorms} from '../../../../source/queries/activity/statements.ts';
import {limitedRoles} from '../../../../source/queries/server/roles.ts';
import {facts, pulse} from '../../../../source/queries/server/server.ts';
import {played, stateConnected} from '../../../screens/driver.ts';
import {answer, findingsOf, makeSample} from '../../samples.ts';

const queries = [...new Set(rules.flatMap(rule => rule.queries))];

describe('what was not read', () => {
	// The facts belong to every pane and none, names of databases are columns of many, and usual times are on no table. The pane Roles
	// reads the limits of roles along with all else about them.
	const columnless: readonly Query[] = [facts, databaseNames, statementNorms, limitedRoles];
	it.each(queries.filter(query => !columnless.includes(query)).map(query => [query.name, query] as const))(
		'leads from %s to a pane that shows it',
		(_, query) => {
			expect(registry.pane(paneOf(query)).queries.map(({name}) => name)).toContain(query.name);
		},
	);
});

describe('a setting that hides activity', () => {
	const summaries = (...answers: Parameters<typeof makeSample>[1][]) =>
		findingsOf(notRead([]), makeSample(0, ...answers)).map(({summary}) => summary);

	it('is named where it hides sessions', () => {
		expect(summaries(answer(sessions, {pid: 1, state: 'disabled'}, {pid: 2, state: 'idle'}))).toEqual([
			'Not read: state of 1 session. track_activities is off for them: what they run and wait for is unknown. alter system set track_activities = on, and reload.',
		]);
	});

	it('is named where it stops the counters', () => {
		expect(summaries(answer(facts, {track_counts: false}), answer(sessions))).toEqual([
			expect.stringMatching(/^Not read: activity of tables and databases\. track_counts is off/),
		]);
	});

	it('is not named where all is counted', () => {
		expect(summaries(answer(facts, {track_counts: true}), answer(sessions, {pid: 1, state: 'active'}))).toEqual([]);
	});
});

describe('the header', () => {
	const headOf = (...answers: Parameters<typeof makeSample>[1][]): string => {
		const {state} = played(stateConnected({columns: 200, rows: 50}), [
			{type: 'sample', sample: makeSample(0, answer(sessions), ...answers)},
		]);
		return screen(registry, state).slice(0, 6).map(textOf).join(' ');
	};

	it('calls the lag of a standby unknown while it receives nothing', () => {
		expect(headOf(answer(pulse, {in_recovery: true, replay_lag_bytes: null}))).toMatch(/standby.*lag -/);
		expect(headOf(answer(pulse, {in_recovery: true, replay_lag_bytes: 2048}))).toMatch(/lag 2\.0kB/);
	});

	it('names no role if the server refuses to tell', () => {
		expect(headOf(answer(pulse, {in_recovery: null}))).not.toMatch(/primary|standby/);
	});
});
