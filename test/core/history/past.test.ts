import {expect, it} from 'vitest';
import {baseOf} from '../../../source/core/history/past.ts';
import type {Sample} from '../../../source/core/sample/sample.ts';
import {databaseRows} from '../../../source/panes/databases/rows.ts';
import {databases} from '../../../source/queries/server/databases.ts';

const at = (second: number): string => `2026-11-22T14:30:${String(second).padStart(2, '0')}.000000+00:00`;

/** A sample of a server with a start time and a count of commits. */
const sampleOf = (second: number, commits: number, started: string | null): Sample => ({
	seq: second,
	at: at(second),
	own: [],
	results: {
		...(started !== null && {facts: {ok: true, at: at(second), tookMs: 1, rows: [{started}]}}),
		[databases.name]: {
			ok: true,
			at: at(second),
			tookMs: 1,
			rows: [{datid: 5, datname: 'shop', xact_commit: commits, stats_reset: null}],
		},
	},
});

const commitsPerSecond = (...samples: readonly Sample[]): number | null | undefined =>
	databaseRows(samples.at(-1) as Sample, samples)[0]?.xact_commit_per_second;

it('a rate is taken over three seconds, or over what there is before', () => {
	expect(commitsPerSecond(sampleOf(1, 100, 'a'))).toBeNull();
	expect(commitsPerSecond(sampleOf(1, 100, 'a'), sampleOf(2, 110, 'a'))).toBe(10);
	expect(commitsPerSecond(...[1, 2, 3, 4, 5].map(second => sampleOf(second, second ** 2, 'a')))).toBe((25 - 4) / 3);
});

it('counters from before a failover are not the base of a rate, even if they are lower', () => {
	expect(commitsPerSecond(sampleOf(1, 100, 'a'), sampleOf(2, 900_000, 'b'))).toBeNull();
	expect(commitsPerSecond(sampleOf(1, 100, 'a'), sampleOf(2, 900_000, 'b'), sampleOf(3, 900_005, 'b'))).toBe(5);
});

it('a sample without facts belongs to the same server', () => {
	expect(commitsPerSecond(sampleOf(1, 100, 'a'), sampleOf(2, 110, null), sampleOf(3, 130, 'a'))).toBe(15);
});

it('an answer older than 15 seconds is not a base', () => {
	expect(baseOf(sampleOf(20, 1, 'a'), [sampleOf(2, 1, 'a')], databases)).toBeUndefined();
	expect(baseOf(sampleOf(20, 1, 'a'), [sampleOf(6, 1, 'a')], databases)?.at).toBe(at(6));
});
