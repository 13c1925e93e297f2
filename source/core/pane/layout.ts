import type {Row} from '../sample/sample.ts';
import type {Column} from './column.ts';
import type {Contents} from './contents.ts';

/** A column at its position on the screen, and those that show the same on every row and are left out for it. */
export type PlacedColumn<R = Row> = {
	readonly column: Column<R>;
	readonly width: number;
	readonly merged: readonly Column<R>[];
};

/** Columns that a person asked for: the one that the rows are sorted by, and one to show, if they would not have room. */
export type Wishes = {readonly sorted?: string | undefined; readonly shown?: string | undefined};

/** Cells of the screen, and those of them for a table. */
export type Room = {readonly screen: number; readonly table: number};

/** Blank cells between columns. */
export const gap = 1;

// The column that is sorted by is dropped at no width: its mark says why the rows are in this order.
const sortedWorth = 101;
const shownWorth = 100;
// On a narrow screen the first column gives way to it.
const leastFirst = 8;

// Below 120 columns a share of the screen would cost columns that a narrower screen shows.
const besideShare = 80;

/** A column with the width that it needs, the one in which nothing of it is cut, and what it is worth; as a filler if no column grows. */
type Candidate = {
	readonly column: Column;
	readonly need: number;
	readonly want: number;
	readonly worth: number;
	readonly filler: number;
	readonly merged: readonly Column[];
};

/**
 * Chooses columns and their widths for a table. Unscrolled, columns are dropped by lowest `keep` until the rest fit; those that are
 * empty or 0 on every row only take room that no other column wants, and of those that show the same on every row one is left.
 * Scrolled by `offset`, the first column stays and the others pass by in declared order. Left-over cells widen columns as far as
 * their contents, then the one that grows. Columns that were asked for are kept as if their `keep` were highest.
 */
export const layout = (
	columns: readonly Column[],
	room: Room,
	contents: Contents | undefined,
	offset: number,
	wishes: Wishes = {},
): readonly PlacedColumn[] => {
	const candidates = columns.map((column): Candidate => {
		const rank = column.id === wishes.sorted ? sortedWorth : column.id === wishes.shown ? shownWorth : column.keep;
		const {filled = true, blank = false} = contents?.get(column) ?? {};
		const worth = filled || rank >= shownWorth ? rank : 0;
		return {column, ...widthsOf(column, contents, room), worth, filler: blank ? worth : rank, merged: []};
	});
	if (offset > 0) return withWidths(scrolledColumns(candidates, room.table, offset), room.table);
	const apart = contents ? withoutMerged(candidates, contents, wishes.shown) : candidates;
	const chosen = fittingColumns(apart, room.table);
	const isFull = chosen.some(({column}) => column.width.grow);
	return withWidths(isFull ? chosen : withFillers(chosen, apart, room.table), room.table);
};

const widthsOf = (column: Column, contents: Contents | undefined, {screen}: Room): Pick<Candidate, 'need' | 'want'> => {
	const {min, max, grow, share} = column.width;
	if (grow) {
		const need = Math.max(min, Math.min(Math.ceil(screen * share), screen - besideShare));
		return {need, want: need};
	}
	const content = contents?.get(column)?.width;
	if (content === undefined) return {need: min, want: max};
	const want = Math.min(Math.max(content, column.title.length), max);
	return {want, need: Math.min(Math.max(content, column.brief.length), min, want)};
};

const cost = (candidates: readonly Candidate[]): number => candidates.reduce((sum, {need}) => sum + need + gap, -gap);

/**
 * Candidates without those that show the same as another one on every row. The one that is to be shown is left, else the one of most
 * worth; it is worth as much as any of them.
 */
const withoutMerged = (candidates: readonly Candidate[], contents: Contents, shown: string | undefined): readonly Candidate[] => {
	const isSame = (a: Column, b: Column): boolean =>
		a.merge === b.merge && contents.get(a)?.apart.includes(b) === false && contents.get(b)?.apart.includes(a) === false;
	const left = new Map<Column, Candidate>();
	const mergeable = candidates.filter(({column}) => column.merge !== undefined);
	const place = ({column}: Candidate): number => (column.id === shown ? 0 : 1);
	for (const candidate of mergeable.toSorted((a, b) => place(a) - place(b) || b.worth - a.worth)) {
		const {column, worth} = candidate;
		const other = [...left.values()].find(each => isSame(each.column, column));
		const whole = other ? {...other, worth: Math.max(other.worth, worth), merged: [...other.merged, column]} : candidate;
		left.set(whole.column, whole);
	}
	return candidates.flatMap(candidate => (candidate.column.merge === undefined ? candidate : (left.get(candidate.column) ?? [])));
};

const fittingColumns = (candidates: readonly Candidate[], width: number): readonly Candidate[] => {
	let chosen = candidates.filter(({worth}, index) => index === 0 || worth > 0);
	while (chosen.length > 1 && cost(chosen) > width) {
		const least = Math.min(...chosen.slice(1).map(({worth}) => worth));
		if (least === sortedWorth) break;
		const last = chosen.findLastIndex(({worth}, index) => index > 0 && worth === least);
		chosen = chosen.filter((_, index) => index !== last);
	}
	return chosen;
};

/** Adds columns that were dropped, highest first and those that are 0 on every row last, as far as they fit: no column grows. */
const withFillers = (chosen: readonly Candidate[], candidates: readonly Candidate[], width: number): readonly Candidate[] => {
	const all = new Set(chosen);
	const others = candidates.filter(({filler}) => filler > 0);
	for (const candidate of others.sort((a, b) => b.worth - a.worth || b.filler - a.filler))
		if (!all.has(candidate) && cost([...all, candidate]) <= width) all.add(candidate);
	return candidates.filter(candidate => all.has(candidate));
};

const scrolledColumns = (candidates: readonly Candidate[], width: number, offset: number): readonly Candidate[] => {
	const [first, ...rest] = candidates;
	if (!first) return [];
	const chosen = [first];
	for (const candidate of rest.slice(Math.min(offset, rest.length - 1))) {
		if (chosen.length > 1 && cost([...chosen, candidate]) > width) break;
		chosen.push(candidate);
	}
	return chosen;
};

const withWidths = (candidates: readonly Candidate[], width: number): readonly PlacedColumn[] => {
	let left = width - cost(candidates);
	const widths = new Map(candidates.map(candidate => [candidate, candidate.need]));
	const widthOf = (candidate: Candidate): number => widths.get(candidate) ?? 0;
	const widen = (candidate: Candidate, by: number): void => {
		widths.set(candidate, widthOf(candidate) + by);
		left -= by;
	};
	for (const candidate of candidates.toSorted((a, b) => b.column.keep - a.column.keep))
		widen(candidate, Math.max(0, Math.min(left, candidate.want - candidate.need)));
	const [first] = candidates;
	if (first && left < 0 && candidates.length > 1) widen(first, Math.max(left, Math.min(0, leastFirst - first.need)));
	const taker = candidates.findLast(({column}) => column.width.grow) ?? (left < 0 ? candidates.at(-1) : undefined);
	if (taker) widen(taker, Math.max(left, 1 - widthOf(taker)));
	return candidates.map(candidate => ({column: candidate.column, width: widthOf(candidate), merged: candidate.merged}));
};
