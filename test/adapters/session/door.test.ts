import {describe, expect, test} from 'vitest';
import {resolveConnection} from '../../../source/adapters/connect/connection.ts';
import {ConnectionError} from '../../../source/adapters/connect/failures.ts';
import {createDoor, type Door, refusedMs} from '../../../source/adapters/session/door.ts';

const door = (): Door => createDoor(resolveConnection({host: '/nowhere', user: 'me'}, {}));

const refuse = (code: string) => async (): Promise<never> => {
	throw new ConnectionError({code, message: code});
};

const tryTo = (at: Door, code: string): Promise<unknown> => at.enter(refuse(code)).catch(() => undefined);

const letIn = (at: Door): Promise<unknown> => at.enter(async () => 'session');

const refusals = ['28P01', '28000', 'password_refused', 'authentication', '3D000', '42501', '55000'];

describe('before the first login that succeeds', () => {
	test.each(refusals)('%s ends the attempts after three', async code => {
		const at = door();
		for (let attempt = 1; attempt < 3; attempt++) {
			await tryTo(at, code);
			expect(at.shut()).toBeUndefined();
		}
		await tryTo(at, code);
		expect(at.shut()).toMatchObject({code});
	});

	test.each(['no_password', 'too_old', 'pgbouncer_console'])('%s ends the attempts at once', async code => {
		const at = door();
		await tryTo(at, code);
		expect(at.shut()).toMatchObject({code});
	});
});

describe('after a login has succeeded', () => {
	test.each([...refusals, 'no_password', 'too_old'])('%s never ends the attempts, which become rare', async code => {
		const at = door();
		await letIn(at);
		at.doubt();
		const pauses: number[] = [];
		for (let attempt = 0; attempt < 12; attempt++) {
			await tryTo(at, code);
			pauses.push(at.restMs());
		}
		expect(at.shut()).toBeUndefined();
		expect(pauses.at(-1)).toBeGreaterThan(59_000);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(75_000);
	});

	test.each(['28P01', 'password_refused', 'authentication'])('%s is tried once a minute at most', async code => {
		const at = door();
		await letIn(at);
		at.doubt();
		await tryTo(at, code);
		expect(at.restMs()).toBeGreaterThan(59_000);
	});

	test('a line missing in pg_hba.conf for five seconds costs a few seconds more', () => {
		const pauses = [1, 2, 3].map(refusal => refusedMs(refusal, {code: '28000', message: ''}));
		expect(pauses.map(ms => Math.floor(Math.log2(ms / 1000)))).toEqual([0, 1, 2]);
	});

	test('an absent server is still looked for every second or two', async () => {
		const at = door();
		await letIn(at);
		at.doubt();
		for (let attempt = 0; attempt < 12; attempt++) await tryTo(at, 'ECONNREFUSED');
		expect(at.restMs()).toBeLessThan(2000);
	});

	test('a person who asks for an attempt gets one at once', async () => {
		const at = door();
		await letIn(at);
		at.doubt();
		await tryTo(at, '28P01');
		at.reset();
		expect(at.restMs()).toBe(0);
		await tryTo(at, '28P01');
		expect(at.shut()).toBeUndefined();
	});
});
