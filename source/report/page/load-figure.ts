import {type Html, html} from '../../core/text/html.ts';
import {laterBy} from '../../core/values/instant.ts';
import {average, duration} from '../../core/values/units.ts';
import {loadClasses, loadClassOf} from '../../panes/reading/load.ts';
import {reportClock, withClocks} from '../clock.ts';
import {listedEvents} from '../document.ts';
import type {Happening, Report, Series, Trouble} from '../report.ts';
import {placeInTime, timeAxis, widthShare} from './axis.ts';

const height = 200;
const pointRow = 16;
const findingRow = 22;
const mostFindings = 12;
const ordinary = new Set<Happening['kind']>(['action', 'mark', 'server']);

/** A class of load with its cells. */
type Stacked = {readonly name: string; readonly tone: string; readonly cells: readonly (number | null)[]};

/** Wait classes from the bottom of the stack to its top, those without load left out. */
const stackedOf = (waits: readonly Series[]): readonly Stacked[] =>
	loadClasses.flatMap(({name, tone}) => {
		const members = waits.filter(each => loadClassOf(each.name).name === name);
		const cells = members[0]?.cells.map((_, index) => {
			const values = members.map(each => each.cells[index] ?? null);
			return values.every(value => value === null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
		});
		return cells?.some(value => (value ?? 0) > 0) ? [{name, tone, cells}] : [];
	});

// Their halves are short numbers too.
const roundNumbers = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** The next number that is short to write. */
const roundUp = (value: number): number => {
	const power = 10 ** Math.floor(Math.log10(value));
	return power * (roundNumbers.find(step => step * power >= value) ?? 10);
};

/** The load over time, stacked by wait class, with points for actions and marks and a bar for each finding below. */
export const loadFigure = (report: Report): Html => {
	const {head, load} = report;
	const classes = stackedOf(load.waits);
	const most = roundUp(Math.max(1, ...load.active.cells.map(value => value ?? 0)));
	const points = listedEvents(report).flatMap((event, index) => (ordinary.has(event.kind) ? [{event, number: index + 1}] : []));
	const findings = report.findings.filter(({severity}) => severity !== 'notice').slice(0, mostFindings);
	const total = height + 20 + (points.length > 0 ? pointRow + 8 : 0) + findings.length * findingRow;
	const cell = duration(load.seconds_per_cell);
	return html`<figure>
<figcaption>Average active sessions by wait class; one bar is ${cell}. ${figuresOf(report)}</figcaption>
${legendOf(classes, load.waits, load.active.cells.includes(null))}
<svg class="chart" width="100%" height="${total}" role="img" aria-label="Average active sessions over time">
${load.active.cells.map((_, index) => barOf(report, classes, most, index))}
${[0, most / 2, most].map(value => levelOf(value, most))}
${timeAxis(head, height)}
${points.map(point => pointOf(report, point))}
${findings.map((finding, index) => findingBar(report, finding, total - (findings.length - index) * findingRow))}
</svg>
</figure>
`;
};

const figuresOf = ({head, load: {active}}: Report): string =>
	active.peak === null || active.peak_at === null || active.average === null
		? 'No figures: the activity of sessions was not visible to this role.'
		: `Peak ${average(active.peak)} at ${reportClock(active.peak_at, head)}, average ${average(active.average)}.`;

const legendOf = (classes: readonly Stacked[], waits: readonly Series[], hasUnknown: boolean): Html => {
	const averageOf = (name: string): number =>
		waits.filter(each => loadClassOf(each.name).name === name).reduce((sum, each) => sum + (each.average ?? 0), 0);
	const swatch = (tone: string): Html =>
		html`<svg class="swatch" width="10" height="10"><rect class="${tone}" width="10" height="10"/></svg>`;
	return html`<ul class="legend">${[...classes].reverse().map(({name, tone}) => html`<li>${swatch(tone)} ${name} <small>average ${average(averageOf(name))}</small></li>`)}${
		hasUnknown ? html`<li>${swatch('unknown')} not read</li>` : ''
	}</ul>`;
};

const barOf = ({head, load}: Report, classes: readonly Stacked[], most: number, index: number): Html => {
	const count = load.active.cells.length;
	const active = load.active.cells[index] ?? null;
	// Wider than its share, so that rounding leaves no slit before the next bar.
	const [x, width] = [widthShare(index / count), widthShare(1.2 / count)];
	const at = reportClock(laterBy(head.from, load.seconds_per_cell * index * 1000), head);
	if (active === null)
		return html`<rect class="unknown" x="${x}" width="${width}" y="0" height="${height}"><title>${at}: not read</title></rect>
`;
	let top = height;
	const parts = classes.flatMap(({tone, cells}) => {
		const high = Number((((cells[index] ?? 0) / most) * height).toFixed(1));
		if (high <= 0) return [];
		top = Number((top - high).toFixed(1));
		return [html`<rect class="${tone}" x="${x}" width="${width}" y="${top}" height="${high}"/>`];
	});
	const words = [...classes].reverse().flatMap(({name, cells}) => {
		const value = cells[index] ?? 0;
		return value > 0 ? [`${name} ${average(value)}`] : [];
	});
	return html`<g><title>${at}: ${[`${average(active)} active`, ...words].join(', ')}</title>${parts}</g>
`;
};

const levelOf = (value: number, most: number): Html => {
	const y = Number((height - (value / most) * height).toFixed(1));
	return html`<line class="level" x1="0" x2="100%" y1="${y}" y2="${y}"/>${
		value === 0 ? '' : html`<text class="tick on" x="2" y="${y + 12}">${average(value)}</text>`
	}
`;
};

const pointNames: Partial<Readonly<Record<Happening['kind'], string>>> = {action: 'action', mark: 'mark', server: 'server'};

/** An action, a mark or a change of the server: a line over the chart, with the number of the event below. */
const pointOf = (
	{head}: Report,
	{event: {at, kind, text}, number}: {readonly event: Happening; readonly number: number},
): Html => {
	const share = placeInTime(at, head);
	const [x, middle] = [widthShare(share), widthShare(Math.min(0.985, Math.max(0.015, share)))];
	return html`<a href="#event-${number}"><title>${reportClock(at, head)} ${pointNames[kind] ?? kind}: ${withClocks(text, head)}</title>
<line class="point ${kind}" x1="${x}" x2="${x}" y1="0" y2="${height + 22}"/><circle class="point ${kind}" cx="${middle}" cy="${height + 30}" r="8"/>
<text class="number" x="${middle}" y="${height + 34}" text-anchor="middle">${number}</text></a>
`;
};

/** A finding while it was present. */
const findingBar = ({head}: Report, {rule, severity, times, summary}: Trouble, y: number): Html => {
	const bars = times.map(({from, to}) => {
		const [begin, end] = [placeInTime(from, head), placeInTime(to, head)];
		return html`<rect class="${severity}" x="${widthShare(begin)}" width="${widthShare(Math.max(0.003, end - begin))}" y="${y + 16}" height="4"/>`;
	});
	return html`<g><title>${withClocks(summary, head)}</title><text class="name" x="0" y="${y + 12}">${severity} ${rule}</text>${bars}</g>
`;
};
