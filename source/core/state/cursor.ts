import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Row, Sample} from '../sample/sample.ts';
import type {Cursor, PaneState} from './state.ts';
import type {View} from './view.ts';

/** The pane with its cursor at `index` of the view's rows, engaged if it was not; the rows keep the order they stand in. */
export const withCursorAt = (own: PaneState, view: View, index: number): PaneState => {
	const place = Math.max(0, Math.min(index, view.rows.length - 1));
	const row = view.rows[place];
	if (!row) return own;
	const order = view.names ?? view.rows.map(view.pane.identity);
	return {...own, cursor: {identity: order[place] as string, index: place, row, order}};
};

/** The cursor after a new sample: on the same row as it is now, or as it was last seen if it ended. */
export const cursorInSample = (cursor: Cursor | undefined, pane: Pane, sample: Sample, past: Past): Cursor | undefined => {
	if (!cursor) return undefined;
	const row: Row | undefined = pane.rows(sample, past).find(candidate => pane.identity(candidate) === cursor.identity);
	return row ? {...cursor, row} : cursor;
};

/** The first visible row, moved as little as keeps `index` among the `height` visible ones. */
export const topFor = (top: number, index: number, height: number, length: number): number => {
	const least = Math.max(0, Math.min(top, length - height));
	if (index < 0) return least;
	if (index < least) return index;
	return index >= least + height ? index - height + 1 : least;
};
