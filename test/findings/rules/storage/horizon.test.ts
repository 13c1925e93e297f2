import {describe, expect, it} from 'vitest';
import {futileAutovacuum} from '../../../../source/findings/rules/storage/futile-autovacuum.ts';
import {xminHorizon} from '../../../../source/findings/rules/storage/xmin-horizon.ts';
import {autovacuum} from '../../../../source/queries/autovacuum.ts';
import {horizon} from '../../../../source/queries/horizon.ts';
import {facts, pulse} from '../../../../source/queries/server.ts';
import {databaseNames, sessions} from '../../../../source/queries/sessions.ts';
import {tables} from '../../../../source/queries/tables.ts';
import {at, found, type Read, read, sampleAt} from '../../given.ts';

const next = 500_000_000;

/** A server with a database shop, whose next transaction id is known. */
const server = (...reads: readonly Read[]): readonly Read[] => [
	read(facts, {database: 'shop'}),
	read(pulse, {next_xid: next}),
	read(databaseNames, {datid: 5, datname: 'shop'}),
	read(autovacuum, {autovacuum: true, vacuum_threshold: 50, vacuum_scale_factor: 0.2}),
	...reads,
];

/** A session of the shop whose snapshot is so many transactions old. */
const session = (age: number, given: Readonly<Record<string, string>> = {}): Read =>
	read(sessions, {
		pid: 4711,
		backend_start: at(-9000),
		datid: 5,
		usename: 'app',
		backend_type: 'client backend',
		state: 'active',
		xact_start: at(-900),
		query: 'select',
		backend_xmin: String(next - age),
		backend_xmin_age: age,
		...given,
	});

const prepared = (age: number, since: number): Read =>
	read(horizon, {
		kind: 'prepared transaction',
		name: 'payout-2291',
		datid: 5,
		owner: 'app',
		since: at(since),
		xmin: String(next - age),
	});

const slot = (age: number, active: boolean): Read =>
	read(horizon, {kind: 'physical slot', name: 'berlin', xmin: String(next - age), active});

const stock = (n_dead_tup: number, given: Readonly<Record<string, string | number>> = {}): Read =>
	read(tables, {relid: 9, relname: 'stock', schemaname: 'public', relkind: 'r', reltuples: 2000, n_dead_tup, ...given});

