import type {Size} from './key.ts';
import type {State} from './state.ts';

/** True if the screen is too small for a table (below 40x8) and shows one status line instead. */
export const isTiny = ({columns, rows}: Size): boolean => columns < 40 || rows < 8;

/** Header lines for the screen height, without the ones the user hid. */
export const headerHeight = ({size, options}: Pick<State, 'size' | 'options'>): number => {
	const maxLines = size.rows >= 30 ? 5 : size.rows >= 24 ? 4 : 2;
	const lines = 3 + (options.rates ? 1 : 0) + (options.strip ? 1 : 0);
	return Math.min(maxLines, lines);
};

/** Lines between header and foot: a page, or the table's title, column heads and rows. */
export const pageHeight = (state: Pick<State, 'size' | 'options'>): number => state.size.rows - headerHeight(state) - 1;

/** Lines available for table rows. */
export const bodyHeight = (state: Pick<State, 'size' | 'options'>): number => Math.max(1, pageHeight(state) - 2);
