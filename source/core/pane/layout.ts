import type {Row} from '../sample/sample.ts';
import type {Column} from './column.ts';

/** A column at its position on the screen. */
export type PlacedColumn<R = Row> = {readonly column: Column<R>; readonly width: number};

/** Blank cells between columns. */
export const gap = 1;

/**
 * Chooses columns and their widths for `width` cells. Unscrolled, columns are dropped by lowest `keep` until the rest fit; scrolled
 * by `offset`, the first column stays and the others pass by in declared order. Left-over cells widen columns to their maximum,
 * then the one that grows. `preferred` columns are kept as if their `keep` were highest.
 */
export const layout = (
	columns: readonly Column[],
	width: number,
	offset: number,
	...preferred: readonly (string | undefined)[]
): readonly PlacedColumn[] => {
	const chosen = offset === 0 ? fittingColumns(columns, width, preferred) : scrolledColumns(columns, width, offset);
	return withWidths(chosen, width);
};

const cost = (columns: readonly Column[]): number => columns.reduce((sum, column) => sum + column.width.min + gap, -gap);

const fittingColumns = (
	columns: readonly Column[],
	width: number,
	preferred: readonly (string | undefined)[],
): readonly Column[] => {
	const worth = (column: Column): number => (preferred.includes(column.id) ? 100 : column.keep);
	let chosen = columns.filter(column => worth(column) > 0);
	while (chosen.length > 1 && cost(chosen) > width) {
		const least = Math.min(...chosen.slice(1).map(worth));
		const last = chosen.findLastIndex((column, index) => index > 0 && worth(column) === least);
		chosen = chosen.filter((_, index) => index !== last);
	}
	return chosen.some(({width: {grow}}) => grow) ? chosen : withFillers(chosen, columns, width, worth);
};

/** Adds columns that were dropped, highest `keep` first, as far as they fit before the one that grows takes the room. */
const withFillers = (
	chosen: readonly Column[],
	columns: readonly Column[],
	width: number,
	worth: (column: Column) => number,
): readonly Column[] => {
	const all = new Set(chosen);
	for (const column of columns.filter(each => worth(each) > 0).sort((a, b) => worth(b) - worth(a)))
		if (!all.has(column) && cost([...all, column]) <= width) all.add(column);
	return columns.filter(column => all.has(column));
};

const scrolledColumns = (columns: readonly Column[], width: number, offset: number): readonly Column[] => {
	const [first, ...rest] = columns;
	if (!first) return [];
	const chosen = [first];
	for (const column of rest.slice(Math.min(offset, rest.length - 1))) {
		if (chosen.length > 1 && cost([...chosen, column]) > width) break;
		chosen.push(column);
	}
	return chosen;
};

const withWidths = (columns: readonly Column[], width: number): readonly PlacedColumn[] => {
	let left = width - cost(columns);
	const widths = columns.map(column => column.width.min);
	const byWorth = columns.map((_, index) => index).sort((a, b) => (columns[b]?.keep ?? 0) - (columns[a]?.keep ?? 0));
	for (const index of byWorth) {
		const more = Math.max(0, Math.min(left, (columns[index]?.width.max ?? 0) - (widths[index] ?? 0)));
		widths[index] = (widths[index] ?? 0) + more;
		left -= more;
	}
	const growing = columns.findLastIndex(column => column.width.grow);
	const taker = growing >= 0 ? growing : left < 0 ? columns.length - 1 : -1;
	if (taker >= 0) widths[taker] = Math.max(1, (widths[taker] ?? 0) + left);
	return columns.map((column, index) => ({column, width: widths[index] ?? 0}));
};