describe('who holds VACUUM back', () => {
	it('is told by a million transactions, and is critical by a hundred million', () => {
		const of = (age: number) => found(xminHorizon, sampleAt(0, ...server(session(age), read(horizon))))[0];
		expect(of(999_999)).toBeUndefined();
		expect(of(1_000_000)).toMatchObject({
			severity: 'warning',
			pid: 4711,
			leads: {pane: 'horizon', identity: `horizon 4711@${at(-9000)}`},
			action: 'C cancels its statement, K ends the session.',
		});
		expect(of(100_000_000)?.severity).toBe('critical');
		expect(of(1_000_000)?.summary).toBe(
			'The session 4711 (app@shop), active, in a transaction begun 15m00 ago, keeps VACUUM from cleaning what the last 1.0M transactions left dead.',
		);
	});

	it('is not told of a session again that another rule tells of as an idle one, unless it is critical', () => {
		const idle = (age: number, seconds: number) =>
			found(
				xminHorizon,
				sampleAt(0, ...server(session(age, {state: 'idle in transaction', state_change: at(-seconds)}), read(horizon))),
			)[0]?.severity;
		expect(idle(2_000_000, 100)).toBeUndefined();
		expect(idle(2_000_000, 10)).toBe('warning');
		expect(idle(200_000_000, 1000)).toBe('critical');
	});

	it('is a prepared transaction of minutes, however few transactions came since', () => {
		const of = (since: number) => found(xminHorizon, sampleAt(0, ...server(read(sessions), prepared(7, since))))[0];
		expect(of(-10)).toBeUndefined();
		expect(of(-400)).toMatchObject({
			severity: 'warning',
			pid: null,
			leads: {pane: 'horizon', identity: 'horizon prepared transaction payout-2291'},
		});
		expect(of(-400)?.action).toContain('F9');
	});

	it('is at once a prepared transaction or slot that nobody uses where dead rows stayed after a vacuum', () => {
		const of = (holder: Read, table: Read) => found(xminHorizon, sampleAt(0, ...server(read(sessions), holder, table)))[0];
		const after = stock(20_000, {last_autovacuum: at(-2)});
		expect(of(prepared(7, -10), after)).toMatchObject({
			severity: 'warning',
			evidence: '20.0k dead rows of stock stayed after a vacuum.',
		});
		expect(of(slot(7, false), after)?.severity).toBe('warning');
		expect(of(prepared(7, -10), stock(20_000, {last_autovacuum: at(-20)}))).toBeUndefined();
		expect(of(prepared(7, -10), stock(400, {last_autovacuum: at(-2)}))).toBeUndefined();
	});

	it('is no standby in good health, but one that keeps what a vacuum of a moment ago wanted to remove', () => {
		const of = (age: number, table: Read) =>
			found(xminHorizon, sampleAt(0, ...server(read(sessions), slot(age, true), table)))[0];
		expect(of(5000, stock(20_000, {last_autovacuum: at(-60)}))).toBeUndefined();
		expect(of(500, stock(20_000, {last_autovacuum: at(-2)}))).toBeUndefined();
		expect(of(5000, stock(20_000, {last_autovacuum: at(-2)}))).toMatchObject({severity: 'warning'});
		expect(of(5000, stock(20_000, {last_autovacuum: at(-2)}))?.action).toContain('hot_standby_feedback');
	});
});

describe('autovacuum that removes nothing', () => {
	const visit = (second: number, count: number, dead: number, ...others: readonly Read[]) =>
		sampleAt(second, ...server(...others, stock(dead, {autovacuum_count: count, last_autovacuum: at(second - 1)})));

	it('is told of with who holds it back', () => {
		const others = [session(200), read(horizon)];
		const [finding] = found(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others));
		expect(finding).toMatchObject({
			severity: 'warning',
			pid: 4711,
			summary: 'Autovacuum runs on stock and removes nothing: the session 4711 (app@shop) holds it back.',
			leads: {pane: 'horizon', identity: `horizon 4711@${at(-9000)}`},
		});
	});

	it('is worth knowing only, where a session holds it back no longer than a dump does', () => {
		const of = (since: number) => {
			const others = [session(200, {xact_start: at(since)}), read(horizon)];
			return found(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others))[0]?.severity;
		};
		expect(of(-100)).toBe('notice');
		expect(of(-300)).toBe('warning');
	});

	it('is worth knowing only, where the horizon is alarming by itself', () => {
		const others = [read(sessions), prepared(2_000_000, -900)];
		const samples = [visit(0, 1, 20_000, ...others), visit(10, 2, 20_500, ...others)];
		expect(found(xminHorizon, ...samples)[0]?.severity).toBe('warning');
		expect(found(futileAutovacuum, ...samples)[0]?.severity).toBe('notice');
	});

	it('is not one that removed most, did not come by, or came when nobody held anything', () => {
		const others = [session(200), read(horizon)];
		expect(found(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 2, 600, ...others))).toEqual([]);
		expect(found(futileAutovacuum, visit(0, 1, 20_000, ...others), visit(10, 1, 20_500, ...others))).toEqual([]);
		const young = [session(200, {xact_start: at(9.5)}), read(horizon)];
		expect(found(futileAutovacuum, visit(0, 1, 20_000, ...young), visit(10, 2, 20_500, ...young))).toEqual([]);
		const nobody = [read(sessions), read(horizon)];
		expect(found(futileAutovacuum, visit(0, 1, 20_000, ...nobody), visit(10, 2, 20_500, ...nobody))).toEqual([]);
	});
});
