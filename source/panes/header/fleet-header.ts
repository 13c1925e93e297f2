import type {Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {State} from '../../core/state/state.ts';
import {type Line, line, type Parts, span, type Tone} from '../../core/text/line.ts';
import {fleet} from '../../queries/beside/fleet.ts';
import {type FleetFind, type FleetRow, fleetRows} from '../fleet/rows.ts';
import {rowsOf} from '../reading/answers.ts';

const figure = (name: string, value: number | null, tone: Tone = 'calm'): Line => [
	span(`${name} `, 'dim'),
	span(value === null ? '-' : String(value), tone),
];

const sumOf = (rows: readonly FleetRow[], value: (row: FleetRow) => number | null): number | null => {
	const known = rows.map(value).filter(each => each !== null);
	return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
};

/** Worst server of the fleet, and the number of others in trouble. An all-clear is one of the narrow question only. */
const alarmLine = (rows: readonly FleetRow[]): Parts => {
	const [worst, ...others] = rows.filter(({severity}) => severity === 'critical' || severity === 'warning');
	if (!worst) {
		const waiting = rows.filter(({status}) => status === 'connecting').length;
		return waiting > 0
			? [line(`Not read yet: ${waiting} of ${rows.length} servers`, 'dim')]
			: [line('No trouble found by the question to each server', 'dim')];
	}
	return [
		line(`${worst.severity}: ${worst.label}: ${worst.summary}`, worst.severity === 'critical' ? 'danger' : 'warn'),
		...(others.length > 0 ? [line(`+${others.length} more`, 'dim')] : []),
	];
};

/** Header of the screen of a fleet, most important line first: what is watched, the worst server, and sums over the servers. */
export const fleetHeader = (state: State, sample: Sample | undefined, past: Past, find: FleetFind): readonly Parts[] => {
	const title = line('pgtriage', 'strong');
	if (!sample || rowsOf(sample, fleet).length === 0) return [[title, line(state.place)]];
	const rows = fleetRows(sample, past, find);
	const count = (test: (row: FleetRow) => boolean): number => rows.filter(test).length;
	const down = count(({status}) => status === 'down');
	const blocked = sumOf(rows, row => (row.hidden ? null : row.blocked));
	return [
		[title, line(sample.at.slice(11, 19), 'strong'), line(state.place)],
		alarmLine(rows),
		[
			figure('servers', rows.length),
			figure('down', down, down > 0 ? 'danger' : 'calm'),
			figure(
				'primaries',
				count(({in_recovery}) => in_recovery === false),
			),
			figure(
				'standbys',
				count(({in_recovery}) => in_recovery === true),
			),
			figure(
				'connections',
				sumOf(rows, ({connections}) => connections),
			),
			figure(
				'active',
				sumOf(rows, row => (row.hidden ? null : row.active)),
			),
			figure('blocked', blocked, (blocked ?? 0) > 0 ? 'warn' : 'calm'),
		],
	];
};
