import type {Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import type {State} from '../../core/state/state.ts';
import {type Line, line, type Parts, span, type Tone} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {fleet} from '../../queries/beside/fleet.ts';
import {type FleetFind, type FleetRow, fleetRows} from '../fleet/rows.ts';
import {rowsOf} from '../reading/answers.ts';

const figure = (name: string, value: number | string, tone: Tone = 'calm'): Line => [
	span(`${name} `, 'dim'),
	span(String(value), tone),
];

/** A sum over the servers: `-` if none of them is known, and a lower bound, `3+`, if one is not. */
const sumFigure = (name: string, values: readonly (number | null)[], isTrouble = false): Line => {
	const known = values.filter(each => each !== null);
	if (known.length === 0) return figure(name, '-');
	const sum = known.reduce((total, each) => total + each, 0);
	return figure(name, `${sum}${known.length < values.length ? '+' : ''}`, isTrouble && sum > 0 ? 'warn' : 'calm');
};

/** Worst server of the fleet, and the number of others in trouble. An all-clear is one of the narrow question only. */
const alarmLine = (rows: readonly FleetRow[]): Parts => {
	const [worst, ...others] = rows.filter(({severity}) => severity === 'critical' || severity === 'warning');
	const waiting = rows.filter(({status}) => status === 'connecting').length;
	const partly = rows.filter(({status, unread}) => status === 'up' && unread).length;
	const unread = `${partly} of ${plural(rows.length, 'server')} read only in part`;
	if (worst)
		return [
			line(`${worst.severity}: ${worst.label}: ${worst.summary}`, worst.severity === 'critical' ? 'danger' : 'warn'),
			...(others.length > 0 ? [line(`+${others.length} more`, 'dim')] : []),
			...(partly > 0 ? [line(unread, 'warn')] : []),
		];
	if (waiting > 0) return [line(`Not read yet: ${waiting} of ${plural(rows.length, 'server')}`, 'dim')];
	if (partly > 0) return [line(`${unread}; no trouble found in the rest`, 'warn')];
	return [line('No trouble found by the question to each server', 'dim')];
};

/** Header of the screen of a fleet, most important line first: what is watched, the worst server, and sums over the servers. */
export const fleetHeader = (state: State, sample: Sample | undefined, past: Past, find: FleetFind): readonly Parts[] => {
	const title = line('pgtriage', 'strong');
	if (!sample || rowsOf(sample, fleet).length === 0) return [[title, line(state.place)]];
	const rows = fleetRows(sample, past, find);
	const count = (test: (row: FleetRow) => boolean): number => rows.filter(test).length;
	const down = count(({status}) => status === 'down');
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
			sumFigure(
				'connections',
				rows.map(({connections}) => connections),
			),
			sumFigure(
				'active',
				rows.map(({hidden, active}) => (hidden === 0 ? active : null)),
			),
			sumFigure(
				'blocked',
				rows.map(({hidden, blocked}) => (hidden === 0 ? blocked : null)),
				true,
			),
		],
	];
};
