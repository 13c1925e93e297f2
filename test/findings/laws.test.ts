import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openRecording} from '../../source/adapters/record/recordings.ts';
import {type Finding, nameOfFinding} from '../../source/core/pane/finding.ts';
import type {Sample} from '../../source/core/sample/sample.ts';
import {clean} from '../../source/core/text/clean.ts';
import {rules} from '../../source/findings/index.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {registry} from '../../source/panes/index.ts';

const folder = join(import.meta.dirname, '../recordings');
const calm = 'calm.ndjson';

// Incidents of the whole server lead to no row.
const rowless = new Set(['connections-exhausted.ndjson', 'sync-stalled.ndjson']);

const samplesOf = async (file: string): Promise<readonly Sample[]> => {
	const samples: Sample[] = [];
	for await (const sample of (await openRecording(join(folder, file))).samples) samples.push(sample);
	return samples;
};

const findAll = (sample: Sample, past: readonly Sample[]): readonly Finding[] =>
	rules.flatMap(rule => rule.find(sample, past, thresholds));

/** Findings of all samples with their samples; every recording of an incident has some. */
const findingsOfAll = (samples: readonly Sample[]): readonly (readonly [Sample, Finding])[] => {
	const all = samples.flatMap(sample => findAll(sample, samples).map(finding => [sample, finding] as const));
	expect(all).not.toHaveLength(0);
	return all;
};

describe.each(readdirSync(folder).filter(file => file !== calm))('a finding in %s', file => {
	it('is clean text without placeholders', async () => {
		for (const [, {summary, evidence, action}] of findingsOfAll(await samplesOf(file))) {
			expect(summary).toMatch(/^\S.*[.]$/);
			for (const text of [summary, evidence, action ?? '']) {
				expect(text).toBe(clean(text));
				expect(text).not.toMatch(/undefined|NaN|\bnull\b|\[object/);
			}
		}
	});

	it('leads to an existing pane and, if it names a row, to an existing row', async () => {
		const samples = await samplesOf(file);
		let rows = 0;
		for (const [sample, {rule, leads}] of findingsOfAll(samples)) {
			const pane = registry.panes.find(({id}) => id === leads.pane);
			expect(pane, rule).toBeDefined();
			if (leads.identity === null) continue;
			rows++;
			expect(pane?.rows(sample, samples).map(pane.identity), rule).toContain(leads.identity);
		}
		expect(rows > 0).toBe(!rowless.has(file));
	});

	it('has a unique name and is the same on every run', async () => {
		const [samples, again] = [await samplesOf(file), await samplesOf(file)];
		for (const [index, sample] of samples.entries()) {
			const findings = findAll(sample, samples);
			const names = findings.map(nameOfFinding);
			expect(new Set(names).size).toBe(names.length);
			expect(findAll(again[index] as Sample, again)).toEqual(findings);
		}
	});
});

it('rules find nothing on a calm server', async () => {
	const samples = await samplesOf(calm);
	expect(samples.flatMap(sample => findAll(sample, samples))).toEqual([]);
});

it('rules find nothing in a sample without answers, and only that nothing was read if every answer failed', () => {
	const at = '2026-11-22T14:30:00.000000+00:00';
	const failed = {ok: false, at, tookMs: 1, error: {code: '57014', message: 'canceled'}} as const;
	const results = Object.fromEntries(rules.flatMap(({queries}) => queries).map(({name}) => [name, failed]));
	const empty: Sample = {seq: 1, at, own: [], results: {}};
	expect(findAll(empty, [empty])).toEqual([]);
	const blind: Sample = {seq: 2, at, own: [], results};
	const found = findAll(blind, [blind]);
	expect(found.filter(({rule}) => rule !== 'not-read')).toEqual([]);
	const unread = ['sessions', 'locks', 'server facts', 'server counters', 'replication slots', 'WAL', 'databases'];
	expect(found.map(({subject}) => subject)).toEqual(expect.arrayContaining(unread));
});
it('rules find nothing in a sample whose answers have no rows', () => {
	const at = '2026-11-22T14:30:00.000000+00:00';
	const results = Object.fromEntries(
		rules.flatMap(({queries}) => queries).map(({name}) => [name, {ok: true, at, tookMs: 1, rows: []} as const]),
	);
	const sample: Sample = {seq: 1, at, own: [], results};
	expect(findAll(sample, [sample])).toEqual([]);
});
