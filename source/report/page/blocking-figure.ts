import {type Html, html} from '../../core/text/html.ts';
import {plural} from '../../core/text/words.ts';
import {duration} from '../../core/values/units.ts';
import {reportClock} from '../clock.ts';
import {listedRoots} from '../document.ts';
import type {Head, Report, Root} from '../report.ts';
import {groupName} from '../summary.ts';
import {placeInTime, timeAxis, widthShare} from './axis.ts';

const areaHeight = 26;
const rowHeight = areaHeight + 42;
const mostGroups = 3;
const leastShare = 0.003;

/** Root blockers over time: a row for each, as high as the number of sessions that it blocked, with whom it blocked. */
export const blockingFigure = (report: Report): Html => {
	const {head} = report;
	const roots = listedRoots(report);
	const most = Math.max(1, ...roots.map(({sessions_peak}) => sessions_peak));
	const height = roots.length * rowHeight;
	return html`<figure>
<figcaption>Root blockers over time; the height is the number of blocked sessions, the highest ${plural(most, 'session')}.</figcaption>
<svg class="chart" width="100%" height="${height + 20}" role="img" aria-label="Root blockers and the sessions that they blocked over time">
${timeAxis(head, height)}
${roots.map((root, index) => rowOf(root, index, most, head))}
</svg>
</figure>
`;
};

const rowOf = (root: Root, index: number, most: number, head: Head): Html => {
	const {name, holds, sessions_peak, wait_seconds, blast_radius, first, last, ended_at} = root;
	const y = index * rowHeight;
	const foot = y + 16 + areaHeight;
	const groups = blast_radius.slice(0, mostGroups).map(group => `${group.sessions} × ${groupName(group)}`);
	const left = blast_radius.length - groups.length;
	const whom = `blocked ${groups.join(', ')}${left > 0 ? `, ${plural(left, 'more group')}` : ''}`;
	const title = `${name}: ${holds}; ${reportClock(first, head)} to ${reportClock(ended_at ?? last, head)}, ${plural(sessions_peak, 'session')} at the peak, ${duration(wait_seconds)} total wait`;
	return html`<a href="#item-${index + 1}"><title>${title}</title><text class="name strong" x="0" y="${y + 12}">${index + 1}. ${name}</text>
${stepsOf(root, most, head, foot)}<line class="level" x1="0" x2="100%" y1="${foot}" y2="${foot}"/>
<text class="name" x="0" y="${foot + 14}">${whom}</text></a>
`;
};

/** Rectangles from each change of the number of blocked sessions to the next. */
const stepsOf = ({blocked, last}: Root, most: number, head: Head, foot: number): readonly Html[] =>
	blocked.flatMap(({at, sessions}, index) => {
		if (sessions === 0) return [];
		const [begin, end] = [placeInTime(at, head), placeInTime(blocked[index + 1]?.at ?? last, head)];
		const high = Math.max(2, Number(((sessions / most) * areaHeight).toFixed(1)));
		return [
			html`<rect class="blocked" x="${widthShare(begin)}" width="${widthShare(Math.max(leastShare, end - begin))}" y="${foot - high}" height="${high}"/>`,
		];
	});
