import {describe, expect, it} from 'vitest';
import {contentsOf} from '../../../source/core/pane/contents.ts';
import {parseFilter} from '../../../source/core/pane/filter.ts';
import {paneJson} from '../../../source/core/pane/json.ts';
import {thresholds} from '../../../source/findings/thresholds.ts';
import {registryWith} from '../../../source/panes/index.ts';
import {type FleetServer, fleet} from '../../../source/queries/beside/fleet.ts';
import {answer, makeSample} from '../../findings/samples.ts';

const pane = registryWith(thresholds).pane('fleet');
const disk = pane.columns.find(({id}) => id === 'disk_used_ratio');

const server = (label: string, changes: Partial<FleetServer> = {}): Partial<FleetServer> => ({
	server: label,
	label,
	position: 0,
	status: 'up',
	...changes,
});

const here: Partial<FleetServer> = {disk_name: 'data', disk_total_bytes: 1000, disk_used_bytes: 783, disk_free_bytes: 117};

const rowsOfServers = (...servers: readonly Partial<FleetServer>[]) => {
	const sample = makeSample(0, answer(fleet, ...servers));
	return pane.rows(sample, [sample]);
};

/** Text and tone of the disk of a server on the screen. */
const shown = (changes: Partial<FleetServer>) => {
	const [row] = rowsOfServers(server('a', changes));
	const value = row && disk ? disk.value(row, '') : null;
	return row && disk ? [disk.format(value, row), disk.tone(value, row)] : undefined;
};

describe('the disk of a server of a fleet', () => {
	it('is the used share of its fullest disk as in df, with the tones of the disks in Databases', () => {
		expect(disk).toMatchObject({title: 'DISK', aliases: ['disk']});
		expect(shown(here)).toEqual(['87%', 'danger']);
		expect(shown({...here, disk_used_bytes: 700, disk_free_bytes: 300})).toEqual(['70%', 'warn']);
		expect(shown({...here, disk_used_bytes: 300, disk_free_bytes: 700})).toEqual(['30%', 'calm']);
		expect(shown({...here, disk_used_bytes: 0, disk_free_bytes: 1000})).toEqual(['0.0%', 'calm']);
	});

	it('is a dash on the screen and null in JSON where it is unknown', () => {
		expect(shown({})).toEqual(['-', 'calm']);
		const sample = makeSample(0, answer(fleet, server('a'), server('b', {...here, disk_used_bytes: 300, disk_free_bytes: 700})));
		const json = paneJson(pane, sample, [sample], parseFilter('', pane.columns), undefined);
		expect(json.ok && json.rows).toMatchObject([
			{disk_used_ratio: null, disk_name: null, disk_free_bytes: null, disk_total_bytes: null},
			{disk_used_ratio: 0.3, disk_name: 'data', disk_free_bytes: 700, disk_total_bytes: 1000},
		]);
	});

	it('gives its room away while it is unknown on every server', () => {
		const filled = (...servers: readonly Partial<FleetServer>[]) =>
			disk && contentsOf(pane.columns, rowsOfServers(...servers), '').get(disk)?.filled;
		expect(filled(server('a'), server('b'))).toBe(false);
		expect(filled(server('a'), server('b', here))).toBe(true);
	});
});
