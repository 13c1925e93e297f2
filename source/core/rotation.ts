import type {Instant} from './sample.ts';
import {msOf, parseBytes, parseDuration} from './units.ts';

/** When a recording goes on in a new file, and how many of the files behind it stay: all where `keep` is undefined. */
export type Rotation = {
	readonly bytes: number;
	readonly ageMs: number;
	readonly keep: number | undefined;
};

/** A recording that is one file whatever comes. */
export const unrotated: Rotation = {bytes: Number.POSITIVE_INFINITY, ageMs: Number.POSITIVE_INFINITY, keep: undefined};

// Smaller files would be little but whole lines.
const leastBytes = 64 * 1024;
const leastMs = 10_000;

/** Whether a text tells a size or an age at which to rotate (`100MB`, `1h`; the `m` alone is minutes); undefined where neither. */
export const rotationOf = (text: string): Partial<Rotation> | undefined => {
	const isSize = /[bkMGT]$/i.test(text) && !text.endsWith('m');
	if (isSize) {
		const bytes = parseBytes(text);
		return bytes !== undefined && bytes >= leastBytes ? {bytes} : undefined;
	}
	const seconds = /\d$/.test(text) ? undefined : parseDuration(text);
	return seconds !== undefined && seconds * 1000 >= leastMs ? {ageMs: seconds * 1000} : undefined;
};

/** A file's name without what tells its kind, and that: `incident`, `.ndjson.zst`. */
const partsOf = (name: string): readonly [string, string] => {
	const ending = /(?:\.ndjson|\.jsonl|\.json)?(?:\.zst|\.gz)?$/.exec(name)?.[0] ?? '';
	return [name.slice(0, name.length - ending.length), ending];
};

/** The name of the file that holds a recording from a moment on, once it is written no more: `incident.20261122T143000540Z.ndjson`. */
export const rotatedName = (name: string, from: Instant): string => {
	const [stem, ending] = partsOf(name);
	return `${stem}.${new Date(msOf(from)).toISOString().replace(/[-:.]/g, '')}${ending}`;
};

/** Of the names in a folder those of files that were rotated out of this one, oldest first. */
export const rotatedOf = (name: string, found: readonly string[]): readonly string[] => {
	const [stem, ending] = partsOf(name);
	return found
		.filter(
			each =>
				each.startsWith(`${stem}.`) &&
				each.endsWith(ending) &&
				/^\d{8}T\d{9}Z$/.test(each.slice(stem.length + 1, each.length - ending.length)),
		)
		.sort();
};
