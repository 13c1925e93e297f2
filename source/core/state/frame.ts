import type {Size} from './key.ts';
import type {State} from './state.ts';

/** A screen too small for a table, which shows one line of status instead. */
export const isTiny = ({columns, rows}: Size): boolean => columns < 40 || rows < 8;

/** Lines of the header by the height of the screen, less those the user put away. */
export const headerHeight = ({size, options}: Pick<State, 'size' | 'options'>): number => {
	const most = size.rows >= 30 ? 5 : size.rows >= 24 ? 4 : 2;
	const wanted = 3 + (options.rates ? 1 : 0) + (options.strip ? 1 : 0);
	return Math.min(most, wanted);
};

/** Lines of a page or of the table's title, column heads and rows: all between header and foot. */
export const pageHeight = (state: Pick<State, 'size' | 'options'>): number => state.size.rows - headerHeight(state) - 1;

/** Lines that rows of the table may take. */
export const bodyHeight = (state: Pick<State, 'size' | 'options'>): number => Math.max(1, pageHeight(state) - 2);
