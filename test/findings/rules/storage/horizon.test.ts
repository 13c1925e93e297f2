import {describe, expect, it} from 'vitest';
import {futileAutovacuum} from '../../../../source/findings/rules/storage/futile-autovacuum.ts';
import {xminHorizon} from '../../../../source/findings/rules/storage/xmin-horizon.ts';
import {horizon} from '../../../../source/queries/activity/horizon.ts';
import {databaseNames, sessions} from '../../../../source/queries/activity/sessions.ts';
import {facts, pulse} from '../../../../source/queries/server/server.ts';
import {autovacuum} from '../../../../source/queries/storage/autovacuum.ts';
import {tables} from '../../../../source/queries/storage/tables.ts';
import {answer, findingsOf, instantAt, makeSample, type QueryAnswer} from '../../samples.ts';

const next = 500_000_000;

/** Answers of a server with the database shop and a known next XID. */
const server = (...reads: readonly QueryAnswer[]): readonly QueryAnswer[] => [
	answer(facts, {database: 'shop'}),
	answer(pulse, {next_xid: next}),
	answer(databaseNames, {datid: 5, datname: 'shop'}),
	answer(autovacuum, {autovacuum: true, vacuum_threshold: 50, vacuum_scale_factor: 0.2}),
	...reads,
];

/** Session in shop whose snapshot is `age` transactions old. */
const session = (age: number, overrides: Readonly<Record<string, string>> = {}): QueryAnswer =>
	answer(sessions, {
		pid: 4711,
		backend_start: instantAt(-9000),
		datid: 5,
		usename: 'app',
		backend_type: 'client backend',
		state: 'active',
		xact_start: instantAt(-900),
		query: 'select',
		backend_xmin: String(next - age),
		...overrides,
	});

const prepared = (age: number, since: number): QueryAnswer =>
	answer(horizon, {
		kind: 'prepared transaction',
		name: 'payout-2291',
		datid: 5,
		owner: 'app',
		since: instantAt(since),
		xmin: String(next - age),
	});

const slot = (age: number, active: boolean): QueryAnswer =>
	answer(horizon, {kind: 'physical slot', name: 'berlin', xmin: String(next - age), active});

const stock = (n_dead_tup: number, overrides: Readonly<Record<string, string | number>> = {}): QueryAnswer =>
	answer(tables, {relid: 9, relname: 'stock', schemaname: 'public', relkind: 'r', reltuples: 2000, n_dead_tup, ...overrides});

