import {expect, it} from 'vitest';
import type {Query} from '../../source/core/sample/query.ts';
import type {Result, Row} from '../../source/core/sample/sample.ts';
import type {Scopes} from '../../source/core/sample/scope.ts';
import {horizon} from '../../source/queries/activity/horizon.ts';
import {relationLocks} from '../../source/queries/activity/relation-locks.ts';
import {patroniCluster} from '../../source/queries/beside/patroni.ts';
import {questions, type Turn} from '../../source/queries/plan.ts';
import {tableColumns} from '../../source/queries/storage/table-columns.ts';
import {tables} from '../../source/queries/storage/tables.ts';

const at = (second: number): string => `2026-11-22T14:30:${String(second).padStart(2, '0')}.000000+00:00`;
const columns = tableColumns;

const answer = (second: number, tookMs: number, rows: readonly Row[] = []): Result => ({ok: true, at: at(second), tookMs, rows});

/** Decision about column statistics read at second 0, `ageMs` ago, if a table was analyzed at another second. */
const turnOf = ({
	analyzed,
	ageMs,
	tookMs = 30,
}: {
	readonly analyzed: number | null;
	readonly ageMs: number;
	readonly tookMs?: number;
}): Turn | undefined =>
	questions([columns])
		.find(({query}) => query === columns)
		?.turn({
			results: {
				facts: answer(0, 1, [{superuser: true}]),
				[tables.name]: answer(30, 5, [
					{relid: 1, last_analyze: null, last_autoanalyze: analyzed === null ? null : at(analyzed)},
					{relid: 2, last_analyze: null, last_autoanalyze: null},
				]),
				[columns.name]: answer(10, tookMs),
			},
			ageMs: () => ageMs,
		});

it('column statistics are read again soon after an ANALYZE, else every five minutes', () => {
	expect(turnOf({analyzed: 20, ageMs: 20_000})).toBe('ask');
	expect(turnOf({analyzed: 9, ageMs: 20_000})).toBe('keep');
	expect(turnOf({analyzed: null, ageMs: 20_000})).toBe('keep');
	expect(turnOf({analyzed: null, ageMs: 300_000})).toBe('ask');
});

it('column statistics take at most a hundredth of the time, however often tables are analyzed', () => {
	expect(turnOf({analyzed: 20, ageMs: 9000})).toBe('keep');
	expect(turnOf({analyzed: 20, ageMs: 20_000, tookMs: 400})).toBe('keep');
	expect(turnOf({analyzed: 20, ageMs: 40_000, tookMs: 400})).toBe('ask');
});

it('a slow Patroni is asked in the background as often as a fast one, unlike a slow query of the server', () => {
	const inBackground = (query: Query): Turn | undefined =>
		questions([], [query])
			.find(each => each.query === query)
			?.turn({results: {[query.name]: answer(0, 300)}, ageMs: () => 5000});
	expect(inBackground(patroniCluster)).toBe('ask');
	expect(inBackground(horizon)).toBe('keep');
});

it('locks on a relation are only read once there is one', () => {
	const turn = (scopes: Scopes): Turn | undefined =>
		questions([relationLocks])
			.find(({query}) => query === relationLocks)
			?.turn({results: {facts: answer(0, 1, [{superuser: true}])}, ageMs: () => Number.POSITIVE_INFINITY, scopes});
	expect(turn({})).toBe('empty');
	expect(turn({details: 4711})).toBe('empty');
	expect(turn({preflight: {relation: {schema: null, name: 'orders'}, lock: 'alter table'}})).toBe('ask');
});
