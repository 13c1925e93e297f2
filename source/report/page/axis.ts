import {type Html, html} from '../../core/text/html.ts';
import {type Instant, laterBy, secondsBetween} from '../../core/values/instant.ts';
import {reportClock} from '../clock.ts';
import type {Head} from '../report.ts';

/** A part of the width of a chart in percent, so that charts take the width of the page and texts keep their size. */
export const widthShare = (share: number): string => `${Number((Math.min(1, Math.max(0, share)) * 100).toFixed(3))}%`;

/** The place of a time in the period of a report, from 0 to 1. */
export const placeInTime = (at: Instant, {from, seconds}: Head): number =>
	seconds > 0 ? Math.min(1, Math.max(0, (secondsBetween(from, at) ?? 0) / seconds)) : 0;

const ticks = [0, 1 / 4, 1 / 2, 3 / 4, 1];
const shortSeconds = 8;

/** Lines of time over the height of a chart, with their times below. */
export const timeAxis = (head: Head, height: number): Html => {
	const shown = head.seconds < shortSeconds ? [0, 1] : ticks;
	return html`${shown.map(share => {
		const [x, anchor] = [widthShare(share), share === 0 ? 'start' : share === 1 ? 'end' : 'middle'];
		const at = reportClock(laterBy(head.from, head.seconds * share * 1000), head);
		const between = share > 0 && share < 1;
		return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>
<text class="${between && share !== 1 / 2 ? 'tick wide' : between ? 'tick half' : 'tick'}" x="${x}" y="${height + 14}" text-anchor="${anchor}">${at}</text>
`;
	})}`;
};
