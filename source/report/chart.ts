import {bars} from '../core/text/bars.ts';
import {secondsBetween} from '../core/values/instant.ts';
import {average, duration} from '../core/values/units.ts';
import {reportClock} from './clock.ts';
import type {Happening, Head, Report, Series} from './report.ts';

const unknown = '·';

const figure = (value: number | null): string => (value === null ? '-' : average(value));

/** Bars of a series on the scale of the highest value of all series. */
const barsOf = ({cells}: Series, most: number): string => {
	const heights = bars([...cells.map(value => value ?? 0), most]);
	return cells.map((value, index) => (value === null ? unknown : heights[index])).join('');
};

const signs: readonly (readonly [sign: string, meaning: string, kinds: ReadonlySet<Happening['kind']>])[] = [
	['!', 'action', new Set(['action'])],
	['▲', 'finding begins', new Set(['begin'])],
	['▼', 'finding ends', new Set(['end'])],
	['*', 'mark or server change', new Set(['mark', 'server'])],
];
const both = '◆';

const placeOf = ({at}: Happening, {from, seconds}: Head, count: number): number =>
	seconds > 0 ? Math.min(count - 1, Math.floor(((secondsBetween(from, at) ?? 0) / seconds) * count)) : 0;

/** One sign per cell with an event, and a legend of the signs in use. */
const markers = ({head, load, events}: Report): {readonly row: string; readonly legend: readonly string[]} => {
	const count = load.active.cells.length;
	const shown = events.filter(({severity}) => severity !== 'notice');
	const byPlace = Map.groupBy(shown, event => placeOf(event, head, count));
	const used = new Set<string>();
	const row = Array.from({length: count}, (_, place) => {
		const kinds = new Set((byPlace.get(place) ?? []).map(({kind}) => kind));
		const first = signs.find(([, , marked]) => [...kinds].some(kind => marked.has(kind)))?.[0];
		const sign = first === '▲' && kinds.has('end') ? both : (first ?? ' ');
		used.add(sign);
		return sign;
	}).join('');
	const legend = signs.flatMap(([sign, meaning]) => (used.has(sign) ? [`${sign} ${meaning}`] : []));
	return {row, legend: used.has(both) ? [...legend, `${both} one begins, one ends`] : legend};
};

/** Load over time as text: a row of bars for all sessions and for each wait class, and a row of events. */
export const chartOf = (report: Report): {readonly lines: readonly string[]; readonly legend: string} => {
	const {head, load} = report;
	const series = [load.active, ...load.waits];
	const most = Math.max(
		...load.active.cells.map(value => value ?? 0),
		...load.waits.flatMap(({cells}) => cells.map(value => value ?? 0)),
	);
	const count = load.active.cells.length;
	const width = Math.max(8, ...series.map(({name}) => name.length));
	const [from, to] = [reportClock(head.from, head), reportClock(head.to, head)];
	const {row, legend} = markers(report);
	const rowOf = ({name, peak, average: mean, ...of}: Series): string =>
		`${name.padEnd(width)}  ${barsOf({name, peak, average: mean, ...of}, most)}  peak ${figure(peak).padStart(4)}  average ${figure(mean)}`;
	const isNarrow = count < from.length + to.length + 1;
	const cell = `one cell is ${duration(load.seconds_per_cell)}`;
	const hasUnknown = load.active.cells.includes(null);
	return {
		lines: [
			...(isNarrow ? [] : [`${' '.repeat(width)}  ${from}${' '.repeat(count - from.length - to.length)}${to}`]),
			...series.map(rowOf),
			...(row.trim() === '' ? [] : [`${'events'.padEnd(width)}  ${row.trimEnd()}`]),
		],
		legend: [
			`Average active sessions: ${cell}, all rows have the same scale`,
			...legend,
			...(hasUnknown ? [`${unknown} not read`] : []),
		].join('; '),
	};
};
