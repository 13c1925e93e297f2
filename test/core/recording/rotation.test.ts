import {describe, expect, it} from 'vitest';
import {noRotation, parseRotation, rotatedFiles, rotatedName} from '../../../source/core/recording/rotation.ts';

const at = '2026-11-22T14:30:00.540853+00:00';

describe('the files of a recording', () => {
	it.each([
		['incident.ndjson', 'incident.20261122T143000540Z.ndjson'],
		['incident.ndjson.zst', 'incident.20261122T143000540Z.ndjson.zst'],
		['incident.gz', 'incident.20261122T143000540Z.gz'],
		['v1.2', 'v1.2.20261122T143000540Z'],
	])('%s is renamed to %s, and belongs to it', (name, rotated) => {
		expect(rotatedName(name, at)).toBe(rotated);
		expect(rotatedFiles(name, [name, rotated])).toEqual([rotated]);
	});

	it('are distinguished from other files, oldest first', () => {
		const [first, second] = ['a.20261122T143000540Z.ndjson', 'a.20261123T143000540Z.ndjson'];
		const others = [
			'a.ndjson',
			'a.1.ndjson',
			'a.20261122T143000540Z.ndjson.zst',
			'a.20261122T143000540Z.ndjson~',
			'ab.20261122T143000540Z.ndjson',
			'a.b.20261122T143000540Z.ndjson',
			'a.20261122.ndjson',
		];
		expect(rotatedFiles('a.ndjson', [second, ...others, first])).toEqual([first, second]);
	});
});

describe('the limits of a rotation', () => {
	it.each([
		[[], undefined, noRotation],
		[['100MB'], undefined, {...noRotation, bytes: 100 * 1024 ** 2}],
		[['1G'], undefined, {...noRotation, bytes: 1e9}],
		[['10M'], undefined, {...noRotation, bytes: 1e7}],
		[['10m'], undefined, {...noRotation, ageMs: 600_000}],
		[['90min', '64kB'], '3', {bytes: 65_536, ageMs: 5_400_000, keep: 3}],
		[['1d'], '0', {...noRotation, ageMs: 86_400_000, keep: 0}],
	] as const)('are read from %j', (limits, keep, rotation) => {
		expect(parseRotation(limits, keep)).toEqual(rotation);
	});

	it.each([
		[['100'], undefined, /--rotate 100 is neither a size nor an age/],
		[['1kB'], undefined, /at least 64kB/],
		[['1s'], undefined, /at least 64kB and 10s/],
		[['much'], undefined, /neither/],
		[['1h'], '-1', /--keep -1 is not a number/],
		[[], '3', /--keep needs --rotate/],
	] as const)('are refused in %j with --keep %s', (limits, keep, message) => {
		let said: unknown;
		try {
			parseRotation(limits, keep);
		} catch (error) {
			said = error;
		}
		expect(said).toMatchObject({name: 'UserError', exitCode: 2});
		const {message: what, hint} = said as {message: string; hint: string};
		expect(`${what} ${hint}`).toMatch(message);
	});
});
