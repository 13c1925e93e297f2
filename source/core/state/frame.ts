import type {Size} from './key.ts';
import type {State} from './state.ts';

/** True if the screen is too small for a table (below 40x8) and shows one status line instead. */
export const isTiny = ({columns, rows}: Size): boolean => columns < 40 || rows < 8;

/** Lines of the strip of active sessions; 0 if the user hid it. */
export const stripHeight = ({size, options}: Pick<State, 'size' | 'options'>): number =>
	options.strip ? (size.rows >= 40 ? 4 : 1) : 0;

/** Header lines for the screen height, without the ones the user hid. */
export const headerHeight = (state: Pick<State, 'size' | 'options'>): number => {
	const {rows} = state.size;
	const lines = 3 + (state.options.rates ? 1 : 0) + stripHeight(state);
	return Math.min(rows >= 30 ? lines : rows >= 24 ? 4 : 2, lines);
};

/** Lines between header and foot: a page, or the table's title, column heads and rows. */
export const pageHeight = (state: Pick<State, 'size' | 'options'>): number => state.size.rows - headerHeight(state) - 1;

// The pane with a chart above its table.
const charted = 'timeline';
const leastChart = 6;

/** Lines of the chart above the table of the timeline, about half of the room; 0 in other panes and on a low screen. */
export const chartHeight = (state: Pick<State, 'size' | 'options' | 'pane'>): number => {
	const height = Math.floor(pageHeight(state) / 2);
	return state.pane === charted && height >= leastChart ? height : 0;
};

/** Lines available for table rows. */
export const bodyHeight = (state: Pick<State, 'size' | 'options' | 'pane'>): number =>
	Math.max(1, pageHeight(state) - chartHeight(state) - 2);
