import type {Result, Row, Sample} from '../sample/sample.ts';
import type {Past} from './past.ts';

/** Storage that the timelines of one history share: it only grows, and each timeline sees its part of it. */
type Shared = {
	readonly samples: Sample[];
	/** Bytes that each sample added to memory when it came. */
	readonly costs: number[];
};

/**
 * The samples in memory, oldest first, within a budget of bytes. Rows and values that neighbors share are counted once, so that a
 * quiet server costs only its changes.
 */
export type Timeline = {
	readonly samples: Past;
	readonly bytes: number;
	readonly budget: number;
	/** Bytes of the oldest sample, which shares nothing with an earlier one. */
	readonly oldestBytes: number;
	readonly shared: Shared;
	/** Range of the shared samples that this timeline has. */
	readonly from: number;
	readonly to: number;
};

const windowOf = ({samples}: Shared, from: number, to: number): Past => ({
	length: to - from,
	at: index => {
		const place = index < 0 ? to + index : from + index;
		return place >= from && place < to ? samples[place] : undefined;
	},
	slice: (start = 0, end = to - from) => samples.slice(from + Math.max(0, start), from + Math.min(end, to - from)),
});

/** An empty timeline of at most `budget` bytes. */
export const emptyTimeline = (budget: number): Timeline => {
	const shared: Shared = {samples: [], costs: []};
	return {samples: windowOf(shared, 0, 0), bytes: 0, budget, oldestBytes: 0, shared, from: 0, to: 0};
};

/** The newest sample, or undefined before the first. */
export const newest = ({samples}: Timeline): Sample | undefined => samples.at(-1);

// Number of dropped samples that may stay in memory before the rest is moved.
const mostDropped = 64;

/**
 * Appends a sample and drops the oldest ones while the timeline is over budget; the newest always stays. The cost depends on the
 * sample, not on the length of the timeline.
 */
export const append = (timeline: Timeline, sample: Sample): Timeline => {
	const {budget, to} = timeline;
	const before = newest(timeline);
	const cost = bytesOf(sample, before);
	// If two samples follow the same one, the second begins a history of its own. So does the very first sample: a reference to the
	// initial state would otherwise keep all samples up to the first drop.
	const follows = to > 0 && timeline.shared.samples.length === to;
	const shared = follows ? timeline.shared : partOf(timeline.shared, timeline.from, to);
	let from = shared === timeline.shared ? timeline.from : 0;
	shared.samples.push(sample);
	shared.costs.push(cost);
	const {samples, costs} = shared;
	let bytes = timeline.bytes + cost;
	let oldestBytes = before ? timeline.oldestBytes : cost;
	while (bytes > budget && from < samples.length - 1) {
		const [gone, next] = [samples[from] as Sample, samples[from + 1] as Sample];
		const dropped = bytesOf(gone, next);
		// The next sample now pays for what it shared with the dropped one.
		oldestBytes += (costs[from + 1] ?? 0) - dropped;
		bytes -= dropped;
		from++;
	}
	if (from < mostDropped)
		return {samples: windowOf(shared, from, samples.length), bytes, budget, oldestBytes, shared, from, to: samples.length};
	const moved = partOf(shared, from, samples.length);
	const length = moved.samples.length;
	return {samples: windowOf(moved, 0, length), bytes, budget, oldestBytes, shared: moved, from: 0, to: length};
};

const partOf = ({samples, costs}: Shared, from: number, to: number): Shared => ({
	samples: samples.slice(from, to),
	costs: costs.slice(from, to),
});

const objectBytes = 56;
const pointerBytes = 8;

/** Bytes that a sample adds to memory if what it shares with `other` is free: an estimate from field counts and text lengths. */
export const bytesOf = (sample: Sample, other: Sample | undefined): number => {
	let bytes = objectBytes * 4;
	for (const [name, result] of Object.entries(sample.results)) {
		const before = other?.results[name];
		if (result !== before) bytes += resultBytes(result, before);
	}
	return bytes;
};

const noRows: readonly Row[] = [];

const resultBytes = (result: Result, before: Result | undefined): number => {
	if (!result.ok) return objectBytes * 2 + result.error.message.length * 2;
	const others = before?.ok ? before.rows : noRows;
	let bytes = objectBytes * 2;
	if (result.rows === others) return bytes;
	bytes += result.rows.length * pointerBytes;
	const fresh = without(result.rows, others);
	const versions = byName(without(others, result.rows));
	const names = byName(fresh);
	for (const row of fresh) {
		const name = nameOf(row);
		// A changed row shares its unchanged values; its earlier version is certain only if one row on each side has the name.
		bytes += rowBytes(row, names.get(name) === row ? versions.get(name) : undefined);
	}
	return bytes;
};

/** Rows that are not among others, each once. */
const without = (rows: readonly Row[], others: readonly Row[]): ReadonlySet<Row> => {
	const known = new Set(others);
	return new Set(rows.filter(row => !known.has(row)));
};

/** The first two columns, which usually identify a row. */
const nameOf = (row: Row): string => {
	let name = '';
	let taken = 0;
	for (const field in row) {
		name += `@${row[field]}`;
		if (++taken === 2) break;
	}
	return name;
};

/** Rows by name; undefined for a name that several rows have. */
const byName = (rows: ReadonlySet<Row>): ReadonlyMap<string, Row | undefined> => {
	const named = new Map<string, Row | undefined>();
	for (const row of rows) {
		const name = nameOf(row);
		named.set(name, named.has(name) ? undefined : row);
	}
	return named;
};

const rowBytes = (row: Row, version: Row | undefined): number => {
	let bytes = objectBytes;
	for (const field in row) {
		const value = row[field];
		bytes += pointerBytes;
		if (value === version?.[field]) continue;
		if (typeof value === 'string') bytes += 16 + value.length * (value.length > 0 && isWide(value) ? 2 : 1);
		else if (Array.isArray(value)) bytes += objectBytes + value.length * pointerBytes;
	}
	return bytes;
};

// V8 stores text with any character above U+00FF at two bytes each.
const isWide = (text: string): boolean => /[^\x00-\xff]/.test(text);
