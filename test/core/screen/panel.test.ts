import {describe, expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {keyOf, played, stateConnected} from '../../screens/driver.ts';
import {samplesOf} from '../../screens/recorded.ts';

const shown = (rows: number, ...keys: readonly string[]): string => {
	const {state} = played(stateConnected({columns: 120, rows}), [
		...samplesOf('lock-chain').map(sample => ({type: 'sample', sample}) as const),
		...keys.map(name => ({type: 'key', key: keyOf(name)}) as const),
	]);
	return screen(registry, state).map(textOf).join('\n');
};

describe('the detail panel', () => {
	it('shows the row of the cursor under the table, in words', () => {
		const text = shown(40, 'down');
		expect(text).toMatch(/─── z = hide ─/);
		expect(text).toMatch(/\n {2}update accounts\s*\n {2}set balance = /);
		expect(text).toMatch(/role shop, database shop, application checkout/);
		expect(text).toMatch(/idle in transaction for .*, transaction open for .*, connected for /);
		expect(text).toMatch(/Blocks \d+ sessions, \d+ directly/);
	});

	it('is absent without a cursor, after z, and where the rows leave too few lines', () => {
		expect(shown(40)).not.toContain('z = hide');
		expect(shown(40, 'down', 'z')).not.toContain('z = hide');
		expect(shown(18, 'down')).not.toContain('z = hide');
	});

	it('shows the session to which a finding leads', () => {
		expect(shown(50, '0')).toMatch(/z = hide[\s\S]*application checkout/);
	});

	it('has the locks of its session read, and of no session once it is hidden', () => {
		const samples = samplesOf('lock-chain').map(sample => ({type: 'sample', sample}) as const);
		const aims = (...keys: readonly string[]) =>
			played(stateConnected({columns: 120, rows: 40}), [
				...samples,
				...keys.map(name => ({type: 'key', key: keyOf(name)}) as const),
			]).effects.flatMap(effect => (effect.type === 'aim' ? [effect.scopes.details] : []));
		expect(aims()).toEqual([]);
		const [first, second] = aims('down', 'down');
		expect([typeof first, typeof second]).toEqual(['number', 'number']);
		expect(second).not.toBe(first);
		expect(aims('down', 'z')).toEqual([first, undefined]);
		expect(aims('down', '3')).toEqual([first, undefined]);
		expect(aims('z', 'down', 'enter')).toEqual([first]);
	});

	it('says that there is more than fits', () => {
		expect(shown(26, '2', 'down')).toContain('Enter shows the rest.');
	});
});
