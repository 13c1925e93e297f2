import type {Result, Row, Sample} from './sample.ts';

/**
 * The samples kept in memory, oldest first, under a budget of bytes. A row object that two neighbours share is counted once,
 * so that what a quiet server costs is what changed on it.
 */
export type Timeline = {
	readonly samples: readonly Sample[];
	readonly costs: readonly number[];
	readonly bytes: number;
	readonly budget: number;
};

/** An empty timeline of at most `budget` bytes. */
export const timelineOf = (budget: number): Timeline => ({samples: [], costs: [], bytes: 0, budget});

/** The newest sample, or undefined before the first. */
export const newest = (timeline: Timeline): Sample | undefined => timeline.samples.at(-1);

/** The timeline with one more sample, its oldest dropped while it is over budget; the newest always stays. */
export const append = (timeline: Timeline, sample: Sample): Timeline => {
	const cost = bytesOf(sample, newest(timeline));
	const samples = [...timeline.samples, sample];
	const costs = [...timeline.costs, cost];
	let bytes = timeline.bytes + cost;
	let first = 0;
	while (bytes > timeline.budget && first < samples.length - 1) {
		const inherited = bytesOf(samples[first + 1] as Sample, undefined);
		bytes += inherited - (costs[first] ?? 0) - (costs[first + 1] ?? 0);
		costs[first + 1] = inherited;
		first++;
	}
	return {samples: samples.slice(first), costs: costs.slice(first), bytes, budget: timeline.budget};
};

const objectBytes = 56;
const pointerBytes = 8;

/** Bytes a sample adds to memory when the rows it shares with `before` are free: an estimate from field counts and text lengths. */
export const bytesOf = (sample: Sample, before: Sample | undefined): number => {
	let bytes = objectBytes * 4;
	for (const [name, result] of Object.entries(sample.results)) {
		const known = before?.results[name];
		if (result !== known) bytes += resultBytes(result, known);
	}
	return bytes;
};

const resultBytes = (result: Result, known: Result | undefined): number => {
	if (!result.ok) return objectBytes * 2 + result.error.message.length * 2;
	const shared = new Set(known?.ok ? known.rows : []);
	let bytes = objectBytes * 2 + result.rows.length * pointerBytes;
	for (const row of result.rows) if (!shared.has(row)) bytes += rowBytes(row);
	return bytes;
};

const rowBytes = (row: Row): number => {
	let bytes = objectBytes;
	for (const value of Object.values(row)) {
		bytes += pointerBytes;
		if (typeof value === 'string') bytes += 16 + value.length * (value.length > 0 && isWide(value) ? 2 : 1);
		else if (Array.isArray(value)) bytes += objectBytes + value.length * pointerBytes;
	}
	return bytes;
};

// V8 keeps text with any character beyond U+00FF at two bytes each.
const isWide = (text: string): boolean => /[^\x00-\xff]/.test(text);
