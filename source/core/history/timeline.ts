import type {Result, Sample} from '../sample/sample.ts';
import {bytesOf} from './footprint.ts';
import {emptyParcel, forgetUnread, isForParcel, type Packing, type Parcel, packed, withSample} from './packing.ts';
import type {Past} from './past.ts';

/** Storage that the timelines of one history share: it only grows, and each timeline sees its part of it. */
type Shared = {
	readonly samples: Sample[];
	/** Bytes that each sample added to memory when it came. */
	readonly costs: number[];
};

/**
 * The samples in memory, oldest first, within a budget of bytes. Rows and values that neighbors share are counted once, so that a
 * quiet server costs only its changes. With a packing, most of them are packed: only the newest are as they were read.
 */
export type Timeline = {
	readonly samples: Past;
	readonly bytes: number;
	readonly budget: number;
	/** Bytes of the oldest sample that is not packed, which shares nothing with an earlier one. */
	readonly oldestBytes: number;
	readonly shared: Shared;
	/** Range of the shared samples that this timeline has. */
	readonly from: number;
	readonly to: number;
	readonly packing: Packing | undefined;
	/** Packed samples, oldest first; after them those of the parcel, then the plain ones. */
	readonly blocks: readonly Block[];
	readonly parcel: SizedParcel;
};

/** Successive samples whose answers are packed, and the bytes they take. */
type Block = {readonly samples: number; readonly bytes: number};

/** A parcel, the bytes it takes, and those it will still take beside its packed answers. */
type SizedParcel = Parcel & {readonly bytes: number; readonly keptBytes: number};

const noParcel: SizedParcel = {...emptyParcel, bytes: 0, keptBytes: 0};

const windowOf = ({samples}: Shared, from: number, to: number): Past => ({
	length: to - from,
	at: index => {
		const place = index < 0 ? to + index : from + index;
		return place >= from && place < to ? samples[place] : undefined;
	},
	slice: (start = 0, end = to - from) => samples.slice(from + Math.max(0, start), from + Math.min(end, to - from)),
});

/** An empty timeline of at most `budget` bytes. */
export const emptyTimeline = (budget: number, packing?: Packing): Timeline => {
	const shared: Shared = {samples: [], costs: []};
	const none = {bytes: 0, oldestBytes: 0, from: 0, to: 0, blocks: [], parcel: noParcel};
	return {...none, samples: windowOf(shared, 0, 0), budget, shared, packing};
};

/** The newest sample, or undefined before the first. */
export const newest = ({samples}: Timeline): Sample | undefined => samples.at(-1);

/**
 * Appends a sample, packs one that has become old, and drops the oldest ones while the timeline is over budget; the newest always
 * stays. The cost depends on the samples, not on the length of the timeline.
 */
export const append = (timeline: Timeline, sample: Sample): Timeline => viewed(withinBudget(packOn(appended(timeline, sample))));

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

/** Index of the first sample that is neither packed nor in the parcel. */
const plainFrom = ({from, blocks, parcel}: Timeline): number =>
	blocks.reduce((place, {samples}) => place + samples, from) + parcel.samples;

// Rates look back 15 seconds in every sample, and are worked out from rows that are as they were read.
const leastPlain = 20;
// Part of the budget that plain samples may take before they are packed.
const plainPart = 1 / 16;
const parcelSamples = 16;

// Its load and its executions.
const preparedBytes = 600;

/** Adds the oldest plain sample to the parcel if there are enough newer ones, and packs a parcel that is full. */
const packOn = (timeline: Timeline): Timeline => {
	const {packing, parcel, shared, budget, to} = timeline;
	const place = plainFrom(timeline);
	if (!packing || to - place <= leastPlain || plainBytesOf(timeline) <= budget * plainPart) return timeline;
	const [sample, next] = [shared.samples[place], shared.samples[place + 1]] as [Sample, Sample];
	packing.prepare(sample);
	const longer: SizedParcel = {
		...withSample(parcel, sample, next, packing),
		// About what the next sample added is what only this one has: until the next parcel begins, and all is counted again.
		bytes: parcel.bytes + (shared.costs[place + 1] as number),
		keptBytes: parcel.keptBytes + preparedBytes + bytesOf(sample, next, (result, later) => !isForParcel(result, later)),
	};
	const counted = {...(parcel.samples === 0 ? withPlainCounted(timeline) : timeline), parcel: longer};
	return longer.samples < parcelSamples ? counted : packParcel(counted, packing);
};

/** The timeline with the bytes of its plain samples counted again, the oldest of which shares nothing with an earlier one. */
const withPlainCounted = (timeline: Timeline): Timeline => {
	const {blocks, shared, to} = timeline;
	const place = plainFrom(timeline);
	const oldestBytes = bytesOf(shared.samples[place] as Sample, undefined);
	const laterBytes = shared.costs.slice(place + 1, to).reduce((sum, cost) => sum + cost, 0);
	return {...timeline, oldestBytes, bytes: blocksBytes(blocks) + oldestBytes + laterBytes};
};

/** Packs the parcel into a block. */
const packParcel = (timeline: Timeline, packing: Packing): Timeline => {
	const {parcel, blocks, shared, from, bytes} = timeline;
	const end = plainFrom(timeline);
	const {bytes: packedBytes, answers} = packed(parcel, packing);
	for (const [name, packedAnswers] of answers) replaceAnswers(shared, [from, end - parcel.samples, end], name, packedAnswers);
	forgetUnread();
	const block: Block = {samples: parcel.samples, bytes: packedBytes + parcel.keptBytes};
	return {...timeline, bytes: bytes - parcel.bytes + block.bytes, blocks: [...blocks, block], parcel: noParcel};
};

const blocksBytes = (blocks: readonly Block[]): number => blocks.reduce((sum, {bytes}) => sum + bytes, 0);

const plainBytesOf = ({bytes, blocks, parcel}: Timeline): number => bytes - parcel.bytes - blocksBytes(blocks);

/** Puts packed answers in the place of the same ones in a parcel of samples, and in those before it that have the first one as well. */
const replaceAnswers = (
	{samples}: Shared,
	[from, parcelFrom, to]: readonly [from: number, parcelFrom: number, to: number],
	name: string,
	packedAnswers: ReadonlyMap<Result, Result>,
): void => {
	const [first] = packedAnswers.keys();
	for (let place = to - 1; place >= from; place--) {
		const results = (samples[place] as Sample).results as Record<string, Result>;
		const answer = results[name];
		if (place < parcelFrom && answer !== first) break;
		const stead = answer && packedAnswers.get(answer);
		if (stead) results[name] = stead;
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

/** Drops the oldest samples until the rest is within its budget or only the newest is left: packed ones by the block. */
const withinBudget = (timeline: Timeline): Timeline => {
	let {from, bytes, oldestBytes, blocks, parcel} = timeline;
	while (bytes > timeline.budget && from < timeline.to - 1) {
		const [block] = blocks;
		if (block) {
			from += block.samples;
			bytes -= block.bytes;
			blocks = blocks.slice(1);
		} else if (parcel.samples > 0) {
			from += parcel.samples;
			bytes -= parcel.bytes;
			parcel = noParcel;
		} else {
			const {own, ...rest} = withoutOldest({...timeline, oldestBytes}, from);
			from++;
			bytes -= own;
			({oldestBytes} = rest);
		}
	}
	return {...timeline, from, bytes, oldestBytes, blocks, parcel};
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
