import {expect, it} from 'vitest';
import {createAnswers} from '../../../source/adapters/poll/answers.ts';
import type {Answered} from '../../../source/adapters/poll/refusals.ts';
import {heldLocks} from '../../../source/queries/activity/held-locks.ts';
import {databaseNames} from '../../../source/queries/activity/sessions.ts';

const at = '2026-11-29T12:00:00.000000+00:00';
const reply = (rows: readonly (readonly (string | null)[])[]): Answered =>
	({ok: true, at, tookMs: 1, serverMs: 1, rows}) as unknown as Answered;

it('answers about another scope are dropped, those of other queries stay', async () => {
	const answers = createAnswers(false);
	await answers.keep(heldLocks, reply([]));
	await answers.keep(databaseNames, reply([['1', 'shop', 't']]));
	answers.aim({held: {kind: 'session', pid: 4711}});
	expect(answers.result(heldLocks)).toBeUndefined();
	expect(answers.state.ageMs(heldLocks)).toBe(Number.POSITIVE_INFINITY);
	expect(answers.result(databaseNames)).toMatchObject({ok: true});
	expect(answers.state.scopes).toEqual({held: {kind: 'session', pid: 4711}});
});

it('an answer that is decoded while the scope changes is not kept', async () => {
	const answers = createAnswers(false);
	const kept = answers.keep(heldLocks, reply([]));
	answers.aim({held: {kind: 'session', pid: 1}});
	expect(await kept).toBe(false);
	expect(answers.result(heldLocks)).toBeUndefined();
});
