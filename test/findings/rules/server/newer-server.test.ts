import {describe, expect, it} from 'vitest';
import {screen} from '../../../../source/core/screen/screen.ts';
import {textOf} from '../../../../source/core/text/line.ts';
import {newerServer} from '../../../../source/findings/rules/server/newer-server.ts';
import {registry} from '../../../../source/panes/index.ts';
import {sessions} from '../../../../source/queries/activity/sessions.ts';
import {facts} from '../../../../source/queries/server/server.ts';
import {played, stateConnected} from '../../../screens/driver.ts';
import {answer, findingsOf, makeSample} from '../../samples.ts';

const sampleOf = (version: number, version_text: string) =>
	makeSample(0, answer(facts, {version, version_text, max_connections: 100}), answer(sessions));

const headOf = (version: number, version_text: string): string => {
	const {state} = played(stateConnected({columns: 160, rows: 24}), [{type: 'sample', sample: sampleOf(version, version_text)}]);
	return screen(registry, state).map(textOf)[0] ?? '';
};

describe('a server newer than the queries', () => {
	it('is a notice that says as which version it is asked', () => {
		expect(findingsOf(newerServer, sampleOf(200_000, '20devel'))).toMatchObject([
			{
				severity: 'notice',
				summary: 'PostgreSQL 20 is newer than this pgtriage supports (13 to 19); the queries for 19 are used.',
			},
		]);
	});

	it('is marked in the header', () => {
		expect(headOf(200_001, '20.1')).toContain('PostgreSQL 20.1, newer than 19');
	});
});

it('a server of a known version is neither a notice nor marked', () => {
	for (const version of [130_023, 180_004, 190_000]) expect(findingsOf(newerServer, sampleOf(version, ''))).toEqual([]);
	expect(findingsOf(newerServer, makeSample(0))).toEqual([]);
	expect(headOf(190_000, '19.0')).toMatch(/PostgreSQL 19\.0(?!, newer)/);
});
