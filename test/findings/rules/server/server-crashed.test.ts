import {expect, it} from 'vitest';
import {serverCrashed} from '../../../../source/findings/rules/server/server-crashed.ts';
import {sessions} from '../../../../source/queries/activity/sessions.ts';
import {facts, pulse} from '../../../../source/queries/server/server.ts';
import {answer, findingsOf, instantAt, makeSample} from '../../samples.ts';

/** Findings about a server that started and whose checkpointer started some seconds ago. */
const of = (server: number | null, checkpointer: number | null, {version = 180_000, in_recovery = false} = {}) =>
	findingsOf(
		serverCrashed,
		makeSample(
			0,
			answer(facts, {version}),
			answer(pulse, {in_recovery, started: server === null ? null : instantAt(-server)}),
			answer(
				sessions,
				{pid: 7, backend_type: 'client backend', backend_start: instantAt(-1)},
				{pid: 8, backend_type: 'checkpointer', backend_start: checkpointer === null ? null : instantAt(-checkpointer)},
			),
		),
	);

it('a checkpointer that is younger than its server is a crash, for ten minutes', () => {
	expect(of(86_400, 130)).toMatchObject([
		{
			severity: 'warning',
			ongoing: false,
			summary: 'The server crashed and recovered 2m10 ago: all sessions were ended.',
			leads: {pane: 'serverlog', identity: null},
		},
	]);
	expect(of(86_400, 600)).toHaveLength(1);
	expect(of(86_400, 601)).toEqual([]);
});

it('a checkpointer that started with its server is none', () => {
	expect(of(120, 120)).toEqual([]);
	expect(of(120, 117.5)).toEqual([]);
	expect(of(120, 117)).toHaveLength(1);
});

it('a standby before 15 starts its checkpointer later', () => {
	expect(of(120, 60, {version: 140_000, in_recovery: true})).toEqual([]);
	expect(of(120, 60, {version: 140_000})).toHaveLength(1);
	expect(of(120, 60, {version: 150_000, in_recovery: true})).toHaveLength(1);
});

it('without a known start there is no finding', () => {
	expect(of(86_400, null)).toEqual([]);
	expect(of(null, 60)).toEqual([]);
});
