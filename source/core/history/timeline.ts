import type {Result, Sample} from '../sample/sample.ts';
import {
	compressSegment,
	emptySegment,
	forgetUnread,
	type HistoryCodec,
	isCompressible,
	type Segment,
	withSample,
} from './compression.ts';
import {bytesOf} from './footprint.ts';
import type {Past} from './past.ts';

/** Storage that the timelines of one history share: it only grows, and each timeline sees its part of it. */
type Shared = {
	readonly samples: Sample[];
	/** Bytes that each sample added to memory when it came. */
	readonly costs: number[];
};

/**
 * The samples in memory, oldest first, within a budget of bytes. Rows and values that neighbors share are counted once, so that a
 * quiet server costs only its changes. With a codec, all but the newest are compressed.
 */
export type Timeline = {
	readonly samples: Past;
	readonly bytes: number;
	readonly budget: number;
	/** Bytes of the oldest sample that is not compressed, which shares nothing with an earlier one. */
	readonly oldestBytes: number;
	readonly shared: Shared;
	/** Range of the shared samples that this timeline has. */
	readonly from: number;
	readonly to: number;
	readonly codec: HistoryCodec | undefined;
	/** Compressed samples, oldest first, followed by the segment being filled, and by the plain samples. */
	readonly blocks: readonly Block[];
	readonly segment: SizedSegment;
};

/** A number of successive compressed samples, and the bytes they take. */
type Block = {readonly samples: number; readonly bytes: number};

/** A segment, the bytes it takes now, and those that compression does not save. */
type SizedSegment = Segment & {readonly bytes: number; readonly keptBytes: number};

const noSegment: SizedSegment = {...emptySegment, bytes: 0, keptBytes: 0};

const windowOf = ({samples}: Shared, from: number, to: number): Past => ({
	length: to - from,
	at: index => {
		const place = index < 0 ? to + index : from + index;
		return place >= from && place < to ? samples[place] : undefined;
	},
	slice: (start = 0, end = to - from) => samples.slice(from + Math.max(0, start), from + Math.min(end, to - from)),
});

/** An empty timeline of at most `budget` bytes. */
export const emptyTimeline = (budget: number, codec?: HistoryCodec): Timeline => {
	const shared: Shared = {samples: [], costs: []};
	const none = {bytes: 0, oldestBytes: 0, from: 0, to: 0, blocks: [], segment: noSegment};
	return {...none, samples: windowOf(shared, 0, 0), budget, shared, codec};
};

/** The newest sample, or undefined before the first. */
export const newest = ({samples}: Timeline): Sample | undefined => samples.at(-1);

/**
 * Appends a sample, moves one towards compression, and drops the oldest ones while the timeline is over budget; the newest always
 * stays. The cost depends on the samples, not on the length of the timeline.
 */
export const append = (timeline: Timeline, sample: Sample): Timeline =>
	viewed(withinBudget(fillSegment(appended(timeline, sample))));

const appended = (timeline: Timeline, sample: Sample): Timeline => {
	const {to, from} = timeline;
	const before = newest(timeline);
	const cost = bytesOf(sample, before);
	// If two samples follow the same one, the second begins a history of its own. So does the very first sample: a reference to the
	// initial state would otherwise keep all samples up to the first drop.
	const follows = to > 0 && timeline.shared.samples.length === to;
	const shared = follows ? timeline.shared : partOf(timeline.shared, from, to);
	shared.samples.push(sample);
	shared.costs.push(cost);
	return {
		...timeline,
		shared,
		from: follows ? from : 0,
		to: shared.samples.length,
		bytes: timeline.bytes + cost,
		oldestBytes: before ? timeline.oldestBytes : cost,
	};
};

/** Index of the first sample that is neither compressed nor in the segment. */
const plainFrom = ({from, blocks, segment}: Timeline): number =>
	blocks.reduce((place, {samples}) => place + samples, from) + segment.samples;

// Rates look back 15 seconds in every refresh, and should not decompress rows for it.
const leastPlain = 20;
// Part of the budget that plain samples may take before they are compressed.
const plainPart = 1 / 16;
const segmentSamples = 16;

// Its load and its executions.
const preparedBytes = 600;

