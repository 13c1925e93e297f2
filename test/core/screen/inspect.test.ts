import {describe, expect, it} from 'vitest';
import {screen} from '../../../source/core/screen/screen.ts';
import {lineWidth, textOf} from '../../../source/core/text/line.ts';
import {registry} from '../../../source/panes/index.ts';
import {played, pressed, stateConnected} from '../../screens/driver.ts';
import {type RecordingName, samplesOf} from '../../screens/recorded.ts';

const pageOf = (name: RecordingName, columns: number, ...keys: readonly string[]): readonly string[] => {
	const {state} = played(
		stateConnected({columns, rows: 60}),
		samplesOf(name).map(sample => ({type: 'sample', sample})),
	);
	const lines = screen(registry, pressed(state, ...keys, 'enter'));
	for (const line of lines) expect(lineWidth(line)).toBe(columns);
	return lines.map(line => textOf(line).trimEnd());
};

describe('the page of a session', () => {
	it('shows its wait, its blockers and the sessions it blocks', () => {
		const page = pageOf('lock-chain', 100, '2', 'down', 'down');
		expect(page).toContainEqual(
			expect.stringMatching(/^ {2}Waits for \d\.\ds for ShareLock on public\.accounts \(0,42\), blocked by \d+\.$/),
		);
		expect(page).toContainEqual(expect.stringMatching(/^ {2}The root blocker is \d+; b goes there\.$/));
		expect(page).toContain('  Blocks 3 sessions, 2 directly.');
		expect(pageOf('lock-chain', 100, '2', 'down', 'down', 'down')).toContain('  Blocks 1 session, 1 directly.');
	});

	it('names a prepared transaction that blocks it', () => {
		const page = pageOf('prepared-transaction', 120, '2', 'down', 'down');
		expect(page).toContainEqual(
			expect.stringMatching(/^ {2}Waits for .* on public\.accounts \(0,12\), blocked by a prepared transaction\.$/),
		);
		expect(page).toContain('  The root blocker is the prepared transaction payout-2291; b goes there.');
	});

	it('has no field without a value', () => {
		for (const line of pageOf('prepared-transaction', 100, '2', 'down')) expect(line).not.toMatch(/^[a-z]+(_[a-z]+)*$/);
	});

	it('wraps on a narrow screen without losing text', () => {
		const text = (columns: number): string => {
			const page = pageOf('prepared-transaction', columns, '2', 'down', 'down');
			const from = page.indexOf('Locks');
			return page.slice(from, page.indexOf('', from)).join(' ').replaceAll(/\s+/g, ' ');
		};
		expect(text(44)).toBe(text(200));
	});
});
