import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createDecoder, createEncoder, jsonLine} from '../../../source/core/recording/lines.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {linesOf, recordingNames, samplesOf} from '../../screens/recorded.ts';
import {anyRow, anyText, seed, unsafe} from '../arbitraries.ts';

const header = jsonLine({pgtriage_recording: 1, interval_ms: 1000});
const at = (seq: number): string => `2026-11-22T14:30:00.${String(seq).padStart(6, '0')}+00:00`;
const ok = (seq: number, rows: readonly Row[]): Result => ({ok: true, at: at(seq), tookMs: 1.5, rows});

type Step = {readonly places: readonly number[]; readonly kind: 'same' | 'rows' | 'copies' | 'changed' | 'refused' | 'failed'};

/**
 * Samples whose rows come, go, move, stay the same objects, become equal or other rows of their name, and whose queries may fail.
 */
const histories: fc.Arbitrary<readonly Sample[]> = fc
	.tuple(
		fc.array(anyRow, {minLength: 1, maxLength: 6}),
		anyText,
		fc.array(
			fc.record<Step>({
				places: fc.array(fc.nat({max: 5}), {maxLength: 8}),
				kind: fc.constantFrom('same', 'rows', 'copies', 'changed', 'refused', 'failed'),
			}),
			{minLength: 1, maxLength: 12},
		),
	)
	.map(([pool, message, steps]) => {
		let sessions = ok(0, []);
		const first = ok(0, pool);
		return steps.map(({places, kind}, seq): Sample => {
			const rows = places.map(place => pool[place % pool.length] as Row);
			if (kind === 'rows') sessions = ok(seq, rows);
			if (kind === 'copies')
				sessions = ok(
					seq,
					rows.map(row => ({...row})),
				);
			if (kind === 'changed')
				sessions = ok(
					seq,
					rows.map((row, index) => ({
						...row,
						...Object.fromEntries(
							Object.keys(row)
								.slice(-(index % 3))
								.map(name => [name, seq]),
						),
					})),
				);
			if (kind === 'refused')
				sessions = {
					...ok(seq, rows),
					ok: true,
					rows,
					serverMs: 0.125,
					refused: [{fields: ['query'], error: {code: '42501', message}}],
				};
			if (kind === 'failed') sessions = {ok: false, at: at(seq), tookMs: 0.25, error: {code: '42501', message, hint: message}};
			return {seq, at: at(seq), own: [1, seq], results: {sessions, facts: first}};
		});
	});

const encoded = (samples: readonly Sample[], secondsApart = 1): readonly string[] => {
	const encode = createEncoder();
	return samples.map((sample, index) => encode(sample, index * secondsApart * 1000));
};

const decoded = (lines: readonly string[]): readonly {readonly sample?: Sample; readonly skipped: boolean}[] => {
	const decode = createDecoder();
	return lines.map(decode);
};