describe('the holder of the xmin horizon', () => {
	it('is a warning from a million transactions and critical from a hundred million', () => {
		const of = (age: number) => findingsOf(xminHorizon, makeSample(0, ...server(session(age), answer(horizon))))[0];
		expect(of(999_999)).toBeUndefined();
		expect(of(1_000_000)).toMatchObject({
			severity: 'warning',
			pid: 4711,
			leads: {pane: 'horizon', identity: `horizon 4711@${instantAt(-9000)}`},
			action: 'Cancel its statement (C) or terminate the session (K).',
		});
		expect(of(100_000_000)?.severity).toBe('critical');
		expect(of(1_000_000)?.summary).toBe(
			'Session 4711 (app@shop), active, transaction open for 15m00, holds xmin back by 1.0M transactions.',
		);
	});

	it('is not reported again for a session that is reported as idle in transaction, unless it is critical', () => {
		const idle = (age: number, seconds: number) =>
			findingsOf(
				xminHorizon,
				makeSample(
					0,
					...server(session(age, {state: 'idle in transaction', state_change: instantAt(-seconds)}), answer(horizon)),
				),
			)[0]?.severity;
		expect(idle(2_000_000, 100)).toBeUndefined();
		expect(idle(2_000_000, 10)).toBe('warning');
		expect(idle(200_000_000, 1000)).toBe('critical');
	});

	it('may be a prepared transaction that is minutes old, however few transactions it holds back', () => {
		const of = (since: number) => findingsOf(xminHorizon, makeSample(0, ...server(answer(sessions), prepared(7, since))))[0];
		expect(of(-10)).toBeUndefined();
		expect(of(-400)).toMatchObject({
			severity: 'warning',
			pid: null,
			leads: {pane: 'horizon', identity: 'horizon prepared transaction payout-2291'},
		});
		expect(of(-400)?.action).toContain('F9');
	});

	it('is reported at once if it is a prepared transaction or unused slot and dead rows survived a vacuum', () => {
		const of = (holder: QueryAnswer, table: QueryAnswer) =>
			findingsOf(xminHorizon, makeSample(0, ...server(answer(sessions), holder, table)))[0];
		const after = stock(20_000, {last_autovacuum: instantAt(-2)});
		expect(of(prepared(7, -10), after)).toMatchObject({
			severity: 'warning',
			evidence: '20.0k dead rows of stock survived a vacuum.',
		});
		expect(of(slot(7, false), after)?.severity).toBe('warning');
		expect(of(prepared(7, -10), stock(20_000, {last_autovacuum: instantAt(-20)}))).toBeUndefined();
		expect(of(prepared(7, -10), stock(400, {last_autovacuum: instantAt(-2)}))).toBeUndefined();
	});

	it('may be a standby only if dead rows survived a vacuum a moment ago', () => {
		const of = (age: number, table: QueryAnswer) =>
			findingsOf(xminHorizon, makeSample(0, ...server(answer(sessions), slot(age, true), table)))[0];
		expect(of(5000, stock(20_000, {last_autovacuum: instantAt(-60)}))).toBeUndefined();
		expect(of(500, stock(20_000, {last_autovacuum: instantAt(-2)}))).toBeUndefined();
		expect(of(5000, stock(20_000, {last_autovacuum: instantAt(-2)}))).toMatchObject({severity: 'warning'});
		expect(of(5000, stock(20_000, {last_autovacuum: instantAt(-2)}))?.action).toContain('hot_standby_feedback');
	});
});

describe('autovacuum that removes no dead rows', () => {
	const visit = (second: number, count: number, dead: number, ...others: readonly QueryAnswer[]) =>
		makeSample(second, ...server(...others, stock(dead, {autovacuum_count: count, last_autovacuum: instantAt(second - 1)})));

	it('is reported with the holder of xmin', () => {
		const others = [session(200), answer(horizon)];
		const [finding] = findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others));
		expect(finding).toMatchObject({
			severity: 'warning',
			pid: 4711,
			summary: 'Autovacuum on stock removes nothing: session 4711 (app@shop) holds xmin back.',
			leads: {pane: 'horizon', identity: `horizon 4711@${instantAt(-9000)}`},
		});
	});

	it('is only a notice if a session holds xmin back no longer than a dump does', () => {
		const of = (since: number) => {
			const others = [session(200, {xact_start: instantAt(since)}), answer(horizon)];
			return findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others))[0]?.severity;
		};
		expect(of(-100)).toBe('notice');
		expect(of(-300)).toBe('warning');
	});

	it('is only a notice if the horizon is reported by itself', () => {
		const others = [answer(sessions), prepared(2_000_000, -900)];
		const samples = [visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others)];
		expect(findingsOf(xminHorizon, ...samples)[0]?.severity).toBe('warning');
		expect(findingsOf(futileAutovacuum, ...samples)[0]?.severity).toBe('notice');
	});

	it('is ignored if it removed most rows, did not run, or nothing held xmin back', () => {
		const others = [session(200), answer(horizon)];
		expect(findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 600, ...others))).toEqual([]);
		expect(findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 1, 20_500, ...others))).toEqual([]);
		const young = [session(200, {xact_start: instantAt(9.5)}), answer(horizon)];
		expect(findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...young), visit(10, 2, 20_500, ...young))).toEqual([]);
		const nobody = [answer(sessions), answer(horizon)];
		expect(findingsOf(futileAutovacuum, visit(0, 1, 20_000, ...nobody), visit(10, 2, 20_500, ...nobody))).toEqual([]);
	});
});
