/** Time-weighted sums in a limited number of bins, however long the time. */
export type Bins = {
	/** Adds values for a range of milliseconds since the start; an empty range counts as one millisecond. */
	readonly add: (fromMs: number, toMs: number, values: ReadonlyMap<string, number>) => void;
	/** Averages of a name in `count` cells up to `untilMs`; null in cells without values. */
	readonly cells: (name: string, count: number, untilMs: number) => readonly (number | null)[];
};

type Bin = {ms: number; readonly sums: Map<string, number>};

const mostBins = 512;
const leastMs = 1;

/** Creates bins of one second, whose width doubles when their number reaches the limit. */
export const createBins = (): Bins => {
	let width = 1000;
	let bins: (Bin | undefined)[] = [];

	const into = (place: number, ms: number, values: Iterable<readonly [string, number]>): void => {
		const bin = bins[place] ?? {ms: 0, sums: new Map<string, number>()};
		bins[place] = bin;
		bin.ms += ms;
		for (const [name, value] of values) bin.sums.set(name, (bin.sums.get(name) ?? 0) + value * ms);
	};

	const widen = (): void => {
		const before = bins;
		bins = [];
		width *= 2;
		for (const [place, bin] of before.entries())
			if (bin)
				into(
					place >> 1,
					bin.ms,
					Array.from(bin.sums, ([name, sum]) => [name, sum / bin.ms] as const),
				);
	};

	return {
		add: (fromMs, toMs, values) => {
			while (toMs >= mostBins * width) widen();
			if (toMs - fromMs < leastMs) return into(Math.floor(Math.max(0, toMs) / width), leastMs, values);
			for (let from = Math.max(0, fromMs); from < toMs; ) {
				const place = Math.floor(from / width);
				const to = Math.min(toMs, (place + 1) * width);
				into(place, to - from, values);
				from = to;
			}
		},
		cells: (name, count, untilMs) => {
			const cell = Math.max(untilMs, 1) / count;
			const totals = Array.from({length: count}, () => ({ms: 0, sum: 0}));
			for (const [place, bin] of bins.entries()) {
				if (!bin) continue;
				const sum = bin.sums.get(name) ?? 0;
				const begin = place * width;
				const end = Math.min(begin + width, Math.max(untilMs, begin + 1));
				for (let index = Math.min(count - 1, Math.floor(begin / cell)); index < count && index * cell < end; index++) {
					const to = index === count - 1 ? end : Math.min(end, (index + 1) * cell);
					const part = (to - Math.max(begin, index * cell)) / (end - begin);
					const total = totals[index];
					if (!total || part <= 0) continue;
					total.ms += bin.ms * part;
					total.sum += sum * part;
				}
			}
			return totals.map(({ms, sum}) => (ms > 0 ? sum / ms : null));
		},
	};
};