describe('a recording', () => {
	it('returns the samples that went in, however their rows came, went and moved', () => {
		fc.assert(
			fc.property(histories, fc.constantFrom(1, 25), (samples, secondsApart) => {
				const read = decoded([header, ...encoded(samples, secondsApart)]);
				expect(read.map(({skipped}) => skipped)).not.toContain(true);
				expect(read.flatMap(({sample}) => sample ?? [])).toEqual(samples);
			}),
			{seed, numRuns: 1000},
		);
	});

	it('has no unescaped control, bidi, zero-width or invisible character, and no line end', () => {
		fc.assert(
			fc.property(histories, samples => {
				for (const line of encoded(samples)) expect(line).not.toMatch(unsafe);
			}),
			{seed, numRuns: 500},
		);
		fc.assert(
			fc.property(anyText, text => {
				expect(jsonLine({[text]: text})).not.toMatch(unsafe);
				expect(JSON.parse(jsonLine(text))).toBe(text);
			}),
			{seed, numRuns: 2000},
		);
	});

	it('forgets a result after a reconnect', () => {
		const [known, next] = [ok(0, [{pid: 1}]), ok(1, [{pid: 2}])];
		const samples: readonly Sample[] = [
			{seq: 0, at: at(0), own: [], results: {sessions: known, facts: known}},
			{seq: 1, at: at(1), own: [], results: {sessions: next}},
			{seq: 2, at: at(2), own: [], results: {sessions: next, facts: next}},
		];
		expect(decoded(encoded(samples)).map(({sample}) => sample)).toEqual(samples);
	});

	it('shares unchanged rows again when read', () => {
		const rows = [{pid: 1}, {pid: 2}, {pid: 3}];
		const samples = [rows, [rows[2], rows[0]] as Row[]].map(
			(given, seq): Sample => ({seq, at: at(seq), own: [], results: {sessions: ok(seq, given)}}),
		);
		const [first, second] = decoded(encoded(samples)).map(({sample}) => sample?.results.sessions);
		if (!first?.ok || !second?.ok) throw new Error('Both were fine.');
		expect(second.rows[0]).toBe(first.rows[2]);
		expect(second.rows[1]).toBe(first.rows[0]);
	});

	it('has short lines for a quiet server, with only the changes', () => {
		const rows = Array.from({length: 100}, (_, pid) => ({pid, query: 'x'.repeat(500)}));
		const samples = [0, 1, 2].map((seq): Sample => ({seq, at: at(seq), own: [], results: {sessions: ok(seq, rows)}}));
		const [whole, changes] = encoded(samples);
		expect(whole?.length).toBeGreaterThan(50_000);
		expect(changes?.length).toBeLessThan(200);
	});

	it('has only the changes of a changed session', () => {
		const row = (pid: number, age: number): Row => ({pid, backend_start: at(pid), query: 'x'.repeat(500), age, pids: [1, 2]});
		const samples = [0, 1].map(
			(age): Sample => ({
				seq: age,
				at: at(age),
				own: [],
				results: {
					sessions: ok(
						age,
						Array.from({length: 100}, (_, pid) => row(pid, age)),
					),
				},
			}),
		);
		const lines = encoded(samples);
		expect(lines[1]?.length).toBeLessThan(100 * '99,1,'.length + 200);
		expect(decoded(lines).map(({sample}) => sample)).toEqual(samples);
	});

	it.each([
		['a run beyond the earlier rows', {rows: ['0+2']}],
		['more rows than a server has', {rows: Array.from({length: 2_000_000}, () => '0+1')}],
		['neither a row nor a run', {rows: [7]}],
		['null for a row', {rows: [null]}],
		['a row of fewer columns', {columns: ['pid', 'state'], rows: [[1]]}],
		['a change of a missing row', {rows: ['0+1'], changes: {pid: [1, 7]}}],
		['half a change', {rows: ['0+1'], changes: {pid: [0]}}],
		['invalid changes', {rows: ['0+1'], changes: {pid: null}}],
		['invalid columns', {rows: [[1]], columns: {length: 1}}],
	])('with %s is damaged there, and no sample is made up', (_, rows) => {
		const result = {ok: true, at: at(0), took_ms: 1};
		const line = (seq: number, written: unknown): string =>
			jsonLine({seq, at: at(seq), own: [], ...(seq > 0 && {since: 0}), results: {sessions: {...result, ...(written as object)}}});
		expect(decoded([line(0, {rows: [{pid: 1}]}), line(1, rows)]).map(({skipped}) => skipped)).toEqual([false, true]);
	});

	it('has a whole line at least once a minute', () => {
		const samples = Array.from({length: 200}, (_, seq): Sample => ({seq, at: at(seq), own: [], results: {}}));
		const wholes = encoded(samples).flatMap((line, index) => (line.includes('"since"') ? [] : [index]));
		expect(wholes).toEqual([0, 60, 120, 180]);
	});

	it('continues at the next whole line after a damaged one, with nothing wrong in between', () => {
		const damages: readonly ((line: string) => string)[] = [
			line => line.slice(0, line.length / 2),
			() => '',
			() => 'null',
			() => '{"seq":1}',
			() => '{"seq":1,"at":"","own":[],"results":null}',
			() => '{"seq":1,"at":"","own":[],"results":{"sessions":null}}',
			() => '{"seq":1,"at":"","own":[],"results":{"sessions":{"ok":true}}}',
			() => '{"seq":1,"at":"","own":[],"results":{"sessions":{"ok":false}}}',
			line => `${line}${line}`,
		];
		fc.assert(
			fc.property(histories, fc.nat({max: 11}), fc.constantFrom(...damages), (samples, place, damage) => {
				const lines = [...encoded(samples, 20)];
				const hit = place % lines.length;
				lines[hit] = damage(lines[hit] ?? '');
				const whole = lines.findIndex((line, index) => index > hit && !line.includes('"since"'));
				const read = decoded(lines);
				const until = whole === -1 ? lines.length : whole;
				expect(read.map(({skipped}) => skipped)).toEqual(lines.map((_, index) => index >= hit && index < until));
				expect(read.flatMap(({sample}) => sample ?? [])).toEqual(samples.filter((_, index) => index < hit || index >= until));
			}),
			{seed, numRuns: 500},
		);
	});

	it('of two runs never mixes them', () => {
		const run = (from: number, pid: number): readonly Sample[] =>
			Array.from({length: 3}, (_, index): Sample => {
				const seq = from + index;
				return {seq, at: at(seq), own: [], results: {sessions: ok(seq, index === 0 ? [{pid}] : []), facts: ok(0, [{pid}])}};
			});
		const [whole = '', ...changes] = encoded(run(3, 2));
		const read = decoded([header, ...encoded(run(1, 1)), header, whole.slice(0, 20), ...changes]);
		expect(read.map(({skipped}) => skipped)).toEqual([false, false, false, false, false, true, true, true]);
	});

	it.each(recordingNames)('of a real server is read whole: %s', name => {
		expect(samplesOf(name)).toHaveLength(8);
		for (const line of linesOf(name)) expect(line).not.toMatch(unsafe);
		for (const {results} of samplesOf(name)) for (const result of Object.values(results)) expect(result.ok).toBe(true);
	});
});
