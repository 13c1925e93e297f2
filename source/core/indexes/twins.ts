/** Properties that two indexes must share to serve the same queries; lists of numbers are in PostgreSQL's text form. */
export type IndexShape = {
	readonly indexrelid: number;
	readonly indrelid: number;
	readonly access_method: string;
	readonly indisunique: boolean;
	readonly indisprimary: boolean;
	readonly indisexclusion: boolean;
	readonly indisreplident: boolean;
	readonly indnullsnotdistinct: boolean;
	readonly indnkeyatts: number;
	readonly indkey: string;
	readonly indclass: string;
	readonly indcollation: string;
	readonly indoption: string;
	/** Digests of its expressions and of its predicate. */
	readonly expressions: string | null;
	readonly predicate: string | null;
	readonly conname: string | null;
	readonly referenced: boolean;
	readonly parent: string | null;
};

/** Another index that makes one needless: an equal one, or one that begins with its columns. */
export type Twin<T> = {readonly kind: 'duplicate' | 'redundant'; readonly of: T};

/** True if dropping the index changes which rows the table accepts or how rows are identified: scans do not decide about it. */
export const isNeeded = (index: IndexShape): boolean =>
	index.indisunique || index.indisexclusion || index.indisreplident || index.referenced || index.conname !== null;

/**
 * Indexes that another index on their table makes needless, by oid. Among duplicates the most valuable stays: first the one that a
 * constraint or a foreign key depends on, then the one with most scans, then the oldest. Only B-trees are searched by a prefix.
 */
export const twinsOf = <T extends IndexShape>(
	indexes: readonly T[],
	scansOf: (index: T) => number,
): ReadonlyMap<number, Twin<T>> => {
	const twins = new Map<number, Twin<T>>();
	for (const siblings of groups(indexes, ({indrelid}) => indrelid)) {
		if (siblings.length < 2) continue;
		for (const same of groups(siblings, signature)) {
			if (same.length < 2) continue;
			const [best, ...others] = same.toSorted(byWorth(scansOf)) as [T, ...T[]];
			for (const other of others) twins.set(other.indexrelid, {kind: 'duplicate', of: best});
		}
		const left = siblings.filter(({indexrelid}) => !twins.has(indexrelid));
		const redundant = left.flatMap(index => {
			const covering = isNeeded(index)
				? []
				: left.filter(other => other !== index && covers(other, index) && !yields(other, index));
			return covering.length === 0 ? [] : [{index, covering}];
		});
		const needless = new Set(redundant.map(({index}) => index));
		for (const {index, covering} of redundant) {
			// An index that covers its twin covers it too, so the chain ends.
			const of = covering.find(other => !needless.has(other));
			if (of) twins.set(index.indexrelid, {kind: 'redundant', of});
		}
	}
	return twins;
};

/**
 * Scans of each index by oid once the needless ones are gone: its own and those it takes over. An index without scans may still be
 * the one that stays for all.
 */
export const scansTakenOver = <T extends IndexShape>(
	indexes: readonly T[],
	twins: ReadonlyMap<number, Twin<T>>,
	scansOf: (index: T) => number | null,
): ReadonlyMap<number, number | null> => {
	const scans = new Map(indexes.map(index => [index.indexrelid, scansOf(index)]));
	for (const index of indexes) {
		const own = scansOf(index);
		// A duplicate may be one of an index that is itself redundant; the chain ends there.
		for (let next = twins.get(index.indexrelid); next; next = twins.get(next.of.indexrelid)) {
			const {indexrelid} = next.of;
			const total = scans.get(indexrelid) ?? null;
			scans.set(indexrelid, total === null || own === null ? null : total + own);
		}
	}
	return scans;
};

const groups = <T>(items: readonly T[], keyOf: (item: T) => unknown): Iterable<readonly T[]> => {
	const byKey = new Map<unknown, T[]>();
	for (const item of items) {
		const key = keyOf(item);
		const group = byKey.get(key);
		if (group) group.push(item);
		else byKey.set(key, [item]);
	}
	return byKey.values();
};

const signature = (index: IndexShape): string =>
	index.indisexclusion
		? String(index.indexrelid)
		: [
				index.access_method,
				index.indisunique,
				index.indnullsnotdistinct,
				index.indnkeyatts,
				index.indkey,
				index.indclass,
				index.indcollation,
				index.indoption,
				index.expressions,
				index.predicate,
			].join('|');

const byWorth =
	<T extends IndexShape>(scansOf: (index: T) => number) =>
	(a: T, b: T): number =>
		worthOf(b) - worthOf(a) || scansOf(b) - scansOf(a) || a.indexrelid - b.indexrelid;

const worthOf = ({indisprimary, referenced, indisreplident, conname, parent}: IndexShape): number =>
	[indisprimary, referenced, indisreplident, conname !== null, parent !== null].reduce(
		(worth, holds) => 2 * worth + (holds ? 1 : 0),
		0,
	);

const numbers = (list: string): readonly string[] => list.split(' ');

/** True if every search of `inner` can use `outer`: its columns are the first columns there, in the same order. */
const covers = (outer: IndexShape, inner: IndexShape): boolean => {
	if (outer.access_method !== 'btree' || inner.access_method !== 'btree' || outer.predicate !== inner.predicate) return false;
	if (inner.indnkeyatts > outer.indnkeyatts) return false;
	const columns = numbers(outer.indkey);
	const innerColumns = numbers(inner.indkey);
	const keys = innerColumns.slice(0, inner.indnkeyatts);
	if (keys.includes('0') && inner.expressions !== outer.expressions) return false;
	const begins = (of: (index: IndexShape) => string): boolean => {
		const all = numbers(of(outer));
		return numbers(of(inner))
			.slice(0, inner.indnkeyatts)
			.every((value, place) => value === all[place]);
	};
	return (
		keys.every((key, place) => key === columns[place]) &&
		innerColumns.slice(inner.indnkeyatts).every(column => columns.includes(column)) &&
		begins(index => index.indclass) &&
		begins(index => index.indcollation) &&
		begins(index => index.indoption)
	);
};

/** True if of two indexes that cover each other the younger one is needless. */
const yields = (other: IndexShape, index: IndexShape): boolean =>
	!isNeeded(other) && covers(index, other) && other.indexrelid > index.indexrelid;
