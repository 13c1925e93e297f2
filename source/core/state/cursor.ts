import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Cursor, PaneState} from './state.ts';
import type {View} from './view.ts';

/** Pane state with the cursor at `index` of the view's rows, clamped to them; the rows keep their current order. */
export const withCursorAt = (paneState: PaneState, view: View, index: number): PaneState => {
	const place = Math.max(0, Math.min(index, view.rows.length - 1));
	const row = view.rows[place];
	if (!row) return paneState;
	const order = view.names ?? view.rows.map(view.pane.identity);
	return {...paneState, cursor: {identity: order[place] as string, index: place, row, order, endedFor: 0}};
};

/** The cursor with its row as the sample has it, or as last seen if it ended. */
export const cursorInSample = (cursor: Cursor | undefined, pane: Pane, sample: Sample, past: Past): Cursor | undefined => {
	if (!cursor) return undefined;
	const row: Row | undefined = pane.rows(sample, past).find(candidate => pane.identity(candidate) === cursor.identity);
	return row ? {...cursor, row} : cursor;
};

// An ended row is still shown at the cursor for this many refreshes.
const endedRefreshes = 2;

/** True if the cursor's row ended so long ago that it has left the live table; the cursor is where it was. */
export const hasLeft = ({endedFor}: Cursor): boolean => endedFor > endedRefreshes;

/** Index of the first visible row, moved only as far as keeps `index` among the `height` visible ones. */
export const topFor = (top: number, index: number, height: number, length: number): number => {
	const least = Math.max(0, Math.min(top, length - height));
	if (index < 0) return least;
	if (index < least) return index;
	return index >= least + height ? index - height + 1 : least;
};
