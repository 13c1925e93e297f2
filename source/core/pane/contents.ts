import type {Row, Value} from '../sample/sample.ts';
import {clean, widthOf} from '../text/clean.ts';
import type {Instant} from '../values/instant.ts';
import type {Column} from './column.ts';

/** Contents of a column over all rows of a pane. */
export type Content = {
	/** Cells of its widest text, up to the width of the column; undefined if the column does not fit its contents. */
	readonly width: number | undefined;
	/** True if some row has a text or a figure other than 0, or if the column has its room in any case. */
	readonly filled: boolean;
	/** True if no row shows anything, not even a 0. */
	readonly blank: boolean;
	/** Columns before it that it could merge with, but that show something else on some row. */
	readonly apart: readonly Column[];
};

/** Contents of the columns of a table. */
export type Contents = ReadonlyMap<Column, Content>;

/** Contents of columns over some rows; only columns that are shown unscrolled are looked at. */
export const contentsOf = (columns: readonly Column[], rows: readonly Row[], now: Instant): Contents => {
	const shown = columns.filter(({keep}) => keep > 0);
	return new Map(
		shown.map((column, index): [Column, Content] => {
			const width = column.width.fits && !column.width.grow ? widest(column, rows, now) : undefined;
			const fill = width === undefined ? fillOf(column, rows, now) : {filled: width > 0, blank: width === 0};
			return [
				column,
				{width, ...fill, filled: fill.filled || column.stays, apart: apartOf(column, shown.slice(0, index), rows, now)},
			];
		}),
	);
};

const widest = (column: Column, rows: readonly Row[], now: Instant): number => {
	// Many sessions have the same user, application and state.
	const measured = new Set<Value>();
	let width = 0;
	for (const row of rows) {
		const value = column.value(row, now);
		if (value === null || measured.has(value)) continue;
		if (column.kind === 'text') measured.add(value);
		width = Math.max(width, widthOf(clean(column.format(value, row))));
		if (width >= column.width.max) return column.width.max;
	}
	return width;
};

const fillOf = (column: Column, rows: readonly Row[], now: Instant): Pick<Content, 'filled' | 'blank'> => {
	if (column.width.grow) return {filled: true, blank: false};
	let blank = true;
	for (const row of rows) {
		const value = column.value(row, now);
		if (isFilled(column, value, row)) return {filled: true, blank: false};
		blank &&= column.format(value, row) === '';
	}
	return {filled: false, blank};
};

const apartOf = (column: Column, before: readonly Column[], rows: readonly Row[], now: Instant): readonly Column[] =>
	column.merge === undefined
		? []
		: before.filter(other => other.merge === column.merge && rows.some(row => differ(column, other, row, now)));

const isFilled = (column: Column, value: Value, row: Row): boolean => {
	if (value === null || value === 0) return false;
	// A figure that is rounded to 0 is shown as 0.
	if (typeof value === 'number') return Math.abs(value) >= 1 || /[1-9]/.test(column.format(value, row));
	return column.format(value, row) !== '';
};

// On a busy server there is some time between the BEGIN and its first statement, which says nothing.
const sameSeconds = 0.5;

const differ = (a: Column, b: Column, row: Row, now: Instant): boolean => {
	const [one, other] = [a.value(row, now), b.value(row, now)];
	if (one === other) return false;
	if (a.kind === 'seconds' && typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) > sameSeconds;
	return a.format(one, row) !== b.format(other, row);
};

/**
 * Contents by which a table is laid out, of those of the last refreshes, newest first. A column widens at once, and narrows after all
 * of them. It appears, or is told apart from another one, after two refreshes in a row, and disappears or merges after all of them
 * without such a pair: what comes and goes moves nothing. What was before the oldest is taken to be like it.
 */
export const settledContents = (refreshes: readonly Contents[]): Contents | undefined => {
	const [newest, ...before] = repeatedAtMostOnce(refreshes);
	if (!newest || before.length === 0) return newest;
	const all = [newest, ...before];
	const held = (holds: (content: Content) => boolean, column: Column): boolean => {
		// A column of figures that are not always known is not in every refresh.
		const each = all.flatMap(contents => contents.get(column) ?? []).map(holds);
		return each.some((is, index) => is && (each[index + 1] ?? true));
	};
	return new Map(
		[...newest].map(([column, {width, apart}]): [Column, Content] => [
			column,
			{
				width: width && Math.max(...all.map(contents => contents.get(column)?.width ?? 0)),
				filled: held(({filled}) => filled, column),
				blank: !held(({blank}) => !blank, column),
				apart: [...new Set([...apart, ...before.flatMap(contents => contents.get(column)?.apart ?? [])])].filter(other =>
					held(content => content.apart.includes(other), column),
				),
			},
		]),
	);
};

// Two refreshes in a row are all that counts, and most of sixty are the same.
const repeatedAtMostOnce = (refreshes: readonly Contents[]): readonly Contents[] =>
	refreshes.filter((contents, index) => contents !== refreshes[index - 1] || contents !== refreshes[index - 2]);

/** True if a table looks the same with either contents. */
export const isSameContents = (a: Contents | undefined, b: Contents | undefined): boolean =>
	a === b ||
	(a !== undefined &&
		b !== undefined &&
		a.size === b.size &&
		[...a].every(([column, one]) => {
			const other = b.get(column);
			return (
				other !== undefined &&
				one.width === other.width &&
				one.filled === other.filled &&
				one.blank === other.blank &&
				one.apart.length === other.apart.length &&
				one.apart.every(each => other.apart.includes(each))
			);
		}));