/** Adds the oldest plain sample to the segment if there are enough newer ones, and compresses a segment that is full. */
const fillSegment = (timeline: Timeline): Timeline => {
	const {codec, segment, shared, budget, to} = timeline;
	const place = plainFrom(timeline);
	if (!codec || to - place <= leastPlain || plainBytesOf(timeline) <= budget * plainPart) return timeline;
	const [sample, next] = [shared.samples[place], shared.samples[place + 1]] as [Sample, Sample];
	codec.prepare(sample);
	const longer: SizedSegment = {
		...withSample(segment, sample, next, codec),
		// An estimate: what the next sample added is about what only this one has. It is corrected when the next segment begins.
		bytes: segment.bytes + (shared.costs[place + 1] as number),
		keptBytes: segment.keptBytes + preparedBytes + bytesOf(sample, next, (result, later) => !isCompressible(result, later)),
	};
	const counted = {...(segment.samples === 0 ? withPlainCounted(timeline) : timeline), segment: longer};
	return longer.samples < segmentSamples ? counted : closeSegment(counted, codec);
};

/** The timeline with the bytes of its plain samples counted again, the oldest of which shares nothing with an earlier one. */
const withPlainCounted = (timeline: Timeline): Timeline => {
	const {blocks, shared, to} = timeline;
	const place = plainFrom(timeline);
	const oldestBytes = bytesOf(shared.samples[place] as Sample, undefined);
	const laterBytes = shared.costs.slice(place + 1, to).reduce((sum, cost) => sum + cost, 0);
	return {...timeline, oldestBytes, bytes: blocksBytes(blocks) + oldestBytes + laterBytes};
};

/** Compresses the segment into a block. */
const closeSegment = (timeline: Timeline, codec: HistoryCodec): Timeline => {
	const {segment, blocks, shared, from, bytes} = timeline;
	const end = plainFrom(timeline);
	const {bytes: compressedBytes, answers} = compressSegment(segment, codec);
	for (const [name, compressedAnswers] of answers)
		replaceAnswers(shared, [from, end - segment.samples, end], name, compressedAnswers);
	forgetUnread();
	const block: Block = {samples: segment.samples, bytes: compressedBytes + segment.keptBytes};
	return {...timeline, bytes: bytes - segment.bytes + block.bytes, blocks: [...blocks, block], segment: noSegment};
};

const blocksBytes = (blocks: readonly Block[]): number => blocks.reduce((sum, {bytes}) => sum + bytes, 0);

const plainBytesOf = ({bytes, blocks, segment}: Timeline): number => bytes - segment.bytes - blocksBytes(blocks);

/** Replaces answers by compressed ones in the samples of a segment, and the first answer also in earlier samples that have it. */
const replaceAnswers = (
	{samples}: Shared,
	[from, segmentFrom, to]: readonly [from: number, segmentFrom: number, to: number],
	name: string,
	compressedAnswers: ReadonlyMap<Result, Result>,
): void => {
	const [first] = compressedAnswers.keys();
	for (let place = to - 1; place >= from; place--) {
		const results = (samples[place] as Sample).results as Record<string, Result>;
		const answer = results[name];
		if (place < segmentFrom && answer !== first) break;
		const replacement = answer && compressedAnswers.get(answer);
		if (replacement) results[name] = replacement;
	}
};

/** Bytes that only the oldest plain sample has, and those that the next one has to pay for alone without it. */
const withoutOldest = (
	{shared: {samples, costs}, oldestBytes}: Timeline,
	place: number,
): {readonly own: number; readonly oldestBytes: number} => {
	const own = bytesOf(samples[place] as Sample, samples[place + 1]);
	return {own, oldestBytes: oldestBytes + (costs[place + 1] ?? 0) - own};
};

/** Drops the oldest samples until the rest is within its budget or only the newest is left: compressed ones by the block. */
const withinBudget = (timeline: Timeline): Timeline => {
	let {from, bytes, oldestBytes, blocks, segment} = timeline;
	while (bytes > timeline.budget && from < timeline.to - 1) {
		const [block] = blocks;
		if (block) {
			from += block.samples;
			bytes -= block.bytes;
			blocks = blocks.slice(1);
		} else if (segment.samples > 0) {
			from += segment.samples;
			bytes -= segment.bytes;
			segment = noSegment;
		} else {
			const {own, ...rest} = withoutOldest({...timeline, oldestBytes}, from);
			from++;
			bytes -= own;
			({oldestBytes} = rest);
		}
	}
	return {...timeline, from, bytes, oldestBytes, blocks, segment};
};

// Number of dropped samples that may stay in memory before the rest is moved.
const mostDropped = 64;

/** The timeline with a view of its samples, moved to storage of its own once enough were dropped. */
const viewed = (timeline: Timeline): Timeline => {
	const {shared, from, to} = timeline;
	if (from < mostDropped) return {...timeline, samples: windowOf(shared, from, to)};
	const part = partOf(shared, from, to);
	return {...timeline, samples: windowOf(part, 0, to - from), shared: part, from: 0, to: to - from};
};

const partOf = ({samples, costs}: Shared, from: number, to: number): Shared => ({
	samples: samples.slice(from, to),
	costs: costs.slice(from, to),
});
