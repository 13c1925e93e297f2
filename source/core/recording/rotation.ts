import {UserError} from '../values/errors.ts';
import {type Instant, msOf} from '../values/instant.ts';
import {parseBytes, parseDuration} from '../values/units.ts';

/** Limits at which a recording continues in a new file, and the number of old files to keep, all if `keep` is undefined. */
export type Rotation = {
	readonly bytes: number;
	readonly ageMs: number;
	readonly keep: number | undefined;
};

/** No rotation: one file. */
export const noRotation: Rotation = {bytes: Number.POSITIVE_INFINITY, ageMs: Number.POSITIVE_INFINITY, keep: undefined};

/** True if a recording rotates. */
export const isRotated = ({bytes, ageMs}: Rotation): boolean => Math.min(bytes, ageMs) < Number.POSITIVE_INFINITY;

// Smaller files would consist mostly of whole lines.
const leastBytes = 64 * 1024;
const leastMs = 10_000;

/** Parses --rotate and --keep; throws a UserError for a limit that is neither a size (`100MB`) nor an age (`1h`). */
export const parseRotation = (limits: readonly string[], keep: string | undefined): Rotation => {
	if (keep !== undefined && limits.length === 0)
		throw new UserError('--keep needs --rotate.', {
			hint: 'Add --rotate 100MB or --rotate 1h.',
			exitCode: 2,
		});
	if (keep !== undefined && !/^\d{1,6}$/.test(keep))
		throw new UserError(`--keep ${keep} is not a number of files.`, {hint: 'Example: --keep 10.', exitCode: 2});
	const found = limits.map(limit => {
		const known = limitOf(limit);
		if (known) return known;
		throw new UserError(`--rotate ${limit} is neither a size nor an age.`, {
			hint: 'Use 100MB or 1h, or both: --rotate 100MB --rotate 1h; at least 64kB and 10s.',
			exitCode: 2,
		});
	});
	return {...noRotation, ...Object.assign({}, ...found), keep: keep === undefined ? undefined : Number(keep)};
};

/** A size or an age; `m` alone is minutes. */
const limitOf = (text: string): Partial<Rotation> | undefined => {
	if (/[bkmgt]$/i.test(text) && !text.endsWith('m')) {
		const bytes = parseBytes(text);
		return bytes !== undefined && bytes >= leastBytes ? {bytes} : undefined;
	}
	const ms = /\d$/.test(text) ? 0 : (parseDuration(text) ?? 0) * 1000;
	return ms >= leastMs ? {ageMs: ms} : undefined;
};

/** Stem and extensions of a file name: `incident`, `.ndjson.zst`. */
const partsOf = (name: string): readonly [string, string] => {
	const ending = /(?:\.ndjson|\.jsonl|\.json)?(?:\.zst|\.gz)?$/.exec(name)?.[0] ?? '';
	return [name.slice(0, name.length - ending.length), ending];
};

/** Name of a rotated file, by its first timestamp: `incident.20261122T143000540Z.ndjson`. */
export const rotatedName = (name: string, from: Instant): string => {
	const [stem, ending] = partsOf(name);
	return `${stem}.${new Date(msOf(from)).toISOString().replace(/[-:.]/g, '')}${ending}`;
};

/** Names in a folder that are rotated files of this recording, oldest first. */
export const rotatedFiles = (name: string, names: readonly string[]): readonly string[] => {
	const [stem, ending] = partsOf(name);
	return names
		.filter(
			each =>
				each.startsWith(`${stem}.`) &&
				each.endsWith(ending) &&
				/^\d{8}T\d{9}Z$/.test(each.slice(stem.length + 1, each.length - ending.length)),
		)
		.sort();
};
