import {readdirSync} from 'node:fs';
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

it('stays the same object where nothing is to be done', () => {
	const given = sample({sessions: result(whole), later: result({anything: [1, 'x']})});
	expect(createForm(known)(given)).toBe(given);
});

it('takes a column that was not read yet for unknown, and makes what it makes once', () => {
	const form = createForm(known);
	const old = {pid: 1, name: 'x', share: 0.5};
	const [first, second] = [sample({sessions: result(old)}), sample({sessions: result(old, whole)})].map(
		given => form(given).results.sessions,
	);
	expect(first).toEqual(result({...old, is_new: null}));
	expect(second?.ok && first?.ok && second.rows[0] === first.rows[0]).toBe(true);
});

it('keeps columns and answers that are not known here', () => {
	const made = createForm(known)(sample({sessions: result({...whole, later: 'x'}), other: result({a: 1})}));
	expect(made.results).toEqual({sessions: result({...whole, later: 'x'}), other: result({a: 1})});
});

it('takes a number that JSON cannot tell for unknown', () => {
	expect(createForm(known)(sample({sessions: result({...whole, share: null})})).results.sessions?.ok).toBe(true);
});

it.each<[string, Row]>([
	['a column that is always known is missing', {pid: 1, share: 1}],
	['a text is a number', {...whole, name: 7}],
	['a number is a text', {...whole, pid: '7'}],
	['a text is nothing', {...whole, name: null}],
	['a truth is a list', {...whole, is_new: [1]}],
])('fails with a sentence where %s, and the rest stands', (_, row) => {
	const made = createForm(known)(sample({sessions: result(whole, row), other: result(whole)}));
	expect(made.results.sessions).toMatchObject({
		ok: false,
		at,
		error: {code: 'other_form', message: 'The recording has sessions in an unknown form.'},
	});
	expect(made.results.other).toEqual(result(whole));
});

it.each(recordingNames)('lets every answer of an older recording be read: %s', name => {
	const form = createForm(queries);
	for (const given of samplesOf(name))
		for (const [query, answer] of Object.entries(form(given).results))
			expect(answer.ok || answer.error.code !== 'other_form', `${query} of ${name}`).toBe(true);
});

test('every query is known by its name', async () => {
	const folder = join(import.meta.dirname, '../../../source/queries');
	for (const file of readdirSync(folder)) {
		const module = (await import(join(folder, file))) as Record<string, unknown>;
		for (const value of Object.values(module))
			if (typeof value === 'object' && value !== null && 'ladder' in value && 'name' in value)
				expect(queries.get(String(value.name)), `${file} in source/queries/index.ts`).toBe(value);
	}
});
