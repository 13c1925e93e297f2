import type {Past} from '../../core/history/past.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {msOf} from '../../core/values/instant.ts';
import {host} from '../../queries/beside/host.ts';
import {type Pulse, pulse} from '../../queries/server/server.ts';
import {rowsOf} from '../reading/answers.ts';
import {loadClasses, loadOf, stackedLoad} from '../reading/load.ts';

/** Samples of one cell of the chart, summed up; rates are per second since the bucket before, null if unknown. */
export type Bucket = {
	/** Average active sessions by class, in the order of `loadClasses`; undefined if none of it could be seen. */
	readonly load: readonly number[] | undefined;
	/** The load is a minimum: the activity of some sessions could not be seen. */
	readonly isLeast: boolean;
	readonly commits: number | null;
	readonly rollbacks: number | null;
	readonly wal: number | null;
	readonly temp: number | null;
	readonly connections: number;
	readonly lag: number | null;
	/** One-minute load average of the server's host, if pgtriage runs there. */
	readonly hostLoad: number | null;
};

type Group = {
	readonly first: Sample;
	readonly last: Sample;
	readonly before: Sample | undefined;
	readonly samples: readonly Sample[];
};

// A finished cell does not change: its first sample, last sample and width identify it.
const made = new WeakMap<
	Sample,
	{readonly last: Sample; readonly before: Sample | undefined; readonly count: number; readonly bucket: Bucket}
>();

const bucketOf = (group: Group): Bucket => {
	const {first, last, before, samples} = group;
	const known = made.get(first);
	if (known?.last === last && known.before === before && known.count === samples.length) return known.bucket;
	const bucket = sumOf(group);
	made.set(first, {last, before, count: samples.length, bucket});
	return bucket;
};

const sumOf = ({last, before, samples}: Group): Bucket => {
	const load = loadClasses.map(() => 0);
	let connections = 0;
	const loads = samples.map(loadOf);
	for (const of of loads) {
		connections += of.connections;
		for (const [index, value] of stackedLoad(of).entries()) load[index] = (load[index] ?? 0) + value / samples.length;
	}
	const lag = rowsOf(last, pulse)[0]?.replay_lag_bytes ?? null;
	const hostLoad = rowsOf(last, host).find(({kind}) => kind === 'host')?.load_average ?? null;
	const isUnseen = loads.every(({known}) => known === 'none');
	const isLeast = loads.some(({known}) => known !== 'all');
	return {
		load: isUnseen ? undefined : load,
		isLeast,
		connections: connections / samples.length,
		lag,
		hostLoad,
		...ratesOf(before, last),
	};
};

const ratesOf = (before: Sample | undefined, last: Sample): Pick<Bucket, 'commits' | 'rollbacks' | 'wal' | 'temp'> => {
	const [then, now] = [before && rowsOf(before, pulse)[0], rowsOf(last, pulse)[0]];
	const seconds = before ? (msOf(last.results[pulse.name]?.at ?? '') - msOf(before.results[pulse.name]?.at ?? '')) / 1000 : 0;
	const isSame = now !== undefined && then?.started === now.started && then.stats_reset === now.stats_reset;
	const rate = (value: (of: Pulse) => number | null): number | null => {
		const [from, to] = [then && value(then), now && value(now)];
		return isSame && seconds > 0 && from != null && to != null && to >= from ? (to - from) / seconds : null;
	};
	return {
		commits: rate(of => of.xact_commit),
		rollbacks: rate(of => of.xact_rollback),
		wal: rate(of => of.wal_bytes),
		temp: rate(of => of.temp_bytes),
	};
};

/** A span of time in cells of equal width. */
export type ChartSpan = {readonly fromMs: number; readonly cellMs: number; readonly width: number};

/** Buckets of the samples in a span of time. */
export const bucketsOf = (past: Past, {fromMs, cellMs, width}: ChartSpan): readonly (Bucket | undefined)[] => {
	const groups: (Sample[] | undefined)[] = Array.from({length: width});
	const place = (of: Sample): number => Math.floor((msOf(of.at) - fromMs) / cellMs);
	let index = past.length - 1;
	for (; index >= 0; index--) {
		const sample = past.at(index) as Sample;
		const cell = place(sample);
		if (cell < 0) break;
		const group = groups[cell] ?? [];
		if (cell < width) groups[cell] = group;
		group.push(sample);
	}
	let before = past.at(Math.max(0, index));
	return groups.map(newestFirst => {
		const [last, first] = [newestFirst?.[0], newestFirst?.at(-1)];
		if (!newestFirst || !first || !last) return undefined;
		const bucket = bucketOf({first, last, before, samples: newestFirst});
		before = last;
		return bucket;
	});
};
