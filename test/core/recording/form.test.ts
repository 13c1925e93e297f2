import {globSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it, test} from 'vitest';
import {createForm} from '../../../source/core/recording/form.ts';
import {bool, defineQuery, float, int, nullable, textField} from '../../../source/core/sample/query.ts';
import type {Result, Row, Sample} from '../../../source/core/sample/sample.ts';
import {queries} from '../../../source/queries/index.ts';
import {recordingNames, samplesOf} from '../../screens/recorded.ts';

const at = '2026-11-22T14:30:00.000000+00:00';
const sessions = defineQuery({
	name: 'sessions',
	deadlineMs: 1,
	fields: {pid: int, name: textField, is_new: nullable(bool), share: float},
	ladder: [],
});
const known = new Map([['sessions', sessions]]);
const result = (...rows: readonly Row[]): Result => ({ok: true, at, tookMs: 1, rows});
const sample = (results: Sample['results']): Sample => ({seq: 0, at, own: [], results});
const whole = {pid: 1, name: 'x', is_new: null, share: 0.5};

it('a sample that needs no change stays the same object', () => {
	const given = sample({sessions: result(whole), later: result({anything: [1, 'x']})});
	expect(createForm(known)(given)).toBe(given);
});

it('a missing column becomes null, and a row is converted once', () => {
	const form = createForm(known);
	const old = {pid: 1, name: 'x', share: 0.5};
	const [first, second] = [sample({sessions: result(old)}), sample({sessions: result(old, whole)})].map(
		given => form(given).results.sessions,
	);
	expect(first).toEqual(result({...old, is_new: null}));
	expect(second?.ok && first?.ok && second.rows[0] === first.rows[0]).toBe(true);
});

it('unknown columns and answers are kept', () => {
	const made = createForm(known)(sample({sessions: result({...whole, later: 'x'}), other: result({a: 1})}));
	expect(made.results).toEqual({sessions: result({...whole, later: 'x'}), other: result({a: 1})});
});

it('a number that JSON cannot express becomes null', () => {
	expect(createForm(known)(sample({sessions: result({...whole, share: null})})).results.sessions?.ok).toBe(true);
});

it.each<[string, Row]>([
	['a column that is never null is missing', {pid: 1, share: 1}],
	['a text is a number', {...whole, name: 7}],
	['a number is a text', {...whole, pid: '7'}],
	['a text is null', {...whole, name: null}],
	['a boolean is a list', {...whole, is_new: [1]}],
])('an answer fails with a sentence if %s, and the rest is kept', (_, row) => {
	const made = createForm(known)(sample({sessions: result(whole, row), other: result(whole)}));
	expect(made.results.sessions).toMatchObject({
		ok: false,
		at,
		error: {code: 'other_form', message: 'The recording has sessions in an unknown form.'},
	});
	expect(made.results.other).toEqual(result(whole));
});

it.each(recordingNames)('every answer of an older recording can be read: %s', name => {
	const form = createForm(queries);
	for (const given of samplesOf(name))
		for (const [query, answer] of Object.entries(form(given).results))
			expect(answer.ok || answer.error.code !== 'other_form', `${query} of ${name}`).toBe(true);
});

test('every query is known by its name', async () => {
	const folder = join(import.meta.dirname, '../../../source/queries');
	const files = globSync('**/*.ts', {cwd: folder});
	expect(files.length).toBeGreaterThan(20);
	for (const file of files) {
		const module = (await import(join(folder, file))) as Record<string, unknown>;
		for (const value of Object.values(module))
			if (typeof value === 'object' && value !== null && 'ladder' in value && 'name' in value)
				expect(queries.get(String(value.name)), `${file} in source/queries/index.ts`).toBe(value);
	}
});
