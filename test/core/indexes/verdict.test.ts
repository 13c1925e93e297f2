import {describe, expect, it} from 'vitest';
import {countersSince, type IndexEvidence, verdictOn} from '../../../source/core/indexes/verdict.ts';

const now = '2026-11-22T14:30:00.000000+00:00';
const daysAgo = (days: number): string => `2026-11-${String(22 - days).padStart(2, '0')}T14:30:00.000000+00:00`;

const verdict = (evidence: Partial<IndexEvidence<string>>): string | undefined =>
	verdictOn(
		{
			valid: true,
			building: null,
			twin: undefined,
			needed: false,
			scans: 0,
			since: daysAgo(8),
			elsewhere: false,
			...evidence,
		},
		name => name,
		now,
	)?.text;

describe('an index without scans', () => {
	it('is unused after a week of counting', () => {
		expect(verdict({})).toBe('unused');
		expect(verdict({since: daysAgo(7)})).toBe('unused');
	});

	it('is only unused so far if counted for less', () => {
		expect(verdict({since: daysAgo(6)})).toBe('unused since the counters began 6d00h ago');
		expect(verdict({since: '2026-11-22T11:30:00.000000+00:00'})).toBe('unused since the counters began 3h00 ago');
	});

	it('is not called unused if the start of counting is unknown', () => {
		expect(verdict({since: null})).toBe('unused since the counters began');
	});

	it('may be used by another server', () => {
		expect(verdict({elsewhere: true})).toBe('unused here; other servers not counted');
	});

	it('is ok if something depends on it', () => {
		expect(verdict({needed: true})).toBe('ok');
	});
});

it('an index with scans is ok', () => {
	expect(verdict({scans: 1})).toBe('ok');
});

it('an index whose scans could not be read has no verdict', () => {
	expect(verdict({scans: null})).toBeUndefined();
});

it('an invalid index is invalid whether or not it is used', () => {
	expect(verdict({valid: false, scans: 9, needed: true})).toBe('invalid');
	expect(verdict({valid: false, building: 4711})).toBe('being built by 4711');
});

it('a needless index is needless even if it is used', () => {
	expect(verdict({scans: 9, twin: {kind: 'duplicate', of: 'other'}})).toBe('duplicate of other');
	expect(verdict({scans: 9, twin: {kind: 'redundant', of: 'other'}})).toBe('redundant to other');
});

it('counters start at the latest of their resets', () => {
	expect(countersSince(daysAgo(3), daysAgo(8))).toBe(daysAgo(3));
	expect(countersSince(daysAgo(8), daysAgo(3))).toBe(daysAgo(3));
	expect(countersSince(null, daysAgo(3))).toBe(daysAgo(3));
	expect(countersSince(daysAgo(3), null)).toBe(daysAgo(3));
	expect(countersSince(null, null)).toBeNull();
});
